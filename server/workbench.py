"""The workbench: what Compare asks of the worker process. Asks, keeps and hands out; computes
nothing itself but the order of a map's pixels.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import numpy as np

from heatcheck.core.errors import HeatcheckError, RunProblem
from heatcheck.inputs.sizes import Frame
from heatcheck.runs import worker
from heatcheck.runs.cells import Cell, CellResult, Prediction, Scored, Subject, pixel_places
from heatcheck.runs.store import Store
from heatcheck.server.answers import Answers
from heatcheck.server.jobs import Jobs
from heatcheck.server.wishes import Wishes

log = logging.getLogger("heatcheck.workbench")
KEPT, KEPT_BYTES = 4096, 256 * 2**20  # finished answers, beyond those that sessions look at
ORDERS, ORDERS_BYTES = 1024, 128 * 2**20  # pixel orders: a slider draws the same map many times
SMALL = 1024  # bytes that an answer without arrays is counted for
POINT = 96  # bytes of a curve's point, three numbers
DIED = (
    "The worker process ended before it answered; it may have run out of memory. Reload the "
    "page to try again."
)

PARTS = ("map", "scores")  # of a panel
Key = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Panel:
    """One method's answer for one image, as far as it is there."""

    cell: Cell
    result: CellResult | None
    scores: tuple[Scored, ...] | None

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self.scores is not None


