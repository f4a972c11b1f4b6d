"""An executor in this thread: work is done when its answer is asked for, once."""

from __future__ import annotations

import threading

import pytest

from heatcheck.runs.in_process import InProcess


def test_work_is_done_where_and_when_its_answer_is_asked_for() -> None:
    done: list[int] = []

    def work(number: int, *, twice: bool = False) -> int:
        done.append(threading.get_ident())
        return number * (1 + twice)

    answer = InProcess().submit(work, 4, twice=True)
    assert not done
    assert not answer.done()
    assert answer.result() == answer.result() == 8
    assert done == [threading.get_ident()]


def test_an_error_is_the_answer_each_time() -> None:
    answer = InProcess().submit(int, "x")
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            answer.result()


def test_an_interrupt_is_no_answer() -> None:
    times = [KeyboardInterrupt, None]

    def work() -> str:
        if (stop := times.pop(0)) is not None:
            raise stop
        return "done"

    answer = InProcess().submit(work)
    with pytest.raises(KeyboardInterrupt):
        answer.result()
    assert answer.result() == "done"
