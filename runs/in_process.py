"""An executor for models that are in this process: work is done in the thread that asks for its
answer, when it asks.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class InProcess(Executor):
    """No process, no thread, no queue: what is submitted waits until its result is asked for.

    So an interrupt reaches whoever waits, and nothing that is done is lost.
    """

    def submit(self, work: Callable[..., T], /, *args: Any, **words: Any) -> Future[T]:
        """The work's answer, to be computed by `result()`."""
        return _Later(partial(work, *args, **words))


class _Later(Future[T]):
    """An answer that is computed where it is asked for, once."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__()
        self._work = work

    def result(self, timeout: float | None = None) -> T:
        """The answer; what the work raises. There is no time limit: it is computed here."""
        if not self.done():
            try:
                self.set_result(self._work())
            except Exception as error:
                self.set_exception(error)
        return super().result(timeout)
