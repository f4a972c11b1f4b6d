"""Standings of runs that are under way, for whoever watches: made anew only when something new was
committed, and so rarely that watching costs a run next to nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from heatcheck.answer.leaderboard import Board, board
from heatcheck.answer.summary import Summary
from heatcheck.runs.records import Run
from heatcheck.runs.store import Store

LEAST, LARGE_LEAST = 5.0, 30.0  # seconds between two looks at a run, and at a large one
LARGE = 200  # images above which a run is large
SHARE = 20.0  # a look that took a second is good for so many
KEPT = 8  # runs


@dataclass(frozen=True, eq=False)
class SoFar:
    """The Leaderboard's summary table of what a run has measured by now, the images on which all
    methods are measured, and all images of the run.
    """

    board: Board
    complete: int
    images: int

    @property
    def words(self) -> str:
        """From how many images it is."""
        count = f"{self.complete:,} of {self.images:,} image{'' if self.images == 1 else 's'}"
        return (
            f"So far, from {count}; intervals are of these images alone and will move."
            if self.complete
            else f"So far, no image is measured by all methods ({self.images:,} in all); these "
            "numbers say nothing yet."
        )


@dataclass(frozen=True, eq=False)
class _Look:
    """What was seen, of how many steps, when, and in how many seconds."""

    seen: SoFar
    done: int
    at: float
    took: float

    def good(self, run: Run, now: float) -> bool:
        """Whether it still serves."""
        least = LARGE_LEAST if len(run.spec.images) > LARGE else LEAST
        return self.done == run.done or now < self.at + max(least, SHARE * self.took)


class Standings:
    """The last look at each run that is watched. Safe to use from any thread."""

    def __init__(
        self, read: Callable[[Run], SoFar], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._looks: dict[tuple[str, str], _Look] = {}

    def of(self, run: Run) -> SoFar:
        """The run's standings, perhaps of some seconds ago; however many watch, one looks."""
        key = (run.id, run.asked_at.isoformat())
        with self._lock:
            look = self._looks.pop(key, None)
            if look is None or not look.good(run, self._clock()):
                began = self._clock()
                seen = self._read(run)
                now = self._clock()
                look = _Look(seen, run.done, now, now - began)
            self._looks[key] = look
            for old in list(self._looks)[:-KEPT]:
                del self._looks[old]
        return look.seen


def so_far(store: Store, run: Run) -> SoFar:
    """A look at a run: the same summary table as the Leaderboard's."""
    summary = Summary.of_run(store, run.id)
    table = summary.scores.table
    methods = table.groupby("image")["method"].nunique()
    complete = int((methods == len(run.spec.methods)).sum())
    return SoFar(board(summary), complete, len(run.spec.images))
