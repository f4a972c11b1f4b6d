"""What a server does with the runs that it is asked for: one at a time, in their order, by itself,
and after a restart too. No process is started here.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heatcheck.core.errors import RunProblem
from heatcheck.runs import specs
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.tests.doubles.runs import put_in_state

PATIENCE = 60.0  # seconds until what is waited for must have come


class Process:
    """A run's process, as far as the server sees it; a test says when it ends."""

    def __init__(self, command: list[str], store: Store) -> None:
        self.run, self.store = command[5], store
        self.returncode: int | None = None
        self.gone = threading.Event()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        self.gone.wait(PATIENCE)
        return self.returncode

    def end(self) -> None:
        """Come to the run's end, as its process notes it."""
        put_in_state(self.store, self.run, "finished")
        self.returncode = 0
        self.gone.set()


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Process]]:
    """The processes that the server has started, in order."""
    monkeypatch.setenv("HEATCHECK_DATABASE_URL", f"sqlite:///{tmp_path / 'queue.db'}")
    monkeypatch.setenv("HEATCHECK_AUTOSTART", "1")
    for cached in (service.store, service.workbench):
        cached.cache_clear()
    begun: list[Process] = []

    def start(command: list[str], **given: object) -> Process:
        begun.append(Process(command, service.store()))
        return begun[-1]

    monkeypatch.setattr(service.subprocess, "Popen", start)
    monkeypatch.setattr("heatcheck.server.workbench.Workbench.warm", lambda *asked: None)
    yield begun
    service._ending.set()  # nothing more starts
    for process in begun:
        process.returncode = 0
        process.gone.set()
    for thread in threading.enumerate():
        if thread.name.startswith("run "):
            thread.join(PATIENCE)
    service._ending.clear()
    service.store().engine.dispose()
    for cached in (service.store, service.workbench):
        cached.cache_clear()


def asked(seed: int) -> RunSpec:
    return specs.ask(methods=["random"], points=9, only=["photo_00"], seed=seed)


def until(true: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if true():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come")


def test_a_server_starts_one_run_and_the_next_when_that_has_ended(
    processes: list[Process],
) -> None:
    first, second, third = (service.start_run(asked(seed)) for seed in range(3))
    service.start_run(asked(1))  # asked for twice
    assert [process.run for process in processes] == [first]
    assert service.store().queue.waiting() == [second, third]
    processes[0].end()
    until(lambda: len(processes) == 2)
    assert processes[1].run == second
    assert service.store().queue.waiting() == [third]
    processes[1].end()
    until(lambda: len(processes) == 3)
    assert processes[2].run == third
    assert service.store().queue.waiting() == []


def test_several_may_be_worked_on_at_once(
    processes: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATCHECK_RUNS_AT_ONCE", "2")
    runs = [service.start_run(asked(seed)) for seed in range(3)]
    assert [process.run for process in processes] == runs[:2]


def test_a_run_that_is_to_start_next_starts_next(processes: list[Process]) -> None:
    _, second, third = (service.start_run(asked(seed)) for seed in range(3))
    service.start_next(third)
    processes[0].end()
    until(lambda: len(processes) == 2)
    assert processes[1].run == third
    assert service.store().queue.waiting() == [second]
    with pytest.raises(RunProblem, match="does not wait any more"):
        service.start_next(third)


def test_one_that_was_cancelled_while_it_waited_is_passed_over(processes: list[Process]) -> None:
    _, second, third = (service.start_run(asked(seed)) for seed in range(3))
    service.store().runs.ask_to_stop(second)
    processes[0].end()
    until(lambda: len(processes) == 2)
    assert processes[1].run == third


def test_what_waits_survives_the_server_behind_the_run_that_it_worked_on(
    processes: list[Process],
) -> None:
    store = service.store()
    runs = [store.runs.open(asked(seed)) for seed in range(4)]
    for run in runs[1:3]:
        store.queue.join(run)
    put_in_state(store, runs[0], "interrupted", started_by="server", host=socket.gethostname())
    service.wake()  # a new server; the fourth was asked for by the command line
    assert [process.run for process in processes] == [runs[0]]
    assert store.queue.waiting() == runs[1:3]
    assert store.runs.get(runs[3]).status == "waiting"


def test_a_server_that_may_start_nothing_by_itself_leaves_what_waits(
    processes: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATCHECK_AUTOSTART", "0")
    store = service.store()
    waiting = store.runs.open(asked(0))
    store.queue.join(waiting)
    service.wake()
    assert processes == []
    service.start_run(asked(1))  # somebody asks for more: those before it go first
    assert [process.run for process in processes] == [waiting]


def test_what_waits_starts_when_a_run_that_outlived_its_server_has_ended(
    processes: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = service.store()
    alive, waiting = (store.runs.open(asked(seed)) for seed in range(2))
    store.queue.join(waiting)
    put_in_state(store, alive, "running", started_by="server", host=socket.gethostname())
    monkeypatch.setenv("HEATCHECK_LEASE_SECONDS", "1")
    service.wake()
    assert processes == []
    put_in_state(store, alive, "finished")
    until(lambda: len(processes) == 1)
    assert processes[0].run == waiting


def test_a_process_that_cannot_be_started_keeps_the_reason_with_its_run(
    processes: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(command: list[str], **given: object) -> None:
        raise OSError("no memory")

    monkeypatch.setattr(service.subprocess, "Popen", refused)
    with pytest.raises(RunProblem, match="could not be started: no memory"):
        service.start_run(asked(0))
    known = service.store().runs.get(asked(0).id)
    assert known.status == "interrupted"
    assert "no memory" in known.problem
