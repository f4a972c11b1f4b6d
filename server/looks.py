"""Looks: what open pages wait for. A page says once what it looks at; its browser is told what has
come, and nothing that it knows already.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Generic, TypeVar

import anyio

from heatcheck.server.answers import Answers

COUNT = 1024  # looks that are remembered; pages reload where theirs has gone
EARLIER = 16  # tickets of a session that are known to be overtaken
LONGEST = 10.0  # seconds of one answer
PAUSE = 0.25  # seconds between two looks at what has come
State = Mapping[str, Any]  # `done`, and lists of parts, each with its `key`; the rest as it is
T = TypeVar("T")
END = b"event: end\ndata: {}\n\n"


class Looks(Generic[T]):
    """What pages look at, each a way to find it, by a ticket that nobody can guess. Safe to use
    from any thread.
    """

    def __init__(self, count: int = COUNT) -> None:
        self._lock = threading.Lock()
        self._kept: Answers[str, tuple[tuple[str, ...], Callable[[], T]]] = Answers(count, count)

    def open(self, session: str, ticket: str, found: Callable[[], T]) -> None:
        """Remember how a session's look is found, in the place of the one before,
        which held a picture: perhaps somebody's upload.
        """
        with self._lock:
            before = [one for one in self._tickets(session) if one != ticket]
            self._kept.keep(session, ((ticket, *before[:EARLIER]), found), 1)
            self._kept.trim()

    def get(self, ticket: str) -> Callable[[], T] | None:
        """How a look is found; None where the ticket is none, or its session looks at
        something else by now.
        """
        with self._lock:
            for session, (tickets, found) in self._kept.items():
                if tickets[0] == ticket:
                    self._kept.get(session)  # it is still looked at
                    return found
        return None

    def is_overtaken(self, ticket: str) -> bool:
        """Whether its session has looked at something else since: a page on its way there."""
        with self._lock:
            return any(ticket in tickets[1:] for _, (tickets, _) in self._kept.items())

    def _tickets(self, session: str) -> tuple[str, ...]:
        known = self._kept.get(session)
        return known[0] if known else ()


async def news(
    state: Callable[[], State], pause: float = PAUSE, longest: float = LONGEST
) -> AsyncIterator[State]:
    """What has come, until nothing more will or time is up: first all, then what has changed."""
    before: dict[str, Any] = {}
    until = time.monotonic() + longest
    while True:
        now = await anyio.to_thread.run_sync(state)
        changed = _changed(before, now)
        if changed:
            yield changed
        if now["done"] or time.monotonic() > until:
            return
        before = dict(now)
        await anyio.sleep(pause)


def _changed(before: Mapping[str, Any], now: State) -> dict[str, Any]:
    """The entries that are others than before; of a list of parts those parts alone."""
    changed: dict[str, Any] = {}
    for name, value in now.items():
        if isinstance(value, list):
            known = {part["key"]: part for part in before.get(name, ())}
            value = [part for part in value if part != known.get(part["key"])]
            if value:
                changed[name] = value
        elif name not in before or before[name] != value:
            changed[name] = value
    return changed


async def events(
    state: Callable[[], State] | None, longest: float = LONGEST
) -> AsyncIterator[bytes]:
    """The news of a look as server-sent events; `end` is the last, and all of a look without a
    state. After so many seconds the answer
    ends without it, so that a server that stops waits for nobody: the browser asks again.
    """
    yield b"retry: 200\n\n"
    if state is None:
        yield END
        return
    done = False
    async for told in news(state, longest=longest):
        done = told.get("done", done)
        yield f"data: {json.dumps(told, separators=(',', ':'))}\n\n".encode()
    if done:
        yield END
