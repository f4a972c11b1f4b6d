"""The device's lock: one torch step at a time on this machine, and a click goes before a run's next step.

Two torch processes that both spin for their cores slow each other many times over, so they take turns. File locks, released by the
operating system when a process dies.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

POLL = 0.005  # seconds between two looks at a taken lock


@contextmanager
def turn(*, interactive: bool = False, folder: Path | None = None) -> Iterator[None]:
    """Hold the device for one step (one attribution, one metric).

    A run passes the gate only while no click holds it; a click keeps the gate from before it waits for the device until it is done.
    So the click that holds the gate waits for one step at most. File locks have no queue: several clicks take the gate in any order.
    """
    folder = folder or user_cache_path("heatcheck", ensure_exists=True)
    gate = FileLock(folder / "gate.lock", poll_interval=POLL)
    device = FileLock(folder / "device.lock", poll_interval=POLL)
    gate.acquire()
    try:
        device.acquire()
        try:
            if not interactive:
                gate.release()
            yield
        finally:
            device.release()
    finally:
        if interactive:
            gate.release()
