"""Wishes: what each session waits for or looks at now. A session that is not heard of for a while
is gone, and its wishes with it.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

# Seconds without a word after which a session is gone. A tab in sight that waits is heard several
# times a second, and browsers let a hidden one ask once a minute. One that has all is silent.
SILENCE = 150.0


class Wishes(Generic[K]):
    """Which keys are wished for, by however many sessions."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._of: OrderedDict[str, tuple[float, frozenset[K]]] = OrderedDict()  # heard last: last
        self._counts: Counter[K] = Counter()

    def __contains__(self, key: object) -> bool:
        return key in self._counts

    def of(self, session: str) -> frozenset[K]:
        """What a session wishes for now."""
        return self._of.get(session, (0.0, frozenset()))[1]

    def wish(self, session: str, keys: frozenset[K]) -> set[K]:
        """From now on the session wishes for these keys alone. The keys that nobody wishes for any
        more, those of sessions that are gone among them.
        """
        gone = self._replace(session, keys)
        self._of[session] = (self._clock(), keys)
        while (first := next(iter(self._of))) != session and self._silent(first):
            gone |= self._replace(first, frozenset())
        return {key for key in gone if key not in self._counts}

    def _replace(self, session: str, keys: frozenset[K]) -> set[K]:
        _, before = self._of.pop(session, (0.0, frozenset()))
        self._counts.update(keys - before)
        gone = set()
        for key in before - keys:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]
                gone.add(key)
        return gone

    def _silent(self, session: str) -> bool:
        return self._clock() - self._of[session][0] > SILENCE
