"""The device's lock: one torch step at a time on this machine, and clicks go before a run's next
step.

Two torch processes that both spin for their cores slow each other many times over, so they take
turns. File locks, released by the operating system when a process dies.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

POLL = 0.005  # seconds between two looks at a taken lock
# seconds for which the gate stays shut behind a click: the next panel of the same page comes within
# them
GRACE = 0.5

_mutex = threading.Lock()
_shut: dict[
    Path, tuple[FileLock, threading.Timer]
] = {}  # gates that are still held behind a click of this process


@contextmanager
def turn(*, interactive: bool = False, folder: Path | None = None) -> Iterator[None]:
    """Hold the device for one step (one attribution, one metric).

    A run's step passes the gate, takes the device and leaves the gate open behind it. A click's
    step keeps the gate, and for `GRACE` seconds after it, so that all panels of a page come before
    the run's next step. A click that finds a run's step on the device waits for that one.
    """
    folder = folder or user_cache_path("heatcheck", ensure_exists=True)
    gate = _enter(folder)
    device = FileLock(folder / "device.lock", poll_interval=POLL)
    try:
        with device:
            if not interactive:
                gate.release()
            yield
    finally:
        if interactive:
            _leave(folder, gate)
        else:
            gate.release()  # where the device could not be taken; a second release does nothing


def _enter(folder: Path) -> FileLock:
    with _mutex:
        if folder in _shut:
            gate, timer = _shut.pop(folder)
            timer.cancel()
            return gate
    gate = FileLock(folder / "gate.lock", poll_interval=POLL, thread_local=False)
    gate.acquire()
    return gate


def _leave(folder: Path, gate: FileLock) -> None:
    def open_it() -> None:
        with _mutex:
            if folder not in _shut or _shut[folder][0] is not gate:
                return  # another click has taken it over
            del _shut[folder]
        gate.release()

    timer = threading.Timer(GRACE, open_it)
    timer.daemon = True
    with _mutex:
        _shut[folder] = (gate, timer)
    timer.start()
