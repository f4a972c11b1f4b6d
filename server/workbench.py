"""The workbench: what Compare asks of the worker process. Asks, keeps and hands out; computes
nothing itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from heatcheck.core.errors import HeatcheckError, RunProblem
from heatcheck.inputs.sizes import Frame
from heatcheck.metrics import Metric
from heatcheck.runs import covers, processes, worker
from heatcheck.runs.cells import Cell, CellResult, Prediction, Scored, Subject
from heatcheck.runs.laboratory import Sized
from heatcheck.runs.store import Store
from heatcheck.server.answers import Answers
from heatcheck.server.jobs import Jobs
from heatcheck.server.wishes import Wishes

KEPT, KEPT_BYTES = 4096, 256 * 2**20  # finished answers, beyond those that sessions look at
SMALL = 1024  # bytes that an answer without arrays is counted for
POINT = 96  # bytes of a curve's point, three numbers
DIED = (
    "The worker process ended before it answered; it may have run out of memory. Reload the "
    "page to try again."
)

# of a panel: its map, its scores, and last those that time it again and again
PARTS = ("map", "scores", "costs")
COVERS = "covers"  # what the curves of a picture cover with
WISHED = (*PARTS, COVERS)  # asked for as long as somebody looks
LATE = "cost"  # the family of metrics that come last
Key = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Panel:
    """One method's answer for one image, as far as it is there."""

    cell: Cell
    result: CellResult | None
    scores: tuple[Scored, ...] = ()
    done: bool = False  # whether nothing more will come


class Workbench:
    """One worker process and the answers it gave. Safe to use from any thread; sessions share
    answers.

    What is asked for stays until it is answered or nobody wishes for it. What is answered is kept
    within bounds, and only what no session looks at goes.
    """

    def __init__(
        self, store: Store, workers: Callable[[], Executor] = processes.local_workers
    ) -> None:
        self._store = store
        self._new_workers = workers
        self._lock = threading.RLock()
        self._jobs: Jobs | None = None
        self._asked: dict[Key, Future[Any]] = {}
        self._answers: Answers[Key, Any] = Answers(KEPT, KEPT_BYTES)
        self._wishes: Wishes[Key] = Wishes()

    def warm(self, classifier: str) -> None:
        """Have the worker load a classifier, so that the first click finds it there; waits for it.
        One that cannot be loaded is told to whoever asks for it.
        """
        with suppress(HeatcheckError, CancelledError):
            self.class_names(classifier)

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
        keys = [key_of(cell) for cell in cells]
        wished = {(part, *key) for key in keys for part in PARTS}
        wished |= {(COVERS, *_about(cell.subject)) for cell in cells}
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
                key = key_of(cell)
                self._keep(("map", *key), result)
                for part, late in _parts(cell):
                    of_part = tuple(one for one in result.scores if _is_late(one.metric) == late)
                    self._keep((part, *key), of_part)
            if not wished <= self._wishes.of(session):  # it looks at something else by now
                return [Panel(cell, None) for cell in cells]
            maps = [
                self._ask(("map", *key), worker.make_map, cell)
                for key, cell in zip(keys, cells, strict=True)
            ]
            return [
                self._panel(key, cell, asked)
                for key, cell, asked in zip(keys, cells, maps, strict=True)
            ]

    def covers(self, subject: Subject) -> dict[str, np.ndarray] | None:
        """What takes a pixel's place on each substrate of the standard set, as pictures `[H,W,3]`
        uint8; None while the worker has not said.

        Raises RunProblem where it cannot.
        """
        with self._lock:
            self._settle()
            asked = self._ask((COVERS, *_about(subject)), covers.covers, subject, interactive=True)
        if not asked.done() or asked.cancelled():
            return None
        if error := asked.exception():
            raise RunProblem(_why(error)) from error
        pictures: dict[str, np.ndarray] = asked.result()
        return pictures

    def laboratory(self, work: Callable[..., Any], subject: Subject, *details: Any) -> Any:
        """What a question of `runs/laboratory.py` is answered of an image; waits for it.

        Raises HeatcheckError as the question does, and RunProblem where the worker died over it.
        """
        key = (work.__name__, *_about(subject), *map(str, details))
        with self._lock:
            self._settle()
            asked = self._ask(key, work, subject, *details, question=True, interactive=True)
        return self._answered(asked)

    def _panel(self, key: Key, cell: Cell, asked: Future[CellResult]) -> Panel:
        if not asked.done():
            return Panel(cell, None)
        if asked.exception():
            return Panel(cell, CellResult(None, error=DIED), _lost(cell), True)
        result, done = asked.result(), True
        scores: list[Scored] = []
        for part, late in _parts(cell):
            some = _only(cell, late)
            scored: Future[tuple[Scored, ...]] = self._ask(
                (part, *key), worker.score_map, some, result, late=late
            )
            if scored.done():
                scores += _lost(some) if scored.exception() else scored.result()
            done = done and scored.done()
        return Panel(cell, result, tuple(scores), done)

    def _forget_failures(self, fresh: set[Key]) -> None:
        """Ask again for what failed before somebody wished for it."""
        for key in fresh:
            asked = self._asked.get(key)
            if asked and asked.done() and not asked.cancelled() and asked.exception():
                del self._asked[key]

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
            raise RunProblem(_why(error)) from error

    def _ask(self, key: Key, work: Callable[..., Any], *args: Any, **words: Any) -> Future[Any]:
        """The answer, or what it will be; `question` and `late` as of `Jobs.submit`."""
        if (answer := self._answers.get(key)) is not None:
            return _ready(answer)
        if key not in self._asked:
            self._jobs = self._jobs or Jobs(self._new_workers)
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
        return key[0] in WISHED and key not in self._wishes

    def _keep(self, key: Key, answer: Any) -> None:
        self._answers.keep(key, answer, _bytes(answer))

    def _wish(self, session: str, keys: frozenset[Key]) -> None:
        for key in self._wishes.wish(session, keys):
            if key[0] in WISHED and (asked := self._asked.get(key)) and asked.cancel():
                del self._asked[key]


