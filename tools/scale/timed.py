"""Workers of which is known how long they were at work."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Timed(Executor):
    """Hands jobs on to one worker, and adds up the seconds for which it was at work (`busy`)."""

    count = 1

    def __init__(self, worker: Executor) -> None:
        self._worker = worker
        self.busy = 0.0

    def submit(self, work: Callable[..., Any], /, *args: Any, **words: Any) -> Future[Any]:
        """The worker's answer."""
        answer: Future[Any] = Future()
        self._worker.submit(timed, work, *args, **words).add_done_callback(
            lambda done: self._hand_on(done, answer)
        )
        return answer

    def _hand_on(self, done: Future[Any], answer: Future[Any]) -> None:
        if done.cancelled():
            answer.cancel()
        elif error := done.exception():
            answer.set_exception(error)
        else:
            value, seconds = done.result()
            self.busy += seconds
            answer.set_result(value)


def timed(work: Callable[..., Any], *args: Any, **words: Any) -> tuple[Any, float]:
    """In the worker: the answer of a job, and the seconds that it took."""
    start = time.perf_counter()
    answer = work(*args, **words)
    return answer, time.perf_counter() - start
