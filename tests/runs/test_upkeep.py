"""Stores kept small and safe: maps dropped, runs deleted, room given back, backups."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from heatcheck.core.errors import BadParameter, RunProblem, StoreProblem
from heatcheck.runs import specs, upkeep
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import put_in_state
from heatcheck.tools.large_store import fill, question

METRICS = ("deletion", "sparseness")


def test_maps_are_dropped_but_for_a_sample_and_those_named(any_store: Store) -> None:
    run = fill(any_store, question(8, 2, METRICS))
    table = any_store.results.table(run)
    sample = upkeep.sampled_images(any_store, run, 3)
    assert len(sample) == 3
    assert sample == upkeep.sampled_images(any_store, run, 3)
    also = next(name for name in table["image"] if name not in sample)
    assert upkeep.drop_maps(any_store, run, 3, [also]) == 2 * (8 - 4)
    assert {image for image, _ in any_store.results.mapped_cells(run)} == {*sample, also}
    assert upkeep.drop_maps(any_store, run, 100) == 0
    assert any_store.results.table(run).equals(table)
    with pytest.raises(BadParameter, match="Expected 0 or more"):
        upkeep.drop_maps(any_store, run, -1)
    put_in_state(any_store, run, "failed")
    with pytest.raises(RunProblem, match="may still need its maps"):
        upkeep.drop_maps(any_store, run, 0)


def test_runs_that_ended_long_ago_are_deleted_others_stay(any_store: Store) -> None:
    old = fill(any_store, question(1, 1, METRICS))
    new = fill(any_store, question(2, 1, METRICS))
    busy = any_store.runs.open(specs.ask(methods=["random"], metrics=["deletion"], points=3))
    put_in_state(any_store, old, "finished", ended_at="2020-01-01T00:00:00+00:00")
    put_in_state(any_store, busy, "running", asked_at="2020-01-01T00:00:00+00:00")
    assert upkeep.delete_older(any_store, timedelta(days=30)).runs == (old,)
    assert {run.id for run in any_store.runs.all()} == {new, busy}


def test_room_is_given_back(any_store: Store) -> None:
    run = fill(any_store, question(40, 4, METRICS))
    upkeep.compact(any_store)
    whole = upkeep.size_of(any_store)
    upkeep.drop_maps(any_store, run, 0)
    before = upkeep.size_of(any_store)
    freed = upkeep.compact(any_store)
    if any_store.engine.dialect.name == "sqlite":
        assert upkeep.size_of(any_store) == before - freed
        assert upkeep.size_of(any_store) < whole - 160 * 3000  # 160 maps of 32 x 32
    assert any_store.results.done_cells(run)


def test_a_backup_is_whole_while_another_thread_writes(store: Store, tmp_path: Path) -> None:
    run = fill(store, question(20, 4, METRICS))
    stopped = threading.Event()

    def write() -> None:
        seed = 1
        while not stopped.is_set():
            fill(store, question(1 + seed % 3, 1, METRICS), seed)
            seed += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert upkeep.back_up(store, tmp_path / "copy.db") >= 1
    finally:
        stopped.set()
        thread.join()
    copy = Store(f"sqlite:///{tmp_path / 'copy.db'}")
    assert copy.results.table(run).equals(store.results.table(run))
    copy.engine.dispose()
    with pytest.raises(StoreProblem, match="There is one"):
        upkeep.back_up(store, tmp_path / "copy.db")
    with pytest.raises(StoreProblem, match="There is none"):
        upkeep.back_up(store, tmp_path / "nowhere" / "copy.db")
    assert not list(tmp_path.glob("*.part"))


def test_a_server_is_backed_up_by_its_own_tool(any_store: Store, tmp_path: Path) -> None:
    if any_store.engine.dialect.name == "sqlite":
        assert upkeep.back_up(any_store, tmp_path / "copy.db") == 0
    else:
        with pytest.raises(StoreProblem, match="pg_dump"):
            upkeep.back_up(any_store, tmp_path / "copy.db")
