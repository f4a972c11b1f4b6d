"""A small run whose store goes away while it works, and what its store must hold afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from heatcheck.attribution import Method
from heatcheck.runs import engine
from heatcheck.runs.experiments import EXPERIMENTS, Finding
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.leases import Status
from heatcheck.runs.progress import Progress
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.small_runs import picture, question_on

CORNERS = {"a": (2, 2), "b": (20, 4), "c": (10, 22)}
METHODS = ["vanilla_gradients", "random"]
METRICS = ["deletion", "total_variation", "deletion_exchange"]
STEPS = 2 * len(CORNERS) * len(METHODS)  # two visits to each cell


@dataclass(frozen=True)
class Measured:
    """All that a store knows of a run, without what a clock measured."""

    table: pd.DataFrame
    curves: pd.DataFrame
    findings: pd.DataFrame
    maps: dict[tuple[str, str], np.ndarray]
    images: list[tuple[object, ...]]

    @classmethod
    def of(cls, store: Store, run: str) -> Measured:
        """What is stored of a run."""
        results = store.results
        return cls(
            results.table(run).drop(columns=["seconds", "device"]),
            results.curves(run),
            results.findings(run),
            {(image, method): heat for image, method, heat in results.maps(run)},
            sorted((one.name, one.target, one.probability) for one in results.images(run)),
        )

    def is_that_of(self, store: Store, run: str) -> None:
        """Raise AssertionError where the store's run is not whole, or holds anything else."""
        known = store.runs.get(run)
        assert (known.status, known.done, known.failures) == (Status.FINISHED, known.total, 0)
        other = Measured.of(store, run)
        for one in ("table", "curves", "findings"):
            pd.testing.assert_frame_equal(getattr(other, one), getattr(self, one))
        assert other.images == self.images
        assert other.maps.keys() == self.maps.keys()
        for cell, heat in self.maps.items():
            np.testing.assert_array_equal(other.maps[cell], heat)


def small_spec(root: Path, module: str) -> RunSpec:
    """A run of two visits to six cells, and experiments; `root` must be on the path."""
    pictures = {name: picture(corner, ord(name)) for name, corner in CORNERS.items()}
    return question_on(root, pictures, module, metrics=METRICS, methods=METHODS)


def planted_findings(method: Method) -> list[Finding]:
    """What experiments on a method might have found, at once: the true ones take a minute."""
    return [Finding(name, 0.1 + 0.2, method.name) for name in EXPERIMENTS]


class Quick(InProcess):
    """An executor in this thread whose experiments on methods are planted."""

    def submit(self, work: Any, *given: Any) -> Future[Any]:
        if work.__name__ != "try_out":
            return super().submit(work, *given)
        planted: Future[Any] = Future()
        planted.set_result(planted_findings(given[0]))
        return planted


def undisturbed(spec: RunSpec, folder: Path, workers: InProcess) -> Measured:
    """What the run measures where nobody disturbs it, in SQLite."""
    store = Store(f"sqlite:///{folder / 'undisturbed.db'}")
    engine.execute(spec, store, workers)  # type: ignore[arg-type]
    measured = Measured.of(store, spec.id)
    store.engine.dispose()
    return measured


def at_step(number: int, disturb: Callable[[], None]) -> Callable[[Progress], None]:
    """A report of progress that disturbs as that step begins, once."""
    steps = iter(range(1, 1000))
    return lambda progress: disturb() if next(steps) == number else None


@contextmanager
def later(seconds: float, work: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """What has the work done after so many seconds; it is done when the block ends."""
    threads: list[threading.Timer] = []

    def begin() -> None:
        threads.append(threading.Timer(seconds, work))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join()
