"""An executor of many workers that compute nothing: each answers with a planted result after a
time, so that what is left is the driver.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Simulated(Executor):
    """Workers that take `seconds` for each job of `planned`, and do all else at once here.

    Args:
        count: how many workers.
        seconds: that each job takes.
        planned: the answer of a job from its arguments, by the worker's function.
    """

    def __init__(
        self, count: int, seconds: float, planned: dict[Callable[..., Any], Callable[..., Any]]
    ) -> None:
        self.count, self._seconds, self._planned = count, seconds, planned
        self.busy = 0.0  # seconds of workers at work, in all
        self.jobs = 0
        self.began: float | None = None  # the first of these jobs
        self.ended = 0.0
        self._lock = threading.Condition()
        self._waiting: deque[tuple[Future[Any], Any]] = deque()
        self._running: list[tuple[float, int, Future[Any], Any]] = []
        threading.Thread(target=self._tick, daemon=True).start()

    def submit(self, work: Callable[..., Any], /, *args: Any, **words: Any) -> Future[Any]:
        """The planned answer, later; of what is not planned the real one, now."""
        answer: Future[Any] = Future()
        if work not in self._planned:
            answer.set_result(work(*args, **words))
            return answer
        value = self._planned[work](*args)
        with self._lock:
            self._waiting.append((answer, value))
            self._lock.notify()
        return answer

    @property
    def share(self) -> float:
        """How much of the time the workers were at work, from the first job to the last."""
        assert self.began is not None
        return self.busy / (self.count * (self.ended - self.began))

    def _tick(self) -> None:
        while True:
            with self._lock:
                now = time.monotonic()
                while self._waiting and len(self._running) < self.count:
                    answer, value = self._waiting.popleft()
                    self.began = self.began or now
                    self.jobs += 1
                    heapq.heappush(self._running, (now + self._seconds, self.jobs, answer, value))
                if not self._running:
                    self._lock.wait()
                    continue
                due = self._running[0][0]
                if due > now:
                    self._lock.wait(min(due - now, 0.005))
                    continue
                ready = []
                while self._running and self._running[0][0] <= now:
                    ready.append(heapq.heappop(self._running))
                    self.busy += self._seconds
                self.ended = now
            for _, _, answer, value in ready:
                answer.set_result(value)
