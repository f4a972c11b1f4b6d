"""What a browser is told of a look: first all, then what has changed, in the end that it is all."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import anyio

from heatcheck.core.errors import StoreProblem
from heatcheck.server import looks
from heatcheck.server.exports import Export
from heatcheck.server.looks import Look, Looks, State

T = TypeVar("T")


def look(state: Callable[[], State], size: int = 1) -> Look:
    return Look(state, lambda: Export({}, {}), size)


def ran(work: Callable[[], Awaitable[T]]) -> T:
    """What work gives, on a thread of its own: this one may have a browser's loop."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(anyio.run, work).result()


def heard(*states: dict[str, Any]) -> list[State]:
    """The news of a look that goes through these states."""
    come: Iterator[dict[str, Any]] = iter(states)

    async def listened() -> list[State]:
        one = look(lambda: next(come))
        return [told async for _, told in looks.news(lambda: one, pause=0)]

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
        one = look(lambda: state)
        return [event async for event in looks.events(lambda: one)]

    *told, end = ran(sent)
    retry, number, one = [line for event in told for line in event.decode().splitlines() if line]
    assert (retry, number) == ("retry: 200", "id: 1")
    assert json.loads(one.removeprefix("data: "))["progress"] == "all\nscored"
    assert end.startswith(b"event: end\n")


def test_an_answer_ends_after_a_while_and_does_not_say_that_it_is_all() -> None:
    async def sent() -> list[bytes]:
        one = look(lambda: {"done": False, "panels": []})
        return [event async for event in looks.events(lambda: one, longest=0)]

    assert not any(one.startswith(b"event: end") for one in ran(sent))


def test_a_browser_that_asks_again_is_told_what_it_has_not_heard() -> None:
    state: dict[str, Any] = {"done": False, "panels": [{"key": "a"}]}
    one = look(lambda: state)

    async def sent(number: str | None) -> list[str]:
        events = [event async for event in looks.events(lambda: one, number, longest=0)]
        return [event.decode() for event in events if b"data" in event]

    def ask(number: str | None) -> list[str]:
        return ran(lambda: sent(number))

    whole = 'data: {"done":false,"panels":[{"key":"a"}]}\n\n'
    assert ask(None) == [f"id: 1\n{whole}"]
    assert ask("1") == []
    state["panels"] = [{"key": "a"}, {"key": "b"}]
    assert ask("1") == ['id: 2\ndata: {"panels":[{"key":"b"}]}\n\n']
    assert "a" in ask("1")[0], "of a number that is not the last nothing is known"


def test_an_error_is_told_and_a_look_that_is_overtaken_ends() -> None:
    def broken() -> State:
        raise StoreProblem("The store is locked.")

    async def sent(find: Callable[[], Look | None]) -> bytes:
        return b"".join([event async for event in looks.events(find)])

    told = ran(lambda: sent(lambda: look(broken)))
    assert b'data: {"progress":"The store is locked."}' in told
    assert b"retry: 5000" in told
    assert b"event: end" not in told
    states = iter(
        [{"done": False, "progress": "1"}, StoreProblem("Gone."), {"done": True, "progress": "1"}]
    )

    def shaky() -> State:
        state = next(states)
        if isinstance(state, StoreProblem):
            raise state
        return state

    one = look(shaky)

    async def heard_again() -> bytes:
        for number in (None, "1"):
            told = b"".join([event async for event in looks.events(lambda: one, number, longest=5)])
        return told

    assert b'"progress":"1"' in ran(heard_again), "the sentence of the error is taken away"
    found = iter([look(lambda: {"done": False, "panels": []})])
    assert b"event: end" in ran(lambda: sent(lambda: next(found, None)))


def test_looks_hold_so_many_bytes_and_the_newest_stays() -> None:
    known = Looks(size=100)
    for session in "abc":
        known.open(session, session, look(lambda: {}, 40))
    assert [known.get(ticket) is None for ticket in "abc"] == [True, False, False]
    known.open("d", "d", look(lambda: {}, 1000))
    assert known.get("d")


def test_a_ticket_is_the_newest_look_of_its_session_and_old_ones_go() -> None:
    known = Looks(count=2)
    states = {ticket: look(lambda: {"done": True}) for ticket in "abcd"}
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
