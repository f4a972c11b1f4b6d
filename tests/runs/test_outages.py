"""Stores that go away while a run works: it waits and goes on; nothing is lost or doubled."""

from __future__ import annotations

import inspect
import itertools
import json
import os
import sqlite3
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from heatcheck.core.errors import StoreProblem
from heatcheck.runs import database, engine, outages, specs
from heatcheck.runs.cells import CellResult
from heatcheck.runs.leases import Status
from heatcheck.runs.records import Runs
from heatcheck.runs.results import Results
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.outages import (
    STEPS,
    Measured,
    Quick,
    at_step,
    later,
    small_spec,
    undisturbed,
)
from heatcheck.tests.doubles.postgresql import Server, skip_where_missing, started
from heatcheck.tests.doubles.waiting import waited


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunSpec]:
    root = tmp_path_factory.mktemp("small")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        yield small_spec(root, "network_of_outages")


@pytest.fixture(scope="module")
def expected(spec: RunSpec, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return undisturbed(spec, tmp_path_factory.mktemp("undisturbed"), Quick())


@pytest.fixture
def server() -> Iterator[Server]:
    """A PostgreSQL server that may be stopped."""
    skip_where_missing()
    with started() as server:
        yield server


def execute(spec: RunSpec, store: Store, number: int, disturb: Callable[[], None]) -> None:
    """The run, disturbed as that step begins."""
    engine.execute(spec, store, Quick(), at_step(number, disturb))  # type: ignore[arg-type]


def test_a_server_that_crashes_in_mid_run_and_comes_back_is_waited_for(
    server: Server, spec: RunSpec, expected: Measured
) -> None:
    store = Store(server.url)
    with later(2.0, server.start) as comes_back:

        def crash() -> None:
            server.crash()
            comes_back()

        execute(spec, store, 4, crash)
    expected.is_that_of(store, spec.id)
    store.engine.dispose()


def test_a_server_that_stays_away_ends_the_run_which_goes_on_later(
    server: Server, spec: RunSpec, expected: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "OUTAGE", 1.0)
    monkeypatch.setenv("HEATCHECK_LEASE_SECONDS", "1")
    store = Store(server.url)
    with pytest.raises(StoreProblem, match="It does not answer: connection"):
        execute(spec, store, 8, server.crash)
    server.start()
    waited(lambda: store.runs.get(spec.id).status == Status.INTERRUPTED)
    assert 0 < store.runs.get(spec.id).done < STEPS
    engine.execute(spec, store, Quick())  # type: ignore[arg-type]
    expected.is_that_of(store, spec.id)
    store.engine.dispose()


class Full:
    """A disk without room: every connection of a store gets no page more than its file has."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with store.database.reading() as connection:
            self.pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def fill(self) -> None:
        sa.event.listen(self.store.engine, "connect", self._limit)
        self.store.engine.dispose()

    def make_room(self) -> None:
        sa.event.remove(self.store.engine, "connect", self._limit)
        self.store.engine.dispose()

    def _limit(self, connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {self.pages}")


class Locked:
    """Another process that holds a store."""

    def __init__(self, store: Store) -> None:
        file = str(store.engine.url.database)
        self.other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)

    def fill(self) -> None:
        self.other.execute("BEGIN IMMEDIATE")

    def make_room(self) -> None:
        self.other.close()


class Gone:
    """A store that is moved elsewhere and back."""

    def __init__(self, store: Store) -> None:
        self.file = Path(str(store.engine.url.database))
        self.elsewhere = self.file.with_name("elsewhere.db")

    def fill(self) -> None:
        self.file.rename(self.elsewhere)

    def make_room(self) -> None:
        self.elsewhere.rename(self.file)


class Replaced(Gone):
    """A store in whose place there is an empty file for a while."""

    def fill(self) -> None:
        super().fill()
        self.file.touch()


FAULTS = {
    Full: "The disk of the store .* is full",
    Locked: "has held the store",
    Gone: "It is gone, or something else is in its place",
    Replaced: "It is gone, or something else is in its place",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_of_the_file_that_passes_is_waited_for(
    kind: type[Full], store: Store, spec: RunSpec, expected: Measured
) -> None:
    looks: list[Status] = []
    with later(1.0, lambda: fault.make_room()) as passes:

        def disturb() -> None:
            fault.fill()
            if kind in (Full, Locked):  # who only reads notices nothing
                looks.append(store.runs.get(spec.id).status)
            passes()

        store.runs.open(spec)
        fault = kind(store)
        execute(spec, store, 4, disturb)
    assert looks == [Status.RUNNING] * (kind in (Full, Locked))
    expected.is_that_of(store, spec.id)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_of_the_file_that_stays_ends_the_run_which_goes_on_later(
    kind: type[Full],
    tmp_path: Path,
    spec: RunSpec,
    expected: Measured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outages, "OUTAGE", 0.5)
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    monkeypatch.setenv("HEATCHECK_LEASE_SECONDS", "1")
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    store.runs.open(spec)
    fault = kind(store)
    with pytest.raises(StoreProblem, match=FAULTS[kind]):
        execute(spec, store, 8, fault.fill)
    fault.make_room()
    waited(lambda: store.runs.get(spec.id).status in (Status.INTERRUPTED, Status.FAILED))
    assert 0 < store.runs.get(spec.id).done < STEPS
    engine.execute(spec, store, Quick())  # type: ignore[arg-type]
    expected.is_that_of(store, spec.id)
    store.engine.dispose()


def test_a_commit_whose_answer_is_lost_is_kept_once(
    any_store: Store, spec: RunSpec, expected: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every third commit arrives, and its answer does not."""
    monkeypatch.setattr(outages, "RETRY", 0.0)
    monkeypatch.setattr(engine, "TOGETHER", 1)  # a commit an answer
    commit, numbers = sa.engine.RootTransaction.commit, itertools.count()
    lost: list[int] = []

    def lose(transaction: sa.engine.RootTransaction) -> None:
        commit(transaction)
        if (number := next(numbers)) % 3 == 2:
            lost.append(number)
            raise sa.exc.OperationalError("COMMIT", {}, Exception("server closed the connection"))

    any_store.runs.open(spec)

    def disturb() -> None:
        monkeypatch.setattr(sa.engine.RootTransaction, "commit", lose)

    execute(spec, any_store, 1, disturb)
    monkeypatch.undo()
    assert len(lost) > 5
    expected.is_that_of(any_store, spec.id)


def test_a_row_that_is_there_before_is_no_answer_that_was_lost(
    any_store: Store, spec: RunSpec
) -> None:
    image, method = spec.images[0], next(iter(spec.keyed))
    failed = CellResult(None, error="planted")
    with any_store.runs.claim(any_store.runs.open(spec)) as lease:
        any_store.results.save_cell(lease, image, method, failed)
        with pytest.raises(sa.exc.IntegrityError):
            any_store.results.save_cell(lease, image, method, failed)


@pytest.mark.parametrize("kept", [Runs, Results])
def test_everything_that_a_run_asks_of_its_store_is_done_again(kept: type) -> None:
    asked = [
        method
        for name, method in inspect.getmembers(kept, inspect.isfunction)
        if not name.startswith("_")
    ]
    assert len(asked) > 10
    gives = {one for one in asked if inspect.isgeneratorfunction(inspect.unwrap(one))}
    assert {one.__name__ for one in gives} == {Runs: {"claim"}, Results: {"writing", "maps"}}[kept]
    assert all(hasattr(method, "__wrapped__") for method in set(asked) - gives)


def test_who_only_looks_does_not_wait(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages.time, "sleep", lambda seconds: pytest.fail("it waits"))
    Gone(store).fill()
    with pytest.raises(StoreProblem, match="It is gone"):
        store.runs.all()
    with pytest.raises(StoreProblem, match="It is gone"), store.database.writing():
        pass


def test_no_new_store_is_made_in_the_place_of_one_that_goes_while_it_is_opened(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = database._identity(Path(str(store.engine.url.database)))
    gone = Gone(store)
    gone.fill()
    store.engine.dispose()
    monkeypatch.setattr(database, "_identity", lambda file: identity)  # looked a moment before
    with pytest.raises(StoreProblem, match="cannot be opened"):
        store.runs.all()
    assert not gone.file.exists()


def test_what_is_committed_into_a_store_that_has_just_gone_is_not_taken_for_kept(
    store: Store, spec: RunSpec
) -> None:
    gone = Gone(store)
    with pytest.raises(StoreProblem, match="It is gone") as told, store.database.writing() as here:
        here.execute(sa.text("DELETE FROM runs"))
        gone.fill()
    assert told.value.unsure


def test_bytes_that_are_not_what_was_written_are_a_sentence(store: Store) -> None:
    for decode in (lambda: zlib.decompress(b"other bytes"), lambda: json.loads("[1, 2")):
        with pytest.raises(StoreProblem, match="The store is damaged"):
            store.database.patience.kept(decode)
        with pytest.raises(StoreProblem, match="The store is damaged"), store.database.reading():
            decode()


def asked_anew(seed: int) -> RunSpec:
    """A question that no other test asks."""
    return specs.ask(methods=["random"], metrics=["total_variation"], points=3, seed=seed)


def test_what_is_kept_beside_the_file_stays_short_however_readers_overlap(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers of a second that overlap let it grow for as long as they looked."""
    monkeypatch.setattr(store.database, "_longest", 40_000)
    monkeypatch.setattr(database, "LONGEST", 40_000)
    questions = [asked_anew(seed) for seed in range(30)]
    beside, sizes = Path(f"{store.engine.url.database}-wal"), []
    stop, together = threading.Event(), threading.Barrier(3)

    def look() -> None:
        together.wait()
        while not stop.is_set():
            with store.database.reading() as connection:
                connection.execute(sa.text("SELECT count(*) FROM runs")).all()
                stop.wait(0.1)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    together.wait()
    for question in questions:
        store.runs.open(question)
        sizes.append(beside.stat().st_size)
    stop.set()
    for reader in readers:
        reader.join()
    assert max(sizes) < 150_000
    assert min(sizes[10:]) < 40_000
    assert len(store.runs.all()) == len(questions)


def test_a_reader_that_stays_stops_no_writer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "HURRY", 0.05)
    monkeypatch.setattr(store.database, "_longest", 0)
    with store.database.reading() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM runs")) == 0
        for seed in range(2):
            store.runs.open(asked_anew(seed))
        assert connection.scalar(sa.text("SELECT count(*) FROM runs")) == 0
    assert len(store.runs.all()) == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if os.getuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk: a truly full one was NOT tested")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_is_truly_full_is_waited_for_and_opened_once_there_is_room(
    small_disk: Path, spec: RunSpec, expected: Measured
) -> None:
    store, filler = Store(f"sqlite:///{small_disk / 'store.db'}"), small_disk / "filler"

    def fill() -> None:
        with suppress(OSError), filler.open("wb", buffering=0) as content:
            while content.write(b"x" * 512):
                pass

    with later(2.0, filler.unlink) as passes:

        def disturb() -> None:
            fill()
            passes()

        execute(spec, store, 4, disturb)
    expected.is_that_of(store, spec.id)
    store.engine.dispose()
    fill()
    with pytest.raises(StoreProblem, match="it may be full"):
        Store(store.url)
    filler.unlink()
    again = Store(store.url)
    assert again.runs.get(spec.id).status == Status.FINISHED
    again.engine.dispose()
