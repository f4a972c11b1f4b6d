"""An executor without a model: it answers at once in this process, and notes every job."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np

from heatcheck.inputs.images import shown
from heatcheck.inputs.sizes import Frame, Size
from heatcheck.metrics.substrates import STANDARD, members
from heatcheck.runs import covers, worker
from heatcheck.runs.cells import Cell, CellResult, Prediction, Scored

NAMES = ("cat", "dog", "fox")
SIDE = 64  # pixels of the input of a classifier that is none
QUESTIONS: dict[Any, Any] = {
    worker.frame_of: Frame(Size.square(SIDE)),
    worker.class_names: NAMES,
    worker.notes: ("Its weights are cast to *float32*.",),
    worker.why_not: {},
    worker.predict: Prediction((1, 0, 2), (0.7, 0.2, 0.1)),
}


class Counting(Executor):
    """Its maps are planted and its scores fail; while `free` is not set, a job lasts."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, ...]] = []  # what was done: of a cell its image and method too
        self.words: list[dict[str, Any]] = []
        self.free = threading.Event()
        self.free.set()
        self.begun = threading.Semaphore(0)
        self.cells: list[Cell | None] = []  # of each job that scores
        self.deadly: set[str] = set()  # methods, metrics and work over which the worker dies
        self.blank: set[str] = set()  # methods whose maps are blank

    def submit(self, work: Any, /, *args: Any, **words: Any) -> Future[Any]:
        """The answer, there already."""
        about = args[0]
        cell = about if isinstance(about, Cell) else None
        told = (cell.subject.image_digest, cell.method.digest) if cell else (str(about),)
        self.jobs.append((work.__name__, *told))
        self.words.append(words)
        self.cells.append(cell if work is worker.score_map else None)
        self.begun.release()
        self.free.wait(60)
        answer: Future[Any] = Future()
        named = {work.__name__, *({cell.method.name} if cell else ())}
        if cell and work is worker.score_map:
            named |= {metric.name for metric in cell.metrics}
        if named & self.deadly:
            answer.set_exception(BrokenProcessPool())
        elif cell and work is worker.make_map:
            heat = np.full(cell.subject.picture.shape[:2], len(self.jobs), np.float32)
            heat[0, 0] += cell.method.name not in self.blank
            answer.set_result(CellResult(heat))
        elif work is covers.covers:
            answer.set_result(dict.fromkeys(members(STANDARD), shown(about.picture)))
        elif cell:
            answer.set_result(tuple(Scored(metric, None, "planted") for metric in cell.metrics))
        else:
            answer.set_result(QUESTIONS[work])
        return answer
