"""Waiting for what a test looks for."""

from __future__ import annotations

import time
from collections.abc import Callable


def waited(true: Callable[[], bool], seconds: float = 120) -> None:
    """Return once it is true. Raises AssertionError where it is not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
