"""Sets as pages ask for them: found by name and words, read again when old, without a wait."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from heatcheck.core.errors import BadImage
from heatcheck.inputs.catalogues import FRESH, SHARE, Catalogue, Catalogues
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.inputs.images import Image


def images(*named: str) -> ImageSet:
    """Images by `label/name`, or by name alone."""
    parts = [name.rpartition("/") for name in named]
    return ImageSet(tuple(Image(name, Path("x"), label) for label, _, name in parts))


SET = images("hot_dog/Rex 1", "hot_dog/Rex 2", "n02099601/max", "Ärzte")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", ["Rex 1", "Rex 2", "max", "Ärzte"]),
        ("REX", ["Rex 1", "Rex 2"]),
        ("rex-2", ["Rex 2"]),
        ("hot dog 1", ["Rex 1"]),
        ("golden", ["max"]),  # what its label is called
        ("n0209", ["max"]),
        ("a\u0308rzte", ["Ärzte"]),
        ("rex golden", []),
    ],
)
def test_words_are_looked_for_in_names_and_labels(words: str, names: list[str]) -> None:
    titles = {"n02099601": "golden retriever"}
    found = Catalogue(SET).having(words, titles)
    assert [SET.images[place].name for place in found] == names


def test_an_image_is_found_by_its_name_alone() -> None:
    catalogue = Catalogue(SET)
    assert catalogue.of("max") is SET.images[2]
    assert catalogue.of("ma") is None
    assert catalogue.labels == {"hot_dog": 2, "n02099601": 1}


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_set_is_read_again_once_it_is_old() -> None:
    clock, reads = Clock(), []
    sets = Catalogues(lambda source: (reads.append(source), SET)[1], clock)
    assert sets.of("a") is sets.of("a")
    clock.now = FRESH
    sets.of("a")
    assert reads == ["a"]
    clock.now = FRESH + 1
    sets.of("a")
    assert reads == ["a", "a"]
    sets.forget()
    sets.of("a")
    assert reads == ["a", "a", "a"]


def test_a_set_that_takes_long_stands_until_it_has_been_read_again() -> None:
    clock, go_on, reads = Clock(), threading.Event(), [0]
    newer = images("new")

    def read(source: str) -> ImageSet:
        reads[0] += 1
        if reads[0] == 1:
            clock.now += 10
            return SET
        assert go_on.wait(30)
        return newer

    sets = Catalogues(read, clock)
    assert sets.of("a").found is SET
    clock.now += SHARE * 10 + 1
    assert sets.of("a").found is SET  # at once
    assert sets.of("a").found is SET  # and one reading, not two
    go_on.set()
    until = time.monotonic() + 30
    while sets.of("a").found is SET:
        assert time.monotonic() < until
        threading.Event().wait(0.01)
    assert sets.of("a").found is newer
    assert reads == [2]


def test_a_set_that_has_gone_is_told_to_whoever_asks_next() -> None:
    clock, gone = Clock(), threading.Event()

    def read(source: str) -> ImageSet:
        if clock.now:
            gone.set()
            raise BadImage("gone")
        clock.now = 10.0
        return SET

    sets = Catalogues(read, clock)
    sets.of("a")
    clock.now += SHARE * 10 + 1
    sets.of("a")
    assert gone.wait(30)
    until = time.monotonic() + 30
    with pytest.raises(BadImage, match="gone"):
        while time.monotonic() < until:
            sets.of("a")
