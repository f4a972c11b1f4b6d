"""The server's start: when the default run begins by itself, and when it does not."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from heatcheck.core.errors import StoreProblem
from heatcheck.runs import specs
from heatcheck.runs.schema import runs_table
from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.tests.doubles.runs import put_in_state

HERE = socket.gethostname()


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The runs that the server starts; none of them really runs."""
    monkeypatch.setenv("HEATCHECK_DATABASE_URL", f"sqlite:///{tmp_path / 'service.db'}")
    monkeypatch.setenv("HEATCHECK_AUTOSTART", "1")
    for cached in (service.store, service.workbench):
        cached.cache_clear()
    begun: list[str] = []
    monkeypatch.setattr(service, "_launch", lambda run, lease: begun.append(run))
    monkeypatch.setattr("heatcheck.server.workbench.Workbench.warm", lambda *asked: None)
    yield begun
    service.store().engine.dispose()
    for cached in (service.store, service.workbench):
        cached.cache_clear()


def in_state(store: Store, status: str) -> str:
    run = store.runs.open(service.default_spec())
    put_in_state(store, run, status, started_by="server", host=socket.gethostname())
    assert store.runs.get(run).status == status
    return run


def test_an_empty_store_gets_the_default_run(started: list[str]) -> None:
    service.wake()
    assert started == [service.default_spec().id]
    assert len(service.default_spec().images) == 20
    assert {
        metric.params["points"]
        for metric in service.default_spec().metrics
        if "points" in metric.params
    } == {"drawn-9"}


def test_it_can_be_turned_off(started: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATCHECK_AUTOSTART", "0")
    service.wake()
    assert started == []


@pytest.mark.parametrize(
    ("status", "again"),
    [
        ("waiting", True),
        ("interrupted", True),
        ("finished", False),
        ("cancelled", False),
        ("failed", False),
    ],
)
def test_a_default_run_that_did_not_come_to_its_end_goes_on(
    status: str, again: bool, started: list[str]
) -> None:
    run = in_state(service.store(), status)
    service.wake()
    assert started == ([run] if again else [])


def test_a_store_with_other_runs_gets_none(started: list[str]) -> None:
    service.store().runs.open(specs.ask(methods=["random"], points=9))
    service.wake()
    assert started == []


def test_a_folder_that_is_gone_does_not_stop_the_server(
    started: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HEATCHECK_IMAGES", "/nowhere")
    service.wake()
    assert started == []
    assert "the default run did not start" in caplog.text
    assert "is not a folder" in caplog.text


def test_a_run_that_was_asked_to_stop_before_its_server_ended_is_cancelled(
    started: list[str],
) -> None:
    store = service.store()
    run = in_state(store, "running")
    store.runs.ask_to_stop(run)
    put_in_state(store, run, "interrupted")
    service.wake()
    assert started == []
    assert store.runs.get(run).status == "cancelled"


def test_a_run_whose_question_reads_otherwise_here_does_not_keep_the_others_waiting(
    started: list[str],
) -> None:
    store = service.store()
    odd = store.runs.open(specs.ask(methods=["random"], points=9))
    put_in_state(store, odd, "interrupted", started_by="server", host=socket.gethostname())
    with store.database.writing() as connection:
        connection.execute(runs_table.update().values(id="e" * 16))
    run = in_state(store, "interrupted")
    service.wake()
    assert started == [run]


def test_a_run_of_another_host_or_of_the_command_line_is_left_to_them(started: list[str]) -> None:
    store = service.store()
    for seed, facts in enumerate(({"started_by": "server", "host": "elsewhere"}, {"host": HERE})):
        run = store.runs.open(specs.ask(methods=["random"], points=9, seed=seed))
        put_in_state(store, run, "interrupted", **facts)
    service.wake()
    assert started == []


def test_a_store_that_fails_as_a_run_starts_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was taken for a run that somebody else had started, and nothing was said."""
    store = Store(f"sqlite:///{tmp_path / 'full.db'}")
    monkeypatch.setattr(service, "store", lambda: store)

    def full(most: int) -> None:
        raise StoreProblem("the disk is full")

    monkeypatch.setattr(store.queue, "take", full)
    with pytest.raises(StoreProblem, match="the disk is full"):
        service.start_run(specs.ask(methods=["random"], points=9))
    store.engine.dispose()


@pytest.mark.parametrize(
    ("script", "status", "problem"),
    [
        ("echo before >&2; echo 'heatcheck: It is gone.' >&2; exit 2", "failed", "It is gone."),
        ("exit 1", "failed", "Its process ended without a word."),
        ("exit 130", "interrupted", ""),
        ("kill -9 $$", "interrupted", "Its process was ended by signal 9, perhaps for want of"),
    ],
)
def test_a_start_that_fails_says_why_on_the_page_and_not_in_a_log_alone(
    script: str, status: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'starts.db'}")
    monkeypatch.setattr(service, "store", lambda: store)
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    run = service.start_run(specs.ask(methods=["random"], points=9))
    until = time.monotonic() + 60
    while run in service._started:
        assert time.monotonic() < until
        time.sleep(0.02)
    ended = store.runs.get(run)
    assert ended.status == status
    assert ended.problem.startswith(problem)
    assert bool(ended.problem) is bool(problem)
    assert "before" not in ended.problem
    store.engine.dispose()