class Workbench:
    """One worker process and the answers it gave. Safe to use from any thread; sessions share
    answers.

    What is asked for stays until it is answered or nobody wishes for it. What is answered is kept
    within bounds, and only what no session looks at goes.
    """

    def __init__(
        self, store: Store, workers: Callable[[], Executor] = worker.local_workers
    ) -> None:
        self._store = store
        self._new_workers = workers
        self._lock = threading.RLock()
        self._jobs: Jobs | None = None
        self._asked: dict[Key, Future[Any]] = {}
        self._answers: Answers[Key, Any] = Answers(KEPT, KEPT_BYTES)
        self._orders: Answers[Key, np.ndarray] = Answers(ORDERS, ORDERS_BYTES)
        self._wishes: Wishes[Key] = Wishes()

    def start(self) -> None:
        """Start the worker process; done early, so that the first click finds it there."""
        with self._lock:
            self._jobs = self._jobs or Jobs(self._new_workers)

    def stop(self) -> None:
        """End the worker process."""
        with self._lock:
            if self._jobs:
                self._jobs.close()
            self._jobs = None

    def frame(self, classifier: str) -> Frame:
        """Into what a classifier's pictures are brought. Raises HeatcheckError where it cannot be
        loaded.
        """
        frame: Frame = self._answered(self._question("frame", worker.frame_of, classifier))
        return frame

    def class_names(self, classifier: str) -> tuple[str, ...]:
        """A classifier's class names."""
        names: tuple[str, ...] = self._answered(
            self._question("names", worker.class_names, classifier)
        )
        return names

    def notes(self, classifier: str) -> tuple[str, ...]:
        """What is said of a classifier since it was loaded, a sentence each."""
        sentences: tuple[str, ...] = self._answered(
            self._question("notes", worker.notes, classifier)
        )
        return sentences

    def why_not(self, classifier: str, *, wait: bool) -> dict[str, str]:
        """The methods that cannot explain a classifier, each with the reason; empty where that is
        not known yet and nobody waits.
        """
        if not wait and self._jobs is None:
            return {}
        asked = self._question("why not", worker.why_not, classifier)
        if not wait and not asked.done():
            return {}
        reasons: dict[str, str] = self._answered(asked)
        return reasons

    def predict(self, session: str, subject: Subject) -> Prediction:
        """The classes the classifier sees in an image; a new image does not wait for what the
        session wished for before.
        """
        key = _prediction_key(subject)
        with self._lock:
            self._settle()
            if key not in self._answers and key not in self._asked:
                self._wish(session, frozenset())
            asked = self._ask(key, worker.predict, subject, question=True, interactive=True)
        prediction: Prediction = self._answered(asked)
        return prediction

    def panels(self, session: str, cells: Sequence[Cell]) -> list[Panel]:
        """What is there of each cell now; asks for what is missing, all maps before the first
        score.

        A session's earlier wishes that nobody shares and that have not begun are dropped.
        """
        keys = [_key(cell) for cell in cells]
        wished = {(part, *key) for key in keys for part in PARTS}
        with self._lock:
            self._forget_failures(wished - self._wishes.of(session))
            self._wish(
                session, frozenset(wished | {_prediction_key(cell.subject) for cell in cells})
            )
            self._settle()
            unknown = [
                cell for key, cell in zip(keys, cells, strict=True) if not self._known("map", key)
            ]
        stored = self._store.results.find_cells(unknown) if unknown else {}
        with self._lock:
            for cell, result in stored.items():
                key = _key(cell)
                self._keep(("map", *key), result)
                self._keep(("scores", *key), result.scores)
            maps = [
                self._ask(("map", *key), worker.make_map, cell)
                for key, cell in zip(keys, cells, strict=True)
            ]
            return [
                self._panel(key, cell, asked)
                for key, cell, asked in zip(keys, cells, maps, strict=True)
            ]

    def places(self, cell: Cell, heat: np.ndarray) -> np.ndarray:
        """Each pixel's place in the curves' order."""
        key = _key(cell)
        with self._lock:
            places = self._orders.get(key)
        if places is None:
            places = pixel_places(heat, cell.method, cell.subject.image_digest, cell.seed)
            with self._lock:
                self._orders.keep(key, places, places.nbytes)
                self._orders.trim()
        return places

    def _panel(self, key: Key, cell: Cell, asked: Future[CellResult]) -> Panel:
        if not asked.done():
            return Panel(cell, None, None)
        if asked.exception():
            return self._lost(cell)
        result = asked.result()
        scores: Future[tuple[Scored, ...]] = self._ask(
            ("scores", *key), worker.score_map, cell, result
        )
        if scores.done() and scores.exception():
            return self._lost(cell)
        return Panel(cell, result, scores.result() if scores.done() else None)

    def _forget_failures(self, fresh: set[Key]) -> None:
        """Ask again for what failed before somebody wished for it."""
        for key in fresh:
            asked = self._asked.get(key)
            if asked and asked.done() and not asked.cancelled() and asked.exception():
                del self._asked[key]

    def _lost(self, cell: Cell) -> Panel:
        """The worker died over this cell. It is not asked again by whoever looks on: only by a page
        that is opened anew, or a method that is chosen anew (`_forget_failures`).
        """
        return Panel(
            cell,
            CellResult(None, error=DIED),
            tuple(Scored(metric, None, DIED) for metric in cell.metrics),
        )

    # -- what is asked for and answered -----------------------------------------------------------

    def _question(self, what: str, work: Callable[..., Any], classifier: str) -> Future[Any]:
        with self._lock:
            self._settle()
            return self._ask((what, classifier), work, classifier, question=True, interactive=True)

    def _answered(self, asked: Future[Any]) -> Any:
        """Wait for an answer. Raises RunProblem where the worker died over it; asked again, a new
        worker answers.
        """
        try:
            return asked.result()
        except Exception as error:
            with self._lock:
                self._asked = {key: other for key, other in self._asked.items() if other != asked}
            if isinstance(error, HeatcheckError):
                raise
            if not isinstance(error, BrokenProcessPool):
                log.exception("a question failed", exc_info=error)
            why = (
                DIED if isinstance(error, BrokenProcessPool) else f"{type(error).__name__}: {error}"
            )
            raise RunProblem(f"Expected an answer from the worker process. {why}") from error

    def _ask(self, key: Key, work: Callable[..., Any], *args: Any, **words: Any) -> Future[Any]:
        if (answer := self._answers.get(key)) is not None:
            return _ready(answer)
        if key not in self._asked:
            self.start()
            assert self._jobs
            self._asked[key] = self._jobs.submit(work, *args, **words)
        return self._asked[key]

    def _known(self, part: str, key: Key) -> bool:
        return (part, *key) in self._answers or (part, *key) in self._asked

    def _settle(self) -> None:
        """Keep what has been answered. A failure stays until somebody is told, unless nobody wishes
        for that panel any more.
        """
        for key, asked in [item for item in self._asked.items() if item[1].done()]:
            if asked.cancelled() or not asked.exception() or self._unwished(key):
                del self._asked[key]
            if not asked.cancelled() and not asked.exception():
                self._keep(key, asked.result())
        self._answers.trim(self._wishes)

    def _unwished(self, key: Key) -> bool:
        return key[0] in PARTS and key not in self._wishes

    def _keep(self, key: Key, answer: Any) -> None:
        self._answers.keep(key, answer, _bytes(answer))

    def _wish(self, session: str, keys: frozenset[Key]) -> None:
        for key in self._wishes.wish(session, keys):
            if key[0] in PARTS and (asked := self._asked.get(key)) and asked.cancel():
                del self._asked[key]


def _key(cell: Cell) -> Key:
    return (
        cell.subject.classifier,
        cell.subject.image_digest,
        cell.subject.fit,
        cell.subject.seen,
        str(cell.class_index),
        cell.method.digest,
        *(metric.digest for metric in cell.metrics),
        str(cell.seed),
    )


def _prediction_key(subject: Subject) -> Key:
    return ("predict", subject.classifier, subject.image_digest, subject.fit, subject.seen)


def _bytes(answer: Any) -> int:
    """About how many bytes an answer takes."""
    if isinstance(answer, CellResult):
        return SMALL + (0 if answer.map is None else answer.map.nbytes) + _bytes(answer.scores)
    curves = [
        scored.score.curve
        for scored in (answer if isinstance(answer, tuple) else ())
        if isinstance(scored, Scored) and scored.score and scored.score.curve
    ]
    return SMALL + sum(POINT * len(curve.fractions) for curve in curves)


def _ready(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future
