"""The draw: fixed for a person, balanced over pairs, images and sides, and overlapping between
people.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatcheck.review.pairs import draw, letters, possible

IMAGES = [f"image {place}" for place in range(20)]
METHODS = [f"method {place}" for place in range(7)]


def test_a_person_gets_the_same_pairs_again_and_another_person_others() -> None:
    assert (
        draw("s", "Ada", IMAGES, METHODS, 2)
        == draw("s", "Ada", IMAGES, METHODS, 2)
        == draw("s", "ADA", IMAGES, METHODS, 2)
    )
    assert draw("s", "Ada", IMAGES, METHODS, 2) != draw("s", "Bob", IMAGES, METHODS, 2)
    assert draw("s", "Ada", IMAGES, METHODS, 2) != draw("t", "Ada", IMAGES, METHODS, 2)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(2, 6), st.data())
def test_every_image_gets_so_many_different_pairs_of_two_different_methods(
    images: int, methods: int, data: st.DataObject
) -> None:
    votes = data.draw(st.integers(1, possible(methods)))
    drawn = draw("s", "Ada", IMAGES[:images], METHODS[:methods], votes)
    assert Counter(pair.image for pair in drawn) == dict.fromkeys(IMAGES[:images], votes)
    assert len({(pair.image, frozenset((pair.left, pair.right))) for pair in drawn}) == len(drawn)
    assert all(pair.left != pair.right for pair in drawn)
    if images > 1:
        assert all(one.image != other.image for one, other in pairwise(drawn))


def test_pairs_and_sides_come_up_equally_often() -> None:
    drawn = [
        pair for person in range(60) for pair in draw("s", f"person {person}", IMAGES, METHODS, 2)
    ]
    share = len(drawn) / possible(len(METHODS))
    for count in Counter(frozenset((pair.left, pair.right)) for pair in drawn).values():
        assert 0.6 * share < count < 1.5 * share
    for method in METHODS:
        left = sum(pair.left == method for pair in drawn)
        both = sum(method in (pair.left, pair.right) for pair in drawn)
        assert 0.45 < left / both < 0.55


def test_two_people_share_about_half_of_their_pairs() -> None:
    def of(person: str) -> set[tuple[str, frozenset[str]]]:
        return {
            (pair.image, frozenset((pair.left, pair.right)))
            for pair in draw("s", person, IMAGES, METHODS, 2)
        }

    shared = [len(of(f"a{place}") & of(f"b{place}")) / 40 for place in range(20)]
    assert 0.4 < sum(shared) / len(shared) < 0.6


def test_letters_hide_the_order_of_the_methods() -> None:
    found = letters("s", METHODS)
    assert sorted(found.values()) == [f"Method {letter}" for letter in "ABCDEFG"]
    assert list(found) != METHODS or list(letters("t", METHODS)) != METHODS
    assert len({tuple(letters(str(session), METHODS)) for session in range(20)}) > 15


@pytest.mark.parametrize(("methods", "pairs"), [(2, 1), (3, 3), (7, 21)])
def test_so_many_pairs_are_possible(methods: int, pairs: int) -> None:
    assert possible(methods) == pairs
