"""A run on a real Dask cluster, on several local workers and in shards equals one that a single
worker did.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heatcheck.core.errors import BadParameter, RunProblem
from heatcheck.runs import cluster, cluster_worker, engine, processes, specs
from heatcheck.runs.leases import Status
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.saved_networks import classifier
from heatcheck.tests.doubles.waiting import waited

SHORT = {
    "methods": ["vanilla_gradients", "edges"],
    "metrics": ["total_variation", "deletion", "deletion_exchange"],
    "points": 3,
    "only": ["photo_00", "photo_01", "photo_02", "photo_03"],
}
THREADS = {"OMP_NUM_THREADS": "1"}  # numbers are the same to the bit with as many threads


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in THREADS.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> RunSpec:
    own = classifier(tmp_path_factory.mktemp("network"))
    return specs.ask(own, **SHORT)  # type: ignore[arg-type]


def new_store(root: Path) -> Store:
    return Store(f"sqlite:///{root / 'store.db'}")


def numbers(store: Store, run: str) -> tuple[pd.DataFrame, pd.DataFrame, list[np.ndarray], str]:
    """All that a run found and no clock measured."""
    table = store.results.table(run)
    told = store.results.findings(run).drop(columns="value").to_csv()
    unlike = [name for name in ("seconds", "device", "machine") if name in table]
    curves = store.results.curves(run)
    by = ["image", "method", "metric", "fraction"]
    return (
        table.drop(columns=unlike),
        curves.sort_values(by, kind="stable", ignore_index=True),
        [heat for _, _, heat in store.results.maps(run)],
        told,
    )


def check_same(store: Store, run: str, by: Store) -> None:
    known = store.runs.get(run)
    assert (known.status, known.done) == (Status.FINISHED, known.total)
    table, curves, maps, told = numbers(store, run)
    other_table, other_curves, other_maps, other_told = numbers(by, run)
    pd.testing.assert_frame_equal(table, other_table, check_exact=True)
    pd.testing.assert_frame_equal(curves, other_curves, check_exact=True)
    assert len(maps) == len(other_maps) == 8
    for own, other in zip(maps, other_maps, strict=True):
        np.testing.assert_array_equal(own, other)
    assert told == other_told


@pytest.fixture(scope="module")
def alone(spec: RunSpec, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """What one worker made."""
    store = new_store(tmp_path_factory.mktemp("alone"))
    with processes.local_workers() as workers:
        engine.execute(spec, store, workers)
    return store


def test_two_workers_make_what_one_makes(spec: RunSpec, alone: Store, tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with processes.local_workers(2) as workers:
        engine.execute(spec, store, workers)
    check_same(store, spec.id, alone)


@contextmanager
def dask(root: Path, workers: int, *, threads: int = 1) -> Iterator[tuple[str, list[int]]]:
    """A scheduler and workers as processes on loopback: the scheduler's file, the workers' pids."""
    file = root / "scheduler.json"
    with ExitStack() as stack:
        stack.enter_context(started("scheduler", root, file, "--port", "0"))
        waited(file.exists)
        begun = [
            stack.enter_context(dask_worker(str(file), root, threads=threads))
            for _ in range(workers)
        ]
        yield str(file), [process.pid for process in begun]


@contextmanager
def dask_worker(file: str, root: Path, *, threads: int) -> Iterator[subprocess.Popen[bytes]]:
    preload = ["--preload-nanny", "heatcheck.runs.cluster_nanny"]
    each = ["--nthreads", str(threads), "--nworkers", "1", *preload]
    with started("worker", root, Path(file), *each) as process:
        yield process


@contextmanager
def started(kind: str, root: Path, file: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    at = ["--scheduler-file", str(file), "--host", "127.0.0.1", "--no-dashboard"]
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{kind}", *at, *words],
        env={**os.environ, **THREADS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=root,
    )
    try:
        yield process
    finally:
        ended(process)


def ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def test_a_dask_cluster_makes_what_one_worker_makes(
    spec: RunSpec, alone: Store, tmp_path: Path
) -> None:
    store = new_store(tmp_path)
    with dask(tmp_path, 2) as (file, _), cluster.joined(file, spec.classifier) as workers:

        def both_are_there() -> bool:
            workers._counted = (0.0, 0)
            return workers.count == 2

        waited(both_are_there)
        settings = workers._client.run(lambda: dict(os.environ))
        for environment in settings.values():
            assert environment["MALLOC_TOP_PAD_"] == processes.WORKER_ENVIRONMENT["MALLOC_TOP_PAD_"]
        engine.execute(spec, store, workers)
        late = workers._client.submit(cluster_worker.guarded, {"torch": "0.1"}, abs, -1)
        with pytest.raises(RunProblem, match=r"Expected torch 0\.1 on all workers"):
            late.result()
    check_same(store, spec.id, alone)


def test_a_worker_that_joins_late_is_checked_too(tmp_path: Path) -> None:
    with dask(tmp_path, 1) as (file, _), cluster.joined(file, "efficientnet_lite0") as workers:
        with dask_worker(file, tmp_path, threads=2):
            waited(lambda: len(workers._client.nthreads()) == 2)
            threads = workers._client.nthreads()
            (wide,) = [name for name, count in threads.items() if count == 2]
            job = workers._client.submit(cluster_worker.guarded, {}, abs, -1, workers=[wide])
            with pytest.raises(RunProblem, match="Expected workers of one thread"):
                job.result()
        assert workers.submit(abs, -1).result(60) == 1


def test_a_cluster_whose_workers_have_several_threads_is_refused(tmp_path: Path) -> None:
    with (
        dask(tmp_path, 1, threads=2) as (file, _),
        pytest.raises(BadParameter, match=r"Expected workers of one thread .* has 2"),
        cluster.joined(file, "efficientnet_lite0"),
    ):
        pass


def test_a_cluster_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        pytest.raises(BadParameter, match="there is no such file"),
        cluster.joined(str(tmp_path / "none.json"), "efficientnet_lite0"),
    ):
        pass
    monkeypatch.setattr(cluster, "PATIENCE", 1.0)
    with (
        pytest.raises(BadParameter, match="None answered within 1 s"),
        cluster.joined("tcp://127.0.0.1:9", "efficientnet_lite0"),
    ):
        pass
