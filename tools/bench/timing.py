"""Timing: one call, and a line of a table of pairs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np


def timed(work: Callable[[int], Any], place: int) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    work(place)
    return 1000 * (time.perf_counter() - start)


def print_row(title: str, peer: str, pairs: np.ndarray) -> None:
    """A line of the table, of `pairs[N,2]`: milliseconds of ours and of the peer."""
    low, median, high = np.percentile(pairs[:, 1] / pairs[:, 0], [25, 50, 75])
    mine, theirs = np.median(pairs, 0)
    print(
        f"| {title} | {peer} | {mine:.1f} | {theirs:.1f} | **{median:.2f}** ({low:.2f} to "
        f"{high:.2f}) |",
        flush=True,
    )
