"""How far a run is, and durations, for people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    done: str  # in steps
    last: str  # what was done last
    seconds_left: float | None

    def __str__(self) -> str:
        left = (
            f", about {said_seconds(self.seconds_left)} left"
            if self.seconds_left is not None
            else ""
        )
        return f"{self.done}; last {self.last}{left}"


def said_seconds(seconds: float) -> str:
    """A duration for people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
