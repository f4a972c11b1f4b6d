"""The workbench: what Compare asks of the worker process. Submits, keeps and hands out; computes
nothing itself.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import numpy as np

from heatcheck.core.errors import RunProblem
from heatcheck.runs import worker
from heatcheck.runs.cells import Cell, CellResult, Prediction, Scored, Subject, pixel_places
from heatcheck.runs.store import Store

KEPT = 512  # answers that are kept, the least recently used go first
DIED = (
    "The worker process ended before it answered; it may have run out of memory. Reload the "
    "page to try again."
)
SESSIONS = 64  # whose last wishes are remembered


@dataclass(frozen=True, eq=False)
class Panel:
    """One method's answer for one image, as far as it is there."""

    cell: Cell
    made: CellResult | None
    scores: tuple[Scored, ...] | None

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self.scores is not None


class Workbench:
    """One worker process and the answers it gave. Safe to use from any thread; sessions share
    answers.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._answers: OrderedDict[tuple[Any, ...], Future[Any]] = OrderedDict()
        self._wanted: dict[str, set[tuple[Any, ...]]] = {}
        self._workers: Executor | None = None

    def start(self) -> None:
        """Start the worker process; done early, so that the first click finds it there."""
        with self._lock:
            self._workers = self._workers or worker.local_workers()

    def stop(self) -> None:
        """End the worker process."""
        with self._lock:
            if self._workers:
                self._workers.shutdown(wait=False, cancel_futures=True)
            self._workers = None

    def input_size(self, classifier: str) -> int:
        """The side of a classifier's input. Raises HeatcheckError where it cannot be loaded."""
        size: int = _answered(self._ask(("size", classifier), worker.input_size, classifier))
        return size

    def class_names(self, classifier: str) -> tuple[str, ...]:
        """A classifier's class names."""
        names: tuple[str, ...] = _answered(
            self._ask(("names", classifier), worker.class_names, classifier)
        )
        return names

    def why_not(self, classifier: str, *, wait: bool) -> dict[str, str]:
        """The methods that cannot explain a classifier, each with the reason; empty where that is
        not known yet and nobody waits.
        """
        if not wait and self._workers is None:
            return {}
        asked = self._ask(("why not", classifier), worker.why_not, classifier)
        if not wait and not asked.done():
            return {}
        found: dict[str, str] = _answered(asked)
        return found

    def predict(self, session: str, subject: Subject) -> Prediction:
        """The classes the classifier sees in an image; a new image does not wait for what the
        session wished for before.
        """
        key = ("predict", subject.classifier, subject.image_digest)
        with self._lock:
            if key not in self._answers:
                self._drop(session, set())
            asked = self._ask(key, worker.predict, subject, interactive=True)
        prediction: Prediction = _answered(asked)
        return prediction

    def panels(self, session: str, cells: list[Cell]) -> list[Panel]:
        """What is there of each cell now; asks for what is missing, all maps before the first
        score.

        A session's earlier wishes that nobody shares and that have not begun are dropped.
        """
        keys = [_key(cell) for cell in cells]
        with self._lock:
            self._drop(session, set(keys))
            maps = [self._map(key, cell) for key, cell in zip(keys, cells, strict=True)]
            return [
                self._panel(key, cell, made)
                for key, cell, made in zip(keys, cells, maps, strict=True)
            ]

    def places(self, cell: Cell, heat: np.ndarray) -> np.ndarray:
        """Each pixel's place in the curves' order, kept: a slider draws the same map many times."""
        key = ("places", *_key(cell))
        with self._lock:
            if key not in self._answers:
                self._keep(
                    key,
                    _ready(pixel_places(heat, cell.method, cell.subject.image_digest, cell.seed)),
                )
            found: np.ndarray = self._answers[key].result()
            return found

    def _map(self, key: tuple[Any, ...], cell: Cell) -> Future[CellResult]:
        stored = None if ("map", *key) in self._answers else self._store.results.find_cell(cell)
        if stored is not None:
            self._keep(("map", *key), _ready(stored))
            self._keep(("scores", *key), _ready(stored.scores))
        return self._ask(("map", *key), worker.make_map, cell)

    def _panel(self, key: tuple[Any, ...], cell: Cell, made: Future[CellResult]) -> Panel:
        if not made.done():
            return Panel(cell, None, None)
        if made.exception():
            return self._lost(key, cell)
        result = made.result()
        scores: Future[tuple[Scored, ...]] = self._ask(
            ("scores", *key), worker.score_map, cell, result
        )
        if scores.done() and scores.exception():
            return self._lost(key, cell)
        return Panel(cell, result, scores.result() if scores.done() else None)

    def _lost(self, key: tuple[Any, ...], cell: Cell) -> Panel:
        """The worker died over this cell; it is asked again when the page is opened anew."""
        for part in ("map", "scores"):
            self._answers.pop((part, *key), None)
        return Panel(
            cell,
            CellResult(None, error=DIED),
            tuple(Scored(metric, None, DIED) for metric in cell.metrics),
        )

    # -- answers -----------------------------------------------------------------------------------

    def _ask(
        self, key: tuple[Any, ...], work: Callable[..., Any], *args: Any, **words: Any
    ) -> Future[Any]:
        with self._lock:
            known = self._answers.get(key)
            if (
                known is not None
                and not known.cancelled()
                and not (known.done() and known.exception())
            ):
                self._answers.move_to_end(key)
                return known
            self.start()
            assert self._workers
            try:
                answer = self._workers.submit(work, *args, **words)
            except BrokenProcessPool:  # the worker died; a new one takes over
                self._workers = worker.local_workers()
                answer = self._workers.submit(work, *args, **words)
            return self._keep(key, answer)

    def _keep(self, key: tuple[Any, ...], answer: Future[Any]) -> Future[Any]:
        self._answers[key] = answer
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)
        return answer

    def _drop(self, session: str, wanted: set[tuple[Any, ...]]) -> None:
        gone = self._wanted.pop(session, set()) - wanted
        self._wanted[session] = wanted
        while len(self._wanted) > SESSIONS:
            del self._wanted[next(iter(self._wanted))]
        shared = set().union(*self._wanted.values())
        for key in gone - shared:
            for part in ("map", "scores"):
                answer = self._answers.get((part, *key))
                if answer is not None and answer.cancel():
                    del self._answers[part, *key]


def _key(cell: Cell) -> tuple[Any, ...]:
    metrics = tuple(metric.digest for metric in cell.metrics)
    return (
        cell.subject.classifier,
        cell.subject.image_digest,
        cell.class_index,
        cell.method.digest,
        metrics,
        cell.seed,
    )


def _answered(asked: Future[Any]) -> Any:
    """Wait for an answer. Raises RunProblem where the worker died over it; asked again, a new
    worker answers.
    """
    try:
        return asked.result()
    except BrokenProcessPool as error:
        raise RunProblem(f"Expected an answer from the worker process. {DIED}") from error


def _ready(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future
