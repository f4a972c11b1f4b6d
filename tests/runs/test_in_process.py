"""An executor in this thread: work is done when it is handed in."""

from __future__ import annotations

import threading

import pytest

from heatcheck.runs.in_process import InProcess


def test_work_is_done_when_and_where_it_is_handed_in() -> None:
    done: list[int] = []

    def work(number: int, *, twice: bool = False) -> int:
        done.append(threading.get_ident())
        return number * (1 + twice)

    answer = InProcess().submit(work, 4, twice=True)
    assert done == [threading.get_ident()]
    assert answer.done()
    assert answer.result() == answer.result() == 8
    assert len(done) == 1


def test_an_error_is_the_answer_each_time() -> None:
    answer = InProcess().submit(int, "x")
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            answer.result()


def test_an_interrupt_is_no_answer() -> None:
    def work() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        InProcess().submit(work)
