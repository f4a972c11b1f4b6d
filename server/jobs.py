"""Jobs: work for the worker process, one at a time, questions first; what was asked for and has not
begun can be taken back.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import Any

from heatcheck.core.errors import HeatcheckError

log = logging.getLogger("heatcheck.workbench")


@dataclass(order=True)
class Job:
    """One piece of work: questions first, what may come late last, each in the order of arrival."""

    rank: int
    arrival: int
    work: Callable[[], Any] = field(compare=False)
    args: tuple[Any, ...] = field(compare=False)
    words: dict[str, Any] = field(compare=False)
    answer: Future[Any] = field(compare=False)


class Jobs:
    """A queue in front of an executor. Safe to use from any thread.

    The executor has one job at a time. So a worker that dies takes no other job with it, and
    `answer.cancel()` takes back whatever has not begun.
    """

    def __init__(self, workers: Callable[[], Executor]) -> None:
        self._new_workers = workers
        self._workers = workers()
        self._arrivals = itertools.count()
        self._waiting: list[Job] = []
        self._changed = threading.Condition()
        self._open = True
        threading.Thread(target=self._serve, name="jobs", daemon=True).start()

    def submit(
        self,
        work: Callable[..., Any],
        *args: Any,
        question: bool = False,
        late: bool = False,
        **words: Any,
    ) -> Future[Any]:
        """The work's answer to come; a question goes before all that is none, and what may come
        late behind it.
        """
        answer: Future[Any] = Future()
        with self._changed:
            job = Job(late - question, next(self._arrivals), work, args, words, answer)
            heapq.heappush(self._waiting, job)
            self._changed.notify()
        return answer

    def close(self) -> None:
        """Take back what has not begun, and end the worker after the job it is at."""
        with self._changed:
            self._open = False
            for job in self._waiting:
                job.answer.cancel()
            self._changed.notify()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _serve(self) -> None:
        while job := self._next():
            if not job.answer.set_running_or_notify_cancel():
                continue
            try:
                value = self._done(job)
            except BaseException as error:  # whoever waits for the answer is told
                if not isinstance(error, (HeatcheckError, BrokenProcessPool)):
                    log.error("a question failed", exc_info=error)
                job.answer.set_exception(error)
            else:
                job.answer.set_result(value)
            del job  # it may hold a picture

    def _next(self) -> Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._open)
            return heapq.heappop(self._waiting) if self._open else None

    def _done(self, job: Job) -> Any:
        try:
            running = self._workers.submit(job.work, *job.args, **job.words)
        except BrokenProcessPool:  # the worker died over the job before; a new one takes over
            self._workers = self._new_workers()
            running = self._workers.submit(job.work, *job.args, **job.words)
        return running.result()
