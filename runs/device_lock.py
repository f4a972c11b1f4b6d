"""The device's lock: clicks go before a run's next step, and what computes on one device takes
turns.

Two torch processes that both spin for their cores slow each other many times over. So a worker that
uses a whole device takes all of its slots for a step (one attribution, one metric); workers of a
run that divide the device among them have a slot each and do not wait for each other. Slots are
file locks, released by the operating system when a process dies.

Where the locks are is handed to a worker by whoever starts it (HEATCHECK_LOCKS); they are kept by
host and device. A worker that has a device to itself (HEATCHECK_DEVICE_ALONE=1) takes none.
"""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock

from heatcheck.core.errors import RunProblem

POLL = 0.005  # seconds between two looks at a taken lock
# seconds for which the gate stays shut behind a click: the next panel of the same page comes within
# them
GRACE = 0.5
LOCKS = "HEATCHECK_LOCKS"  # the folder of the locks
ALONE = "HEATCHECK_DEVICE_ALONE"  # 1: nobody else computes on this worker's device
SLOT = "HEATCHECK_DEVICE_SLOT"  # which slot is this worker's, of those that divide a device

_mutex = threading.Lock()
_shut: dict[
    Path, tuple[FileLock, threading.Timer]
] = {}  # gates that are still held behind a click of this process


def root() -> Path:
    """The folder of the locks: the one that was handed over, or this user's on this host.

    Raises:
        RunProblem: it is another user's, who could hold this one's work up.
    """
    if handed := os.environ.get(LOCKS):
        folder = Path(handed)
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    folder = Path(tempfile.gettempdir()) / f"heatcheck-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.is_symlink():
        raise RunProblem(
            f"Expected a folder of yours for the locks of devices at {folder}. It is another "
            f"user's. Name a folder of yours in {LOCKS}."
        )
    return folder


def device_folder(device: str, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of one device's locks on this host; made where it is not there.

    Args:
        device: as torch names it, `cpu` or `cuda:1`.
        environment: what may hide cards, so that the first that is seen is another.
    """
    kind, _, index = device.partition(":")
    visible = environment.get("CUDA_VISIBLE_DEVICES", "")
    if kind == "cuda":
        cards = visible.split(",") if visible else []
        place = int(index or 0)
        index = cards[place] if place < len(cards) else str(place)
    name = "-".join(filter(None, (socket.gethostname(), kind, index))).replace("/", "_")
    folder = root() / name
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def turn(*, interactive: bool = False, folder: Path | None = None) -> Iterator[None]:
    """Hold the device, or this worker's slot of it, for one step (one attribution, one metric).

    A run's step passes the gate, takes the device and leaves the gate open behind it. A click's
    step keeps the gate, and for `GRACE` seconds after it, so that all panels of a page come before
    the run's next step. A click that finds a run's step on the device waits for that one.
    """
    if os.environ.get(ALONE) == "1":
        yield
        return
    folder = folder or _folder_here()
    gate = _enter(folder)
    try:
        with ExitStack() as held:
            for slot in _slots(folder):
                held.enter_context(FileLock(slot, poll_interval=POLL))
            if not interactive:
                gate.release()
            yield
    finally:
        if interactive:
            _leave(folder, gate)
        else:
            gate.release()  # where the device could not be taken; a second release does nothing


def _folder_here() -> Path:
    from heatcheck.inputs import devices

    return device_folder(str(devices.device()))


def _slots(folder: Path) -> list[Path]:
    """The slots that a step takes: this worker's own, or all that there are."""
    if own := os.environ.get(SLOT):
        return [folder / f"slot-{own}.lock"]
    return sorted({folder / "slot-0.lock", *folder.glob("slot-*.lock")})


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
