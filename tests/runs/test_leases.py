"""A run's life: who may write about it, when it counts as interrupted, who takes it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
import time
from contextlib import AbstractContextManager

import numpy as np
import pytest
import sqlalchemy as sa

from heatcheck.core.errors import BadParameter, LeaseLost, RunProblem, StoreProblem, UnknownName
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult
from heatcheck.runs.experiments import Finding
from heatcheck.runs.leases import Lease, Status, lease_seconds, store_clock
from heatcheck.runs.schema import runs_table
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import put_in_state


@pytest.fixture
def spec() -> RunSpec:
    return specs.ask(
        methods=["random"], metrics=["total_variation"], points=3, only=["photo_00", "photo_01"]
    )


def cell() -> CellResult:
    return CellResult(np.zeros((2, 2), np.float32), 0.1, 1, 0, True, "", ())


def test_a_claimed_run_is_running_and_one_let_go_of_is_interrupted(
    any_store: Store, spec: RunSpec
) -> None:
    run = any_store.runs.open(spec)
    assert any_store.runs.get(run).status is Status.WAITING
    with any_store.runs.claim(run):
        assert any_store.runs.get(run).status is Status.RUNNING
        assert [one.id for one in any_store.runs.under_way()] == [run]
    assert any_store.runs.get(run).status is Status.INTERRUPTED
    assert any_store.runs.under_way() == [], "nobody works on it"


def test_a_lease_is_renewed_while_its_process_lives_and_stale_soon_after(
    any_store: Store, spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATCHECK_LEASE_SECONDS", "1")
    run = any_store.runs.open(spec)
    with any_store.runs.claim(run) as lease:
        first = beat(any_store, run)
        deadline = time.monotonic() + 30
        while beat(any_store, run) == first:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        lease.ended = True  # as a process that is killed: nothing is let go of
    assert any_store.runs.get(run).status is Status.RUNNING
    last = beat(any_store, run)
    while any_store.runs.get(run).status is Status.RUNNING:
        assert now(any_store) < last + 0.5
    assert any_store.runs.get(run).status is Status.INTERRUPTED


def beat(store: Store, run: str) -> float:
    with store.database.reading() as connection:
        value = connection.scalar(sa.select(runs_table.c.held_until).where(runs_table.c.id == run))
    assert value is not None
    return value


def now(store: Store) -> float:
    with store.database.reading() as connection:
        return float(connection.scalar(sa.select(store_clock(connection.dialect.name))) or 0)


def test_the_stores_clock_is_the_time_of_day(any_store: Store) -> None:
    assert abs(now(any_store) - time.time()) < 5


def test_two_who_claim_at_once_are_one(any_store: Store, spec: RunSpec) -> None:
    run = any_store.runs.open(spec)
    taken, refused = [], []
    together = threading.Barrier(8)

    def take() -> None:
        together.wait()
        try:
            taken.append(any_store.runs.reserve(run, "server"))
        except RunProblem as error:
            refused.append(str(error))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(refused)) == (1, 7)
    assert all("is running in another process" in reason for reason in refused)


def test_an_older_lease_writes_nothing_more(any_store: Store, spec: RunSpec) -> None:
    run, image = any_store.runs.open(spec), spec.images[0]
    with any_store.runs.claim(run) as old:
        any_store.results.save_image(old, image)
        any_store.runs.release(run, old.number)  # its process seemed dead
        with any_store.runs.claim(run) as new:
            for write in (
                lambda: any_store.results.save_image(old, spec.images[1]),
                lambda: any_store.results.save_cell(old, image, "random", cell()),
                lambda: any_store.results.save_comparison(old, image, "random", ()),
                lambda: any_store.results.save_findings(
                    old, "random", [Finding("derivative", 1.0, "words")]
                ),
                lambda: any_store.runs.note_provenance(old, {"torch": "old"}),
                lambda: any_store.runs.end(old, "failed", "old"),
                old.renew,
            ):
                with pytest.raises(LeaseLost, match="no longer this process's"):
                    write()
            old.release()  # changes nothing
            assert any_store.runs.get(run).status is Status.RUNNING
            any_store.results.save_cell(new, image, "random", cell())
            any_store.runs.end(new, "finished")
    ended = any_store.runs.get(run)
    assert (ended.status, ended.done, ended.progress, ended.problem) == ("finished", 1, "", "")
    assert ended.provenance == {}
    assert any_store.results.findings(run).empty
    assert [image.name for image in any_store.results.images(run)] == ["photo_00"]


def test_a_reserved_lease_is_taken_up_once_stale_and_lost_once_another_has_it(
    any_store: Store, spec: RunSpec
) -> None:
    run = any_store.runs.open(spec)
    number = any_store.runs.reserve(run, "server")
    any_store.runs.release(run, number)  # it took too long to start
    with any_store.runs.claim(run, number) as lease:  # and starts after all
        any_store.runs.note_provenance(lease, {"here": "yes"})
    assert any_store.runs.get(run).started_by == "server"
    later = any_store.runs.reserve(run, "server")
    assert later == number + 1
    with pytest.raises(LeaseLost), any_store.runs.claim(run, number):
        pass


def test_a_waiting_run_that_is_cancelled_stays_cancelled(any_store: Store, spec: RunSpec) -> None:
    run = any_store.runs.open(spec)
    assert any_store.runs.ask_to_stop(run) is Status.CANCELLED
    assert any_store.runs.get(run).status is Status.CANCELLED
    with pytest.raises(RunProblem, match="There is nothing to stop"):
        any_store.runs.ask_to_stop(run)


def test_a_starting_run_that_is_cancelled_stops_before_its_first_step(
    any_store: Store, spec: RunSpec
) -> None:
    run = any_store.runs.open(spec)
    number = any_store.runs.reserve(run, "server")
    assert any_store.runs.ask_to_stop(run) is Status.RUNNING
    with any_store.runs.claim(run, number):
        assert any_store.runs.stop_asked(run)


def test_an_interrupted_run_can_be_cancelled_and_its_process_cannot_come_back(
    any_store: Store, spec: RunSpec
) -> None:
    run = any_store.runs.open(spec)
    with any_store.runs.claim(run) as lease:
        any_store.runs.release(run, lease.number)
        assert any_store.runs.ask_to_stop(run) is Status.CANCELLED
        with pytest.raises(LeaseLost):
            any_store.results.save_image(lease, spec.images[0])
        lease.ended = True
    assert any_store.runs.get(run).status is Status.CANCELLED


def test_a_running_run_is_not_deleted_and_an_interrupted_one_is(
    any_store: Store, spec: RunSpec
) -> None:
    run = any_store.runs.open(spec)
    with any_store.runs.claim(run) as lease:
        any_store.results.save_image(lease, spec.images[0])
        with pytest.raises(RunProblem, match="Cancel it first"):
            any_store.runs.delete(run)
        any_store.runs.release(run, lease.number)
        any_store.runs.delete(run)
        with pytest.raises(LeaseLost):
            any_store.results.save_cell(lease, spec.images[0], "random", cell())
        lease.ended = True
    with pytest.raises(UnknownName):
        any_store.runs.get(run)
    assert any_store.results.images(run) == []


def test_a_process_number_that_another_process_has_by_now_means_nothing(
    any_store: Store, spec: RunSpec
) -> None:
    """Liveness by process number called a dead run alive for as long as anybody had its number."""
    run = any_store.runs.open(spec)
    put_in_state(any_store, run, "interrupted", pid=1)
    assert any_store.runs.get(run).status is Status.INTERRUPTED
    with any_store.runs.claim(run) as lease:
        any_store.runs.end(lease, "finished")


BEGIN = """
import sys
from heatcheck.runs import specs
from heatcheck.runs.store import Store
spec = specs.ask(methods=["random"], metrics=["total_variation"], points=3, only=["photo_00"])
sys.stdin.readline()
print(Store(sys.argv[1]).runs.open(spec))
"""


def test_processes_that_begin_one_new_run_in_a_fresh_store_are_all_content(
    any_url: str,
) -> None:
    """Looking, then writing: of eight, six failed to open the run."""
    command = [sys.executable, "-c", BEGIN, any_url]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(4)
    ]
    answers = []
    for process in processes:  # all have imported by now, or will soon
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        answers.append(output.strip())
    assert len(set(answers)) == 1
    store = Store(any_url)
    assert [run.id for run in store.runs.all()] == answers[:1]
    store.engine.dispose()


@pytest.mark.parametrize("setting", ["", "soon", "0", "-5", "nan", "100000"])
def test_a_lease_that_cannot_be_is_refused(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATCHECK_LEASE_SECONDS", setting)
    with pytest.raises(BadParameter, match="HEATCHECK_LEASE_SECONDS"):
        lease_seconds()


def test_a_thread_that_renews_ends_with_its_block(store: Store, spec: RunSpec) -> None:
    with store.runs.claim(store.runs.open(spec)) as lease:
        names = [thread.name for thread in threading.enumerate()]
        assert f"lease of {lease.run}" in names
    assert f"lease of {lease.run}" not in [thread.name for thread in threading.enumerate()]
    assert isinstance(lease, Lease)


def test_a_run_that_is_deleted_and_made_anew_is_not_its_old_processs(
    any_store: Store, spec: RunSpec
) -> None:
    """Its id is the same: a lease that began at the same number again let the old process write."""
    run = any_store.runs.open(spec)
    with any_store.runs.claim(run) as old:
        any_store.runs.release(run, old.number)
        any_store.runs.delete(run)
        assert any_store.runs.open(spec) == run
        with any_store.runs.claim(run) as new:
            assert new.number != old.number
            with pytest.raises(LeaseLost):
                any_store.results.save_cell(old, spec.images[0], "random", cell())
            any_store.runs.end(new, "finished")
        old.ended = True
    assert any_store.runs.get(run).done == 0


def test_the_places_of_images_are_those_of_the_last_one_who_asked(
    any_store: Store, spec: RunSpec
) -> None:
    run = any_store.runs.open(spec)
    moved = dataclasses.replace(spec, source="/moved/elsewhere")
    assert any_store.runs.open(moved) == run
    assert any_store.runs.get(run).spec.source == "/moved/elsewhere"


def test_a_write_waits_for_a_store_that_answers_again_soon(
    store: Store, spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heatcheck.runs.outages.RETRY", 0.01)
    writing, outages = store.database.writing, iter([StoreProblem("restarting")] * 3)

    def seldom() -> AbstractContextManager[sa.Connection]:
        if outage := next(outages, None):
            raise outage
        return writing()

    with store.runs.claim(store.runs.open(spec)) as lease:
        monkeypatch.setattr(store.database, "writing", seldom)
        store.results.save_image(lease, spec.images[0])
        store.runs.end(lease, "finished")
    assert next(outages, None) is None
    assert [image.name for image in store.results.images(spec.id)] == ["photo_00"]


def test_a_write_gives_up_on_a_store_that_does_not_come_back(
    store: Store, spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting in ("RETRY", "OUTAGE"):
        monkeypatch.setattr(f"heatcheck.runs.outages.{setting}", 0.01)

    def never() -> AbstractContextManager[sa.Connection]:
        raise StoreProblem("gone")

    with store.runs.claim(store.runs.open(spec)) as lease:
        with monkeypatch.context() as outage:
            outage.setattr(store.database, "writing", never)
            with pytest.raises(StoreProblem, match="gone"):
                store.results.save_image(lease, spec.images[0])
        store.runs.end(lease, "failed")
