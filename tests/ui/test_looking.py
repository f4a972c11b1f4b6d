"""Which images are what somebody looks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatcheck.inputs.catalogues import Catalogue
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.inputs.images import Image
from heatcheck.judgement.pictures import Known
from heatcheck.ui.compare.looking import SPREAD, UNSURE, Wanted, found, stepped

SET = Catalogue(
    ImageSet(
        tuple(
            Image(name, Path("x"), label)
            for name, label in [("a", "cat"), ("b", "cat"), ("c", "dog"), ("d", ""), ("e", "dog")]
        )
    )
)
KNOWN = {
    "a": Known(True, "cat", 0.9, 0.1),
    "b": Known(False, "dog", 0.5, 0.4),
    "c": Known(True, "dog", 0.7, None),
    "d": Known(None, "cat", None, 0.2),
}  # the run has no e


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted(), "abcde"),
        (Wanted(label="dog"), "ce"),
        (Wanted(right=True), "ac"),
        (Wanted(right=False), "b"),
        (Wanted(answer="cat"), "ad"),
        (Wanted(least=0.5, most=0.7), "bc"),
        (Wanted(words="c"), "abc"),  # a and b by their label, c by its name
        (Wanted(words="c", right=True, order=UNSURE), "ca"),
        (Wanted(order=SPREAD), "bdace"),
        (Wanted(order=UNSURE), "bcade"),
        (Wanted(order="nonsense"), "abcde"),
        (Wanted(label="bird"), ""),
    ],
)
def test_all_that_is_asked_for_must_hold(wanted: Wanted, names: str) -> None:
    assert "".join(SET.found.images[place].name for place in found(SET, KNOWN, wanted)) == names


def test_without_a_run_the_set_keeps_its_order() -> None:
    assert found(SET, {}, Wanted(order=SPREAD)) == [0, 1, 2, 3, 4]
    assert found(SET, {}, Wanted(right=True)) == []


def test_a_step_goes_around_the_end_and_to_the_first_from_elsewhere() -> None:
    assert stepped([2, 5, 7], 5, 1) == 7
    assert stepped([2, 5, 7], 7, 1) == 2
    assert stepped([2, 5, 7], 2, -1) == 7
    assert stepped([2, 5, 7], 3, 1) == 2
    assert stepped([2, 5, 7], None, -1) == 2
    assert stepped([], 3, 1) is None


def test_a_hundred_thousand_images_are_searched_and_ordered_in_a_moment() -> None:
    many = Catalogue(
        ImageSet(tuple(Image(f"p{n:06d}", Path("x"), f"class {n % 1000}") for n in range(100_000)))
    )
    known = {f"p{n:06d}": Known(n % 3 > 0, "cat", n / 100_000, n / 7 % 1) for n in range(100_000)}
    places = found(many, known, Wanted("99 class", right=True, order=SPREAD))
    names = [many.found.images[place].name for place in places]
    assert all("99" in name or "99" in many.of(name).label for name in names)
    assert [known[name].spread for name in names] == sorted(
        (known[name].spread for name in names), reverse=True
    )
