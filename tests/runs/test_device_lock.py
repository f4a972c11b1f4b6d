"""Turns: one step at a time, clicks before a run's next step, and nothing held by a process that
died.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from heatcheck.inputs import classifiers
from heatcheck.runs import device_lock, worker
from heatcheck.runs.device_lock import turn


@pytest.fixture
def run(tmp_path: Path) -> Callable[[list[str]], threading.Thread]:
    """A run of four steps, each 0.3 s, that writes what it does into a log."""

    def start(log: list[str]) -> threading.Thread:
        def work() -> None:
            for step in range(4):
                with turn(folder=tmp_path):
                    log.append(f"run {step}")
                    time.sleep(0.3)

        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.15)
        return thread

    return start


def test_a_click_waits_for_one_step_and_its_whole_page_goes_first(
    run: Callable[[list[str]], threading.Thread], tmp_path: Path
) -> None:
    log: list[str] = []
    thread = run(log)
    for panel in range(3):
        with turn(interactive=True, folder=tmp_path):
            log.append(f"panel {panel}")
            time.sleep(0.1)
        time.sleep(0.1)  # the next one is on its way
    thread.join()
    assert log == ["run 0", "panel 0", "panel 1", "panel 2", "run 1", "run 2", "run 3"]
    assert not device_lock._shut


def test_after_the_grace_the_run_goes_on(
    run: Callable[[list[str]], threading.Thread], tmp_path: Path
) -> None:
    log: list[str] = []
    thread = run(log)
    for panel in range(2):
        with turn(interactive=True, folder=tmp_path):
            log.append(f"panel {panel}")
        time.sleep(device_lock.GRACE + 0.2)
    thread.join()
    assert log[:3] == ["run 0", "panel 0", "run 1"]
    assert "panel 1" in log


@pytest.mark.parametrize("interactive", [True, False])
def test_an_error_inside_a_turn_gives_the_device_back(interactive: bool, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), turn(interactive=interactive, folder=tmp_path):
        raise ZeroDivisionError
    time.sleep(device_lock.GRACE + 0.1)
    done = threading.Event()

    def other() -> None:
        with turn(folder=tmp_path):
            done.set()

    threading.Thread(target=other).start()
    assert done.wait(5)


def test_two_processes_never_work_at_once(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from heatcheck.runs.device_lock import turn\n"
        "for _ in range(5):\n"
        "    with turn(interactive=sys.argv[2] == 'click', folder=Path(sys.argv[1])):\n"
        "        print(time.monotonic(), flush=True); time.sleep(0.05); "
        "print(time.monotonic(), flush=True)\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), kind], stdout=subprocess.PIPE, text=True
        )
        for kind in ("click", "run")
    ]
    times = [
        [float(line) for line in process.communicate(timeout=60)[0].split()] for process in started
    ]
    spans = sorted((one[place], one[place + 1]) for one in times for place in range(0, len(one), 2))
    assert len(spans) == 10
    assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans))


def test_a_dead_process_holds_nothing(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from heatcheck.runs.device_lock import "
        "turn\nwith turn(interactive=True, folder=Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)])
    started = time.monotonic()
    with turn(folder=tmp_path):
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("question", [worker.frame_of, worker.class_names, worker.why_not])
def test_a_question_takes_a_clicks_turn_where_a_page_asks_and_a_steps_where_a_run_asks(
    question: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[bool] = []

    @contextmanager
    def noting(*, interactive: bool = False) -> Iterator[None]:
        turns.append(interactive)
        yield

    def nothing(classifier: str) -> None:
        raise LookupError

    monkeypatch.setattr(worker, "turn", noting)
    monkeypatch.setattr(classifiers, "load", nothing)
    for words in ({"interactive": True}, {}):
        with pytest.raises(LookupError):
            question("module:function", **words)
    assert turns == [True, False]