def _lost(cell: Cell) -> tuple[Scored, ...]:
    """The worker died over these scores. They are not asked for again by whoever looks on: only by
    a page that is opened anew, or a method that is chosen anew (`_forget_failures`).
    """
    return tuple(Scored(metric, None, DIED) for metric in cell.metrics)


def _why(error: BaseException) -> str:
    """Why a question has no answer, for a person."""
    if isinstance(error, BrokenProcessPool):
        return DIED
    if isinstance(error, HeatcheckError):
        return str(error)
    return f"The worker process gave no answer: {type(error).__name__}: {error}"


def _is_late(metric: Metric) -> bool:
    return metric.family == LATE


def _parts(cell: Cell) -> list[tuple[str, bool]]:
    """The parts that a cell's scores come in, and whether each comes late."""
    late = {_is_late(metric) for metric in cell.metrics} or {False}
    return [(part, comes) for part, comes in (("scores", False), ("costs", True)) if comes in late]


def _only(cell: Cell, late: bool) -> Cell:
    """The cell with the metrics that come late, or with the others."""
    return replace(cell, metrics=tuple(one for one in cell.metrics if _is_late(one) == late))


def key_of(cell: Cell) -> Key:
    """What tells a cell from every other."""
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
    return ("predict", *_about(subject))


def _about(subject: Subject) -> Key:
    return (subject.classifier, subject.image_digest, subject.fit, subject.seen)


def _bytes(answer: Any) -> int:
    """About how many bytes an answer takes."""
    if isinstance(answer, dict):  # pictures by name, or sentences
        return SMALL + sum(getattr(one, "nbytes", 0) for one in answer.values())
    if isinstance(answer, Sized):
        return SMALL + answer.nbytes
    if answer and isinstance(answer, tuple) and all(isinstance(one, Sized) for one in answer):
        return sum(map(_bytes, answer))
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
