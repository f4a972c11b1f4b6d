"""What a browser is told of a look: first all, then what has changed, in the end that it is all."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import anyio

from heatcheck.server import looks
from heatcheck.server.looks import Looks, State

T = TypeVar("T")


def ran(work: Callable[[], Awaitable[T]]) -> T:
    """What work gives, on a thread of its own: this one may have a browser's loop."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(anyio.run, work).result()


def heard(*states: dict[str, Any]) -> list[State]:
    """The news of a look that goes through these states."""
    come: Iterator[dict[str, Any]] = iter(states)

    async def listened() -> list[State]:
        return [told async for told in looks.news(lambda: next(come), pause=0)]

    return ran(listened)


def test_only_what_has_changed_is_told() -> None:
    a, b, scored = {"key": "a", "lines": 0}, {"key": "b", "lines": 0}, {"key": "b", "lines": 1}
    told = heard(
        {"done": False, "progress": "0", "panels": [a]},
        {"done": False, "progress": "0", "panels": [a]},
        {"done": False, "progress": "1", "panels": [a, b]},
        {"done": True, "progress": "2", "panels": [a, scored]},
        {"done": True, "progress": "never asked", "panels": []},
    )
    assert told == [
        {"done": False, "progress": "0", "panels": [a]},
        {"progress": "1", "panels": [b]},
        {"done": True, "progress": "2", "panels": [scored]},
    ]


def test_the_last_event_says_that_it_is_the_last() -> None:
    async def sent() -> list[bytes]:
        state = {"done": True, "panels": [], "progress": "all\nscored"}
        return [one async for one in looks.events(lambda: state)]

    *told, end = ran(sent)
    retry, one = [line for event in told for line in event.decode().splitlines() if line]
    assert retry == "retry: 200"
    assert json.loads(one.removeprefix("data: "))["progress"] == "all\nscored"
    assert end.startswith(b"event: end\n")


def test_an_answer_ends_after_a_while_and_does_not_say_that_it_is_all() -> None:
    async def sent() -> list[bytes]:
        state = {"done": False, "panels": []}
        return [one async for one in looks.events(lambda: state, longest=0)]

    assert not any(one.startswith(b"event: end") for one in ran(sent))


def test_a_ticket_is_the_newest_look_of_its_session_and_old_ones_go() -> None:
    known = Looks(count=2)
    states = {ticket: lambda ticket=ticket: {"done": True, "of": ticket} for ticket in "abcd"}
    known.open("one", "a", states["a"])
    known.open("one", "b", states["b"])
    assert known.get("a") is None  # its picture is let go
    assert [known.is_overtaken(ticket) for ticket in "abc"] == [True, False, False]
    assert known.get("b") is states["b"]
    known.open("two", "c", states["c"])
    assert known.get("b") is states["b"]  # looked at after that of two
    known.open("three", "d", states["d"])
    assert known.get("c") is None
    assert known.get("b") is states["b"]
    assert known.get("none") is None
