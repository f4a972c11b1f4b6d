"""Which images of a set a run is to measure: all, some at random, or those chosen by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from heatcheck.inputs.image_sets import ImageSet
from heatcheck.inputs.images import Image
from heatcheck.runs.draws import MANY

ALL, DRAWN, HAND = "all", "drawn", "hand"
LISTED = 500  # names at most in a list; more are typed


@dataclass(frozen=True)
class Which:
    """A choice of images. As `specs.ask` takes it: no names and no sample are all images."""

    way: str
    only: tuple[str, ...] = ()
    sample: int = 0

    def count(self, found: ImageSet) -> int:
        """How many images it is."""
        return {ALL: len(found.images), DRAWN: self.sample}.get(self.way, len(self.only))


def choose(found: ImageSet, source: str) -> Which:
    """Choose; by default all, of a large set a sample."""
    count = len(found.images)
    words = {
        ALL: f"All {count:,}",
        DRAWN: "Some at random",
        HAND: "By hand",
    }
    way = st.segmented_control(
        "Images",
        list(words),
        format_func=lambda way: words[way],
        default=ALL if count <= MANY else DRAWN,
        required=True,
        key=f"start_which_{source}",
    )
    if way == DRAWN:
        return Which(DRAWN, sample=_choose_sample(count, source))
    if way == HAND:
        return Which(HAND, tuple(_choose_names(found.images, source)))
    return Which(ALL)


def _choose_sample(count: int, source: str) -> int:
    if not count:
        return 0
    return int(
        st.number_input(
            f"How many of {count:,}",
            1,
            count,
            min(MANY, count),
            key=f"start_sample_{source}",
            help="Drawn with the seed, balanced by class: one of each, then a second of each. The "
            "same seed draws the same images, and the run keeps which.",
        )
    )


def _choose_names(images: Sequence[Image], source: str) -> Sequence[str]:
    if len(images) > LISTED:
        typed: str = st.text_area(
            "Names of images, one a line",
            key=f"start_names_{source}",
            help="As Compare's gallery shows them.",
        )
        return list(dict.fromkeys(filter(None, map(str.strip, typed.splitlines()))))
    chosen: list[str] = st.multiselect(
        "Which images",
        [image.name for image in images],
        key=f"start_images_{source}",
        wrap=True,
        placeholder="Choose images",
    )
    return chosen


def alike(found: ImageSet, which: Which) -> list[Image]:
    """Images of which as much can be measured as of those chosen: as many, of the same set."""
    if which.way == HAND:
        chosen = set(which.only)
        return [image for image in found.images if image.name in chosen]
    return list(found.images[: which.count(found)])
