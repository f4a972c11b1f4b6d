"""Who lends whom a map: found as soon as it is known, and let go once nobody asks for it."""

from __future__ import annotations

import itertools
import random

import pytest

from heatcheck.runs.partners import Partners

KEY = "method"


def by_hand(
    names: list[str], samples: dict[str, str], wanted: int, lends: dict[str, bool], name: str
) -> tuple[list[str], list[str]]:
    """The partners of an image, and all whose maps are looked at for them."""
    here = names.index(name)
    met, found, looked = {samples[name]}, [], []
    for other in (*names[here + 1 :], *names[:here]):
        if len(found) == wanted:
            break
        looked.append(other)
        if samples[other] not in met and lends[other]:
            met.add(samples[other])
            found.append(other)
    return found, looked


@pytest.mark.parametrize("seed", range(30))
def test_partners_are_known_at_once_and_maps_go_when_nobody_asks(seed: int) -> None:
    draws = random.Random(seed)
    names = [f"i{number}" for number in range(draws.randint(1, 12))]
    wanted = draws.randint(1, 3)
    samples = {name: f"s{draws.randrange(max(1, len(names) // 2))}" for name in names}
    if seed % 2:
        samples = {name: name for name in names}
    lends = {name: draws.random() < 0.7 for name in names}
    visited: set[str] = set()
    partners = Partners(
        names, samples, wanted, lambda name, key: lends[name] if name in visited else None
    )
    told: set[str] = set()
    compared: set[str] = set()
    freed: set[str] = set()
    order = draws.sample(names, len(names))
    for name in order:
        visited.add(name)
        ready = partners.visited(name, KEY)
        assert not told & set(ready)
        told |= set(ready)
        for one in visited:
            _, looked = by_hand(names, samples, wanted, lends, one)
            others = {other for other in looked if samples[other] != samples[one]}
            assert (one in told) == (others <= visited) or one in told
            if one in told:
                assert partners.of(one, KEY) == by_hand(names, samples, wanted, lends, one)[0]
        for one in draws.sample(sorted(told - compared), draws.randint(0, len(told - compared))):
            assert not freed & set(partners.of(one, KEY))
            assert one not in freed
            compared.add(one)
            freed |= set(partners.compared(one, KEY))
    assert told == set(names)
    for one in sorted(told - compared):
        assert not freed & {one, *partners.of(one, KEY)}
        freed |= set(partners.compared(one, KEY))
    assert freed <= set(names)


def test_maps_of_a_long_circle_go_soon() -> None:
    """With two partners an image's map is asked for by the two before it, no longer."""
    names = [f"i{number:03}" for number in range(200)]
    visited: set[str] = set()
    partners = Partners(
        names,
        {name: name for name in names},
        2,
        lambda name, key: True if name in visited else None,
    )
    held: set[str] = set()
    most = 0
    for name in names:
        visited.add(name)
        held.add(name)
        for one in partners.visited(name, KEY):
            held -= set(partners.compared(one, KEY))
        most = max(most, len(held))
    assert most <= 8
    assert not held


def test_an_image_waits_for_its_own_visit_too() -> None:
    visited: set[str] = set()
    partners = Partners(
        ["a", "b", "c"],
        {name: name for name in "abc"},
        1,
        lambda name, key: True if name in visited else None,
    )
    ready = []
    for name in "bca":
        visited.add(name)
        ready.append(partners.visited(name, KEY))
    assert ready == [[], ["b"], ["c", "a"]]


def test_each_method_has_its_own() -> None:
    visited = set(itertools.product("ab", ("one", "two"))) - {("b", "two")}
    partners = Partners(
        ["a", "b"],
        {"a": "a", "b": "b"},
        1,
        lambda name, key: True if (name, key) in visited else None,
    )
    assert partners.visited("a", "one") == ["a"]
    assert partners.visited("a", "two") == []
