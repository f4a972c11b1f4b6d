"""Looks: what open pages wait for. A page says once what it looks at; its browser is told what has
come, and nothing that it knows already.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio

from heatcheck.core.errors import HeatcheckError
from heatcheck.server.answers import Answers
from heatcheck.server.exports import Export

COUNT, BYTES = 1024, 256 * 2**20  # looks that are remembered; pages reload where theirs has gone
EARLIER = 16  # tickets of a session that are known to be overtaken
LONGEST = 10.0  # seconds of one answer
PAUSE = 0.25  # seconds between two looks at what has come
AGAIN, LATER = 200, 5000  # milliseconds until a browser asks again, and after an error
State = Mapping[str, Any]  # `done`, and lists of parts, each with its `key`; the rest as it is
END = b"event: end\ndata: {}\n\n"


@dataclass(eq=False)
class Look:
    """What a page looks at: what has come of it by now, its maps as files, and the bytes that it
    holds. `told` is what a browser was told last, and `number` counts how often.
    """

    state: Callable[[], State]
    export: Callable[[], Export]
    size: int
    told: State = field(default_factory=dict)
    number: int = 0

    def since(self, number: str | None) -> State:
        """What a browser knows that heard of this number last; nothing where that is not known."""
        return self.told if number == str(self.number) else {}


class Looks:
    """What pages look at, each by a ticket that nobody can guess. Safe to use from any thread."""

    def __init__(self, count: int = COUNT, size: int = BYTES) -> None:
        self._lock = threading.Lock()
        self._kept: Answers[str, tuple[tuple[str, ...], Look]] = Answers(count, size)

    def open(self, session: str, ticket: str, look: Look) -> None:
        """Remember a session's look, in the place of the one before, which held a picture: perhaps
        somebody's upload. The same ticket is the same look.
        """
        with self._lock:
            known = self._kept.get(session)
            before = known[0] if known else ()
            if known and before[0] == ticket:
                return
            tickets = (ticket, *[one for one in before if one != ticket][:EARLIER])
            self._kept.keep(session, (tickets, look), look.size)
            self._kept.trim((session,))

    def get(self, ticket: str) -> Look | None:
        """A look; None where the ticket is none, or its session looks at something else by now."""
        with self._lock:
            for session, (tickets, look) in self._kept.items():
                if tickets[0] == ticket:
                    self._kept.get(session)  # it is still looked at
                    return look
        return None

    def is_overtaken(self, ticket: str) -> bool:
        """Whether its session has looked at something else since: a page on its way there."""
        with self._lock:
            return any(ticket in tickets[1:] for _, (tickets, _) in self._kept.items())


async def news(
    find: Callable[[], Look | None],
    number: str | None = None,
    pause: float = PAUSE,
    longest: float = LONGEST,
) -> AsyncIterator[tuple[int, State]]:
    """What has come of a look, numbered: first all that is not known to a browser that heard of
    `number` last, then what has changed. Until nothing more will come, its session looks at
    something else, or time is up.
    """
    until = time.monotonic() + longest
    before: State | None = None
    while look := find():
        if before is None:
            before = look.since(number)
        now = await anyio.to_thread.run_sync(look.state)
        changed = _changed(before, now)
        if changed:
            look.number, look.told = look.number + 1, dict(now)
            yield look.number, changed
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
    find: Callable[[], Look | None], number: str | None = None, longest: float = LONGEST
) -> AsyncIterator[bytes]:
    """The news of a look as server-sent events; `end` is the last where nothing more will come, and
    all where there is no look. After so many seconds the answer ends without it, so that a server
    that stops waits for nobody: the browser asks again, and says what it has heard.
    """
    yield _retry(AGAIN)
    done = False
    try:
        async for place, told in news(find, number, longest=longest):
            done = told.get("done", done)
            yield f"id: {place}\n".encode() + _data(told)
    except HeatcheckError as error:  # the store is locked, full or gone
        if look := find():
            look.told = {}  # the next answer tells all, and so takes this sentence away
        yield _retry(LATER) + _data({"progress": str(error)})
        return
    if done or not find():
        yield END


def _retry(milliseconds: int) -> bytes:
    return f"retry: {milliseconds}\n\n".encode()


def _data(told: State) -> bytes:
    return f"data: {json.dumps(told, separators=(',', ':'))}\n\n".encode()
