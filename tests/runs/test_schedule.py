"""How a run goes: no barrier between images, shards that are brought together, maps that are not
kept, a step over which workers die, and an early end.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from heatcheck.core.errors import RunProblem
from heatcheck.runs import engine, specs, worker
from heatcheck.runs.experiments import EXPERIMENTS, Finding
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.jobs import DIED
from heatcheck.runs.leases import Status
from heatcheck.runs.partners import by_sample, ring
from heatcheck.runs.processes import WorkerDied
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.saved_networks import classifier

SHORT = {
    "methods": ["random", "centre_prior"],
    "metrics": ["total_variation", "deletion_exchange"],
    "points": 3,
    "only": [f"photo_{number:02}" for number in range(5)],
}


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> RunSpec:
    own = classifier(tmp_path_factory.mktemp("network"))
    return specs.ask(own, **SHORT)  # type: ignore[arg-type]


class Noting(Executor):
    """Works in this thread and notes what; `deadly` jobs end their worker so often."""

    def __init__(self, count: int = 1) -> None:
        self.count, self.done, self.deadly = count, [], {}  # type: ignore[var-annotated]

    def submit(self, work: Any, /, *given: Any, **words: Any) -> Future[Any]:
        key = work.__name__
        if key in ("run_cell", "score_map"):
            key = f"{key} {given[0].method.name} {given[0].subject.image_digest[:6]}"
        self.done.append(key)
        answer: Future[Any] = Future()
        if self.deadly.get(key, 0):
            self.deadly[key] -= 1
            answer.set_exception(WorkerDied())
        elif work is worker.try_out:
            answer.set_result(tuple(Finding(name, 0.0, "planted") for name in EXPERIMENTS))
        else:
            answer = InProcess().submit(work, *given)
        return answer


def comparable(store: Store, run: str) -> pd.DataFrame:
    table = store.results.table(run)
    unlike = [name for name in ("seconds", "device", "machine") if name in table]
    return table.drop(columns=unlike)


@pytest.fixture(scope="module")
def whole(spec: RunSpec, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('whole') / 'store.db'}")
    engine.execute(spec, store, Noting())
    return store


def test_cells_are_compared_before_all_are_made(spec: RunSpec, store: Store) -> None:
    workers = Noting()
    engine.execute(spec, store, workers)
    kinds = [name.partition(" ")[0] for name in workers.done]
    last_made = max(place for place, kind in enumerate(kinds) if kind == "run_cell")
    assert kinds.index("score_map") < last_made
    assert kinds.count("run_cell") == kinds.count("score_map") == 10
    order = [name.split()[2] for name in workers.done if name.startswith("run_cell")]
    circle = [image.digest[:6] for image in ring(spec)]
    assert list(dict.fromkeys(order)) == circle


def test_shards_visit_each_image_once_and_leave_the_rest_to_the_merge(
    spec: RunSpec, whole: Store, tmp_path: Path
) -> None:
    with pytest.raises(RunProblem, match="as a whole"):
        until = replace(spec, until="total_variation:random,centre_prior")
        engine.execute(until, whole, Noting(), shard=(1, 2))
    visited: list[set[str]] = []
    for number in (1, 2, 3):
        store = Store(f"sqlite:///{tmp_path / f'{number}.db'}")
        engine.execute(spec, store, Noting(), shard=(number, 3))
        known = store.runs.get(spec.id)
        assert known.status == Status.INTERRUPTED
        assert known.problem.startswith(f"Shard {number} of 3 is done")
        visited.append({image for image, _ in store.results.done_cells(spec.id)})
        assert not store.results.compared_cells(spec.id)
        assert store.results.findings(spec.id).empty
        store.engine.dispose()
    assert sorted(map(len, visited)) == [1, 2, 2]
    assert set.union(*visited) == {image.name for image in spec.images}


@pytest.mark.parametrize(("keep", "left"), [("none", 0), ("2", 4), ("all", 10)])
def test_maps_that_are_not_kept_change_no_number(
    keep: str, left: int, spec: RunSpec, whole: Store, store: Store
) -> None:
    engine.execute(replace(spec, keep_maps=keep), store, Noting())
    pd.testing.assert_frame_equal(comparable(store, spec.id), comparable(whole, spec.id))
    kept = store.results.mapped_cells(spec.id)
    assert len(kept) == left
    assert {name for name, _ in kept} == {image.name for image in ring(spec)[: left // 2]}


def test_maps_that_are_not_kept_are_there_for_a_run_that_goes_on(
    spec: RunSpec, whole: Store, store: Store
) -> None:
    thrifty = replace(spec, keep_maps="none")
    for steps in (4, 9, 13, 17):
        stop_at(steps, thrifty, store)
    engine.execute(thrifty, store, Noting())
    pd.testing.assert_frame_equal(comparable(store, spec.id), comparable(whole, spec.id))
    assert not store.results.mapped_cells(spec.id)


def stop_at(steps: int, spec: RunSpec, store: Store) -> None:
    def stop(progress: object) -> None:
        if store.runs.get(spec.id).done >= steps:
            store.runs.ask_to_stop(spec.id)

    engine.execute(spec, store, Noting(), stop)
    assert store.runs.get(spec.id).status == Status.CANCELLED


def test_a_step_whose_worker_died_is_tried_once_more(
    spec: RunSpec, whole: Store, store: Store
) -> None:
    workers = Noting(2)
    digest = ring(spec)[1].digest[:6]
    workers.deadly = {
        f"run_cell random {digest}": 1,
        f"score_map centre_prior {digest}": 1,
        "sight": 1,
        "try_out": 1,
        "frame_of": 1,
    }
    engine.execute(spec, store, workers)
    pd.testing.assert_frame_equal(comparable(store, spec.id), comparable(whole, spec.id))


def test_a_step_whose_worker_died_twice_fails_with_the_reason(
    spec: RunSpec, whole: Store, store: Store
) -> None:
    workers = Noting(2)
    digest = ring(spec)[1].digest[:6]
    workers.deadly = {f"run_cell random {digest}": 2}
    engine.execute(spec, store, workers)
    known = store.runs.get(spec.id)
    assert (known.status, known.done) == (Status.FINISHED, known.total)
    table = comparable(store, spec.id)
    failed = table[table["error"] != ""]
    assert set(failed["image"]) == {ring(spec)[1].name}
    assert set(failed["method"]) == {"random"}
    assert DIED in set(failed["error"])
    assert known.failures == len(failed[~failed["metric"].str.contains(".", regex=False)])


def test_workers_that_die_over_everything_end_the_run(spec: RunSpec, store: Store) -> None:
    class Deadly(Noting):
        def submit(self, work: Any, /, *given: Any, **words: Any) -> Future[Any]:
            if work is worker.run_cell:
                answer: Future[Any] = Future()
                answer.set_exception(WorkerDied())
                return answer
            return super().submit(work, *given)

    with pytest.raises(RunProblem, match="one after the other"):
        engine.execute(spec, store, Deadly())
    assert store.runs.get(spec.id).status == Status.FAILED


def test_a_run_whose_workers_say_nothing_can_be_stopped(
    spec: RunSpec, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent(Noting):
        def submit(self, work: Any, /, *given: Any, **words: Any) -> Future[Any]:
            if work is not worker.run_cell:
                return super().submit(work, *given)
            if not store.runs.stop_asked(spec.id):
                store.runs.ask_to_stop(spec.id)
            silent.append(Future())
            return silent[-1]

    silent: list[Future[Any]] = []
    monkeypatch.setattr(engine, "LOOK", 0.05)
    engine.execute(spec, store, Silent())
    assert store.runs.get(spec.id).status == Status.CANCELLED
    assert silent
    assert all(answer.cancelled() for answer in silent)


def test_a_run_ends_once_its_comparison_is_decided(
    spec: RunSpec, whole: Store, store: Store
) -> None:
    until = replace(spec, until="total_variation:random,centre_prior")
    assert until.id != spec.id
    looks: list[list[str]] = []

    def decided(names: Sequence[str], last: bool) -> str:
        assert not last
        looks.append(list(names))
        return "It is decided." if len(names) == 3 else ""

    with pytest.raises(RunProblem, match="as a whole"):
        engine.execute(until, store, Noting())
    engine.execute(until, store, Noting(4), decided=decided)
    circle = [image.name for image in ring(spec)]
    assert looks == [circle[: len(look)] for look in looks]
    known = store.runs.get(until.id)
    assert known.status == Status.FINISHED
    assert known.provenance["decided"] == "It is decided."
    assert known.done == 2 * 2 * 3
    assert {image.name for image in store.results.images(until.id)} == set(circle[:3])
    table = store.results.table(until.id)
    assert set(table["image"]) == set(circle[:3])
    alone = table[table["metric"] == "total_variation"].set_index(["image", "method"])["value"]
    by = comparable(whole, spec.id)
    by = by[by["metric"] == "total_variation"].set_index(["image", "method"])["value"]
    np.testing.assert_array_equal(alone, by[alone.index])
    assert len(store.results.compared_cells(until.id)) == 6


def test_groups_are_drawn_by_lot_as_single_images_are() -> None:
    """Image by image the large groups would be whole last, and the first looks be of singles."""
    plain = specs.ask(methods=["random"], metrics=["total_variation"])
    images = tuple(
        replace(image, group="film" if place < 8 else "")
        for place, image in enumerate(plain.images)
    )
    places = []
    for seed in range(60):
        grouped = replace(plain, images=images, seed=seed)
        order = [image.name for image in by_sample(grouped, ring(grouped))]
        assert sorted(order) == sorted(image.name for image in images)
        film = [order.index(image.name) for image in images[:8]]
        assert max(film) - min(film) == 7  # together
        places.append(len({grouped.samples[name] for name in order[: min(film)]}))
    assert set(places) == set(range(13))  # the film may be any of the 13 samples
    assert by_sample(plain, ring(plain)) == ring(plain)
