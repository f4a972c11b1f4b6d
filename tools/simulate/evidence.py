"""How often a page says "shown" where nothing is: evidence in three questions, over all methods."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from heatcheck.judgement.evidence import QUESTIONS, Evidence
from heatcheck.judgement.score_parts import AREAS
from heatcheck.tools.simulate.drawn_pages import CONTROLS, LAWS, methods, null_gains, page

COUNTS, SIZES = (4, 7, 21), (20, 50)
MANY = 20  # methods, from which half as many pages are drawn: they take longer
TRUE = 0.4  # of a gain that is there
# by law and methods on a page: pages that are hit, of how many
Hits = dict[tuple[str, int], tuple[int, int]]


@dataclass(frozen=True)
class Case:
    """A truth: which gains of methods and controls are none, and which question none of the
    methods may then show.
    """

    title: str
    false: tuple[str, ...]  # the questions that no method shows in truth
    none: tuple[str, ...]  # the methods' gains that are none, by the end of their names
    level: float = -TRUE  # of the controls' gains, where the methods' are not all none
    pages: int = 30


CASES = (
    Case("nothing is there", ("place", "picture", "model"), ("",), 0.0, 12),
    Case("place is there, picture is not", ("picture",), ("exchange",), 0.0, 12),
    Case(
        "all is there but one leg of the picture", ("picture",), ("deletion_exchange",), pages=100
    ),
    Case("all is there, one control gains as much on both legs", ("picture",), (), pages=100),
)


def drawn(rng: np.random.Generator, case: Case, law: str, count: int, images: int) -> Evidence:
    """The evidence of one page."""
    keys = methods(count)
    gains = {}
    for question in QUESTIONS.values():
        for area in AREAS:
            for metric in question.metrics(area):
                controls = [] if question.name == "model" else list(CONTROLS)
                values = null_gains(rng, law, images, len(keys) + len(controls))
                absent = any(metric.endswith(end) for end in case.none)
                values[:, : len(keys)] += 0.0 if absent else TRUE
                values[:, len(keys) :] += case.level
                if not case.none and metric.endswith("_exchange"):
                    values[:, len(keys)] += TRUE - case.level
                gains[metric] = ([*keys, *controls], values)
    return Evidence(page(gains))


def false_pages(case: Case, law: str, count: int, images: int, pages: int, seed: int = 0) -> int:
    """How many of so many pages show for some method what is not there."""
    rng = np.random.default_rng((seed, images, count, LAWS.index(law), CASES.index(case)))
    return sum(
        any(evidence.shown(question) for question in case.false)
        for evidence in (drawn(rng, case, law, count, images) for _ in range(pages))
    )


def print_rates(title: str, rows: Iterable[tuple[str, Hits]]) -> None:
    """A table: the share of pages by methods on a page, by law, and of all."""
    heads = [title, *(f"{count} methods" for count in COUNTS), *LAWS, "all"]
    print("| " + " | ".join(heads) + " |\n|---|" + "---:|" * (len(heads) - 1))
    for words, hits in rows:
        groups = [
            *([hits[law, count] for law in LAWS] for count in COUNTS),
            *([hits[law, count] for count in COUNTS] for law in LAWS),
            list(hits.values()),
        ]
        cells = [share(sum(hit for hit, _ in g), sum(pages for _, pages in g)) for g in groups]
        print("| " + " | ".join([words, *cells]) + " |", flush=True)


def share(hits: int, pages: int) -> str:
    """A share of pages with its simulation error, which is not zero where no page is hit."""
    rate = (hits + 1) / (pages + 2)
    return f"{100 * hits / pages:.1f} % ± {100 * np.sqrt(rate * (1 - rate) / pages):.1f}"


def rows() -> Iterator[tuple[str, Hits]]:
    """Each truth under each law, half of the pages with 20 images, half with 50."""
    for case in CASES:
        hits: Hits = {}
        for law, count in itertools.product(LAWS, COUNTS):
            pages = case.pages if count < MANY else case.pages // 2
            wrong = sum(false_pages(case, law, count, size, pages) for size in SIZES)
            hits[law, count] = wrong, len(SIZES) * pages
        yield case.title, hits


def main() -> None:
    """The share of pages with a false "shown"."""
    print_rates("truth", rows())
