"""Worker processes: how they are started and ended. What they compute with they import themselves;
here nothing is imported that takes time.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.context import SpawnContext, SpawnProcess

# Read when a process starts. With `inputs/speed_ups.py` what the C library reads makes forward
# passes about four times as fast; Python does not take its first modules from the working folder.
WORKER_ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20),
    "PYTHONSAFEPATH": "1",
}


_EARLY: list[Executor] = []  # of one worker each


def start_early(classifier: str) -> None:
    """Start the worker that `local_workers` gives next, and have it load a classifier (the default
    where none is named), while this process has its own seconds of imports before it.
    """
    workers = _started(1)
    workers.submit(_load, classifier)
    _EARLY.append(workers)


def _load(classifier: str) -> None:
    from heatcheck.core.errors import HeatcheckError
    from heatcheck.inputs.classifiers import DEFAULT
    from heatcheck.runs import worker

    with suppress(HeatcheckError):  # whoever asks for it is told
        worker.class_names(classifier or DEFAULT)


def local_workers(count: int = 1) -> Executor:
    """Worker processes on this machine, started with the allocator's settings; they end with their
    parent.
    """
    return _EARLY.pop() if count == 1 and _EARLY else _started(count)


def _started(count: int) -> Executor:
    os.environ.update(
        {key: value for key, value in WORKER_ENVIRONMENT.items() if key not in os.environ}
    )
    return ProcessPoolExecutor(
        count, _Spawning(), initializer=_start_worker, initargs=(os.getpid(),)
    )


class _Process(SpawnProcess):
    """A process that is born with SIGINT blocked: Ctrl-C while it imports prints no traceback."""

    def start(self) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Spawning(SpawnContext):
    Process = _Process


def end_at_once() -> None:
    """End the worker processes of this process without waiting for what they do."""
    _EARLY.clear()
    for process in multiprocessing.active_children():
        process.kill()


def _start_worker(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # from here on Ctrl-C ends it, without a word
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
