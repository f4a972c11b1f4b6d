"""How long processes worked on a run, from the spans that the store keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any


def time_of(stored: str | None) -> datetime | None:
    """A moment as the store has it; None where it has none."""
    return datetime.fromisoformat(stored) if stored else None


def worked(row: Any, spans: Sequence[Any]) -> float | None:
    """Seconds of work on a run; of one that was made before there were spans, from its first
    beginning to its last end.
    """
    times = [(span.began_at, span.ended_at) for span in spans] or [(row.began_at, row.ended_at)]
    lasted = [
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
        for start, end in times
        if start and end
    ]
    return sum(lasted) if lasted else None
