"""Outages: a run waits for a store that does not answer, and does again what it was at. Pages and
commands do not wait: they say at once what is wrong.
"""

from __future__ import annotations

import functools
import inspect
import json
import logging
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa

from heatcheck.core.errors import StoreProblem

log = logging.getLogger("heatcheck.store")
OUTAGE = 30.0  # seconds for which a run waits: what took minutes to compute is worth half a minute
RETRY = 0.5  # seconds between two tries
DAMAGES = (zlib.error, UnicodeDecodeError, json.JSONDecodeError)  # of bytes that we have written
DAMAGED = (
    "The store is damaged: what it keeps of a run is not what was written. Stop what uses it, put "
    "a backup in its place, and take away the files beside it that end in -wal and -shm."
)
T = TypeVar("T")


class Patience:
    """Whether whoever uses a database waits for it: while a run of this process works."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs = 0
        self._here = threading.local()  # `lost`: whether this thread's last try got no answer

    @contextmanager
    def of_a_run(self) -> Iterator[None]:
        """Wait while the block runs."""
        with self._lock:
            self._runs += 1
        try:
            yield
        finally:
            with self._lock:
                self._runs -= 1

    def kept(self, work: Callable[[], T]) -> T | None:
        """What the work gives, done again until the store answers or the outage is too long. After
        one that was too long nothing waits any more, until the store has answered.

        None where it was committed and only the answer was lost.

        Raises:
            StoreProblem: the store does not answer, or what it keeps is damaged.
        """
        begun, unsure = time.monotonic(), False
        lost = getattr(self._here, "lost", False)
        while True:
            try:
                answer = work()
            except sa.exc.IntegrityError:
                if unsure:  # its own rows are there: nobody else has the lease to write them
                    return None
                raise
            except DAMAGES as error:
                raise StoreProblem(DAMAGED) from error
            except StoreProblem as error:
                unsure = unsure or error.unsure
                self._here.lost = bool(self._runs)
                if not self._runs or lost or time.monotonic() - begun > OUTAGE:
                    raise
                self._say(error, begun)
                time.sleep(RETRY)
            else:
                self._here.lost = False
                return answer

    def _say(self, error: StoreProblem, begun: float) -> None:
        if getattr(self._here, "said", None) != begun:
            self._here.said = begun
            log.warning("waiting up to %.0f s for the store: %s", OUTAGE, error)


def patient(kept: type[T]) -> type[T]:
    """A class with a `database`, each public method of which is done again while the store of a
    run does not answer. So each is one transaction, or may be done twice.
    """
    for name, method in list(vars(kept).items()):
        gives = inspect.isgeneratorfunction(inspect.unwrap(method))  # its caller does it again
        if inspect.isfunction(method) and not (gives or name.startswith("_")):
            setattr(kept, name, _again(method))
    return kept


def _again(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def waited(self: Any, /, *args: Any, **words: Any) -> Any:
        return self.database.patience.kept(lambda: method(self, *args, **words))

    return waited
