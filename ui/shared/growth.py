"""When a page makes anew what it tells of a run that is under way: each time would be to read all
scores again and again, so of a large run it does so at every few per cent more.
"""

from __future__ import annotations

import math

from heatcheck.runs.leases import UNDER_WAY
from heatcheck.runs.records import Run

EACH = 500  # steps up to which each is worth a look
SHARE = 0.05  # more steps, from there on


def stage(run: Run) -> int:
    """A number that changes when it is time to look again. A run that has ended is looked at
    once.
    """
    if run.status not in UNDER_WAY or run.done <= EACH:
        return run.done
    return EACH + 1 + int(math.log(run.done / EACH) / math.log(1 + SHARE))


def in_stages(run: Run) -> bool:
    """Whether the page looks less often than steps are done."""
    return run.status in UNDER_WAY and run.done > EACH


def state(run: Run) -> tuple[object, ...]:
    """What tells what a page may know of a run from what it knew at its last look."""
    failures = 0 if in_stages(run) else run.failures
    return (run.asked_at, run.ended_at, run.status, stage(run), failures)
