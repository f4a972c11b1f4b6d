"""An executor for models that are in this process: work is done in the thread that hands it in."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

T = TypeVar("T")


class InProcess(Executor):
    """No process, no thread, no queue: what is submitted is done before `submit` returns.

    So an interrupt reaches whoever submits. One job at a time is enough (`ahead`): a second would
    delay the keeping of the first.
    """

    count = 1
    ahead = 1

    def submit(self, work: Callable[..., T], /, *args: Any, **words: Any) -> Future[T]:
        """The work's answer, or its error, there already. Raises what is no answer, as Ctrl-C."""
        answer: Future[T] = Future()
        try:
            answer.set_result(work(*args, **words))
        except Exception as error:
            answer.set_exception(error)
        return answer
