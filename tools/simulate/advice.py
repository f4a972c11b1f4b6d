"""How often somebody "gains less" where all methods are equal."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd

from heatcheck.judgement.advice import Advice, Wish, advise
from heatcheck.judgement.evidence import QUESTIONS
from heatcheck.judgement.score_parts import AREAS
from heatcheck.tools.simulate.drawn_pages import LAWS, areas, methods, page
from heatcheck.tools.simulate.evidence import COUNTS, SIZES, Hits, print_rates

PAGES = 150  # of each size
EQUAL = 0.3  # every method's gain; its spread over images is half of that
NOTHING = pd.DataFrame(columns=["method", "experiment", "value", "words"])


def advised(rng: np.random.Generator, law: str, count: int, images: int) -> Advice:
    """The advice of a page on which all methods have the same law of gains, so that those of one
    image are exchangeable.
    """
    keys = methods(count)
    gains = {}
    for area in AREAS:
        for metric in QUESTIONS["picture"].metrics(area):
            values = EQUAL + areas(rng, law, images, count)
            chance = 0.1 * areas(rng, law, images, 1)
            gains[metric] = ([*keys, "random"], np.concatenate([values, chance], axis=1))
    return advise(page(gains), NOTHING, Wish())


def wrong(law: str, count: int, images: int, pages: int, seed: int = 0) -> tuple[int, int]:
    """Of so many pages: on how many a method is advised, and on how many somebody gains less."""
    rng = np.random.default_rng((seed, images, count, LAWS.index(law)))
    drawn = [advised(rng, law, count, images) for _ in range(pages)]
    return sum(one.method is not None for one in drawn), sum(bool(one.less) for one in drawn)


def rows() -> Iterator[tuple[str, Hits]]:
    """Each law, half of the pages with 20 images, half with 50."""
    hits: Hits = {}
    for law, count in itertools.product(LAWS, COUNTS):
        less = sum(wrong(law, count, size, PAGES)[1] for size in SIZES)
        hits[law, count] = less, len(SIZES) * PAGES
    yield "all methods are equal", hits


def main() -> None:
    """The share of pages on which somebody is said to gain less."""
    print_rates("truth", rows())
