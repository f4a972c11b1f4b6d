"""Jobs: what a run hands to workers, one at a time; and how each answer is kept.

A job whose worker died twice has an answer too: a failure with the reason, so that the run goes on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from heatcheck.attribution import Method
from heatcheck.core.errors import BadImage, DoesNotApply
from heatcheck.metrics import Metric
from heatcheck.runs import worker
from heatcheck.runs.cells import Cell, CellResult, Scored, Sighted, Subject, Unseen
from heatcheck.runs.experiments import EXPERIMENTS, Finding
from heatcheck.runs.specs import SpecImage
from heatcheck.runs.target_rules import TargetRule
from heatcheck.runs.writing import Writer

DIED = (
    "The worker process ended twice over this step, perhaps for want of memory. Give it more, or "
    "less to do at once, and start the run again with --fresh."
)


class Job(ABC):
    """One piece of work for a worker.

    Attributes:
        steps: how many of the run's steps it is, once it is kept.
        tries: how often a worker died over it.
    """

    steps = 1
    tries = 0

    @property
    @abstractmethod
    def title(self) -> str:
        """What it is, for people."""

    @abstractmethod
    def call(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """A worker's function and what it is given."""

    @abstractmethod
    def lost(self) -> Any:
        """The answer where workers died over it."""

    def failed(self, error: BaseException) -> Any:
        """The answer that an error is. Raises the error where it ends the run."""
        raise error

    @abstractmethod
    def keep(self, writer: Writer, answer: Any) -> None:
        """Write the answer."""


@dataclass(eq=False)
class Sight(Job):
    """Read an image, and find out which class of it is explained.

    Its answer is `Sighted`, or the error for which all cells of the image fail.
    """

    image: SpecImage
    unseen: Unseen | BadImage  # or why its file cannot be read
    rule: TargetRule | None  # None where it is known what is explained
    label: int | None
    described: Callable[[Sighted], dict[str, Any]]  # what is kept of the image
    missing: Mapping[str, Method]  # the cells that are still to be made, by their keys
    metrics: Sequence[Metric]
    steps = 0

    @property
    def title(self) -> str:
        """Which image."""
        return f"the classes of {self.image.name}"

    def call(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """`worker.sight`."""
        return worker.sight, (self.unseen, self.rule, self.label)

    def lost(self) -> BadImage:
        """All cells of the image fail."""
        return BadImage(DIED)

    def failed(self, error: BaseException) -> Any:
        """An image that cannot be read or has no class that is asked for fails alone."""
        if isinstance(error, BadImage | DoesNotApply):
            self.steps = len(self.missing)
            return error
        raise error

    def keep(self, writer: Writer, answer: Any) -> None:
        """The image as the model saw it, or its cells as they failed."""
        if isinstance(answer, Sighted):
            if answer.aim is not None:
                writer.image(self.image, **self.described(answer))
            return
        writer.image(self.image)
        for key, method in self.missing.items():
            writer.cell(self.image, key, _failed(self.metrics, method, str(answer)))


@dataclass(eq=False)
class Visit(Job):
    """The first visit to a cell: its map, and all scores that need nothing else."""

    image: SpecImage
    key: str
    cell: Cell
    keeps_map: bool = True

    @property
    def title(self) -> str:
        """Which cell."""
        return f"{self.cell.method.title} on {self.image.name}"

    def call(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """`worker.run_cell`."""
        return worker.run_cell, (self.cell,)

    def lost(self) -> CellResult:
        """No map, and all scores failed."""
        return _failed(self.cell.metrics, self.cell.method, DIED)

    def keep(self, writer: Writer, answer: CellResult) -> None:
        """The cell with its scores."""
        writer.cell(self.image, self.key, answer if self.keeps_map else replace(answer, map=None))


@dataclass(eq=False)
class Comparison(Job):
    """The second visit to a cell: what compares its map with those of other images."""

    image: SpecImage
    key: str
    cell: Cell
    made: CellResult

    @property
    def title(self) -> str:
        """Which cell."""
        return f"{self.cell.method.title} on {self.image.name}, compared"

    def call(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """`worker.score_map`."""
        return worker.score_map, (self.cell, self.made)

    def lost(self) -> tuple[Scored, ...]:
        """All scores failed."""
        return _failed(self.cell.metrics, self.cell.method, DIED).scores

    def keep(self, writer: Writer, answer: Sequence[Scored]) -> None:
        """The scores."""
        writer.comparison(self.image, self.key, answer)


@dataclass(eq=False)
class Trial(Job):
    """The experiments on a method."""

    key: str
    method: Method
    subject: Subject | None
    class_index: int
    steps = 0

    @property
    def title(self) -> str:
        """Which method."""
        return f"{self.method.title} on small networks"

    def call(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """`worker.try_out`."""
        return worker.try_out, (self.method, self.subject, self.class_index)

    def lost(self) -> tuple[Finding, ...]:
        """None could be made."""
        return tuple(Finding(name, None, DIED) for name in EXPERIMENTS)

    def keep(self, writer: Writer, answer: Sequence[Finding]) -> None:
        """What they gave."""
        writer.findings(self.key, answer)


def _failed(metrics: Sequence[Metric], method: Method, why: str) -> CellResult:
    """A cell of which nothing could be made."""
    said = [metric for metric in metrics if not metric.why_not(method)]
    return CellResult(None, error=why, scores=tuple(Scored(metric, None, why) for metric in said))
