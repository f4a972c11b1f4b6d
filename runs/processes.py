"""Worker processes: how they are started and ended. What they compute with they import themselves;
here nothing is imported that takes time.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.queues import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

# Read when a process starts. With `inputs/speed_ups.py` what the C library reads makes forward
# passes about four times as fast; Python does not take its first modules from the working folder.
WORKER_ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20),
    "PYTHONSAFEPATH": "1",
}


_EARLY: list[ProcessPoolExecutor] = []  # of one worker each


def start_early(classifier: str) -> None:
    """Start the worker that `local_workers` gives next, and have it load a classifier (the default
    where none is named), while this process has its own seconds of imports before it.
    """
    lane = _lane(0, 1)
    lane.submit(_load, classifier)
    _EARLY.append(lane)


def _load(classifier: str) -> None:
    from heatcheck.core.errors import HeatcheckError
    from heatcheck.inputs.classifiers import DEFAULT
    from heatcheck.runs import worker

    with suppress(HeatcheckError):  # whoever asks for it is told
        worker.class_names(classifier or DEFAULT)


def local_workers(count: int = 1) -> Workers:
    """Worker processes on this machine, started with the allocator's settings; they end with their
    parent. Several divide the cores among them, and have a graphics card each where there are
    several.
    """
    early = _EARLY.pop() if count == 1 and _EARLY else None
    return Workers(count, early)


class WorkerDied(BrokenProcessPool):
    """The process that was at a job ended before it answered."""


class Workers(Executor):
    """Worker processes with one job each; what is submitted beyond that waits here. Safe to use
    from any thread.

    A process that dies fails the job that it was at, with WorkerDied, and no other; a new one takes
    its place.
    """

    def __init__(self, count: int, first: ProcessPoolExecutor | None = None) -> None:
        self.count = count
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._lanes = [
            first or _lane(0, count),
            *(_lane(place, count) for place in range(1, count)),
        ]
        self._free = deque(range(count))
        self._open = True

    def submit(self, work: Callable[..., T], /, *args: Any, **words: Any) -> Future[T]:
        """The work's answer to come. Raises RuntimeError after the end."""
        answer: Future[T] = Future()
        with self._lock:
            if not self._open:
                raise RuntimeError("these workers have been ended")
            self._waiting.append((answer, partial(work, *args, **words)))
        self._hand_out()
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes after the jobs that they are at; those that wait are done first, unless
        they are cancelled.
        """
        with self._lock:
            self._open = False
            waiting = [answer for answer, _ in self._waiting]
            if cancel_futures:
                self._waiting.clear()
        for answer in waiting:
            if cancel_futures:
                answer.cancel()
            elif wait:
                with suppress(BaseException):
                    answer.exception()
        for lane in self._lanes:
            lane.shutdown(wait, cancel_futures=cancel_futures)

    def _hand_out(self) -> None:
        """Give what waits to the processes that are free."""
        while True:
            with self._lock:
                if not (self._waiting and self._free):
                    return
                answer, work = self._waiting.popleft()
                if not answer.set_running_or_notify_cancel():
                    continue
                place = self._free.popleft()
                try:
                    inner = self._lanes[place].submit(work)
                except BrokenProcessPool:  # it died while it had nothing to do
                    self._lanes[place] = _lane(place, self.count)
                    inner = self._lanes[place].submit(work)
            inner.add_done_callback(partial(self._ended, place, answer))

    def _ended(self, place: int, answer: Future[Any], inner: Future[Any]) -> None:
        error = None if inner.cancelled() else inner.exception()
        with self._lock:
            if isinstance(error, BrokenProcessPool):
                error = WorkerDied("a worker process ended before it answered")
                if self._open:
                    self._lanes[place] = _lane(place, self.count)
            self._free.append(place)
        self._hand_out()  # before the answer is looked at: the process does not wait for that
        if error is not None:
            answer.set_exception(error)
        elif inner.cancelled():
            answer.set_exception(WorkerDied("the workers were ended"))
        else:
            answer.set_result(inner.result())


def _lane(place: int, count: int) -> ProcessPoolExecutor:
    """One worker process, which starts when it gets its first job."""
    from heatcheck.runs import device_lock

    os.environ.update(
        {key: value for key, value in WORKER_ENVIRONMENT.items() if key not in os.environ}
    )
    handed = {device_lock.LOCKS: str(device_lock.root())}
    if count > 1:
        handed[device_lock.SLOT] = str(place)
        handed["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS") or str(
            max(1, (os.cpu_count() or 1) // count)
        )
    arguments = (os.getpid(), handed, place if count > 1 else None)
    return ProcessPoolExecutor(1, _Spawning(), initializer=_start_worker, initargs=arguments)


class _Process(SpawnProcess):
    """A process that is born with SIGINT blocked: Ctrl-C while it imports prints no traceback.

    It alone holds the end of the pipe through which it answers. So whoever reads half an answer of
    a process that has died sees the pipe's end, and does not wait for the other half for ever.
    """

    def start(self) -> None:
        given = self._args  # type: ignore[attr-defined]
        pipes = [one for one in given if isinstance(one, SimpleQueue)]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for answers in pipes:
            answers._writer.close()  # type: ignore[attr-defined]


class _Spawning(SpawnContext):
    """Processes of this kind, one to a pool: the next one could not answer."""

    Process = _Process


def end_at_once() -> None:
    """End the worker processes of this process without waiting for what they do."""
    _EARLY.clear()
    for process in multiprocessing.active_children():
        process.kill()


def _start_worker(parent: int, handed: dict[str, str], place: int | None) -> None:
    os.environ.update(handed)
    if place is not None:
        from heatcheck.inputs import devices

        devices.divide(place)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # from here on Ctrl-C ends it, without a word
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
