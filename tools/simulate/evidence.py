"""How often a page says "shown" where nothing is: evidence in three questions, over all methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from heatcheck.judgement.evidence import QUESTIONS, Evidence
from heatcheck.judgement.score_parts import AREAS
from heatcheck.tools.simulate.drawn_pages import CONTROLS, LAWS, methods, null_gains, page

COUNTS, SIZES = (4, 7, 21), (20, 50)
TRUE = 0.4  # of a gain that is there
Hits = dict[int, tuple[int, int]]  # by methods on a page: pages that are hit, of how many


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
    Case("nothing is there", ("place", "picture", "model"), ("",), 0.0, 10),
    Case("place is there, picture is not", ("picture",), ("exchange",), 0.0, 10),
    Case("all is there but one leg of the picture", ("picture",), ("deletion_exchange",), pages=70),
    Case("all is there, one control gains as much on one leg", ("picture",), ()),
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
                if not case.none and metric == "deletion_exchange":
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


def print_rates(titles: Sequence[str], rows: Iterable[tuple[Sequence[str], Hits]]) -> None:
    """A table: a row's titles, then the share of pages by methods on a page, and of all."""
    heads = [*titles, *(f"{count} methods" for count in COUNTS), "all"]
    print("| " + " | ".join(heads) + " |")
    print("|---" * len(titles) + "|" + "---:|" * (len(COUNTS) + 1))
    for words, hits in rows:
        parts = [hits[count] for count in COUNTS]
        parts.append((sum(hit for hit, _ in parts), sum(pages for _, pages in parts)))
        cells = [share(*part) for part in parts]
        print("| " + " | ".join([*words, *cells]) + " |", flush=True)


def share(hits: int, pages: int) -> str:
    """A share of pages with its simulation error, which is not zero where no page is hit."""
    rate = (hits + 1) / (pages + 2)
    return f"{100 * hits / pages:.1f} % ± {100 * np.sqrt(rate * (1 - rate) / pages):.1f}"


def rows() -> Iterator[tuple[Sequence[str], Hits]]:
    """Each truth under each law, half of the pages with 20 images, half with 50."""
    for case in CASES:
        for law in LAWS:
            yield (
                (case.title, law),
                {
                    count: (
                        sum(false_pages(case, law, count, size, case.pages) for size in SIZES),
                        len(SIZES) * case.pages,
                    )
                    for count in COUNTS
                },
            )


def main() -> None:
    """The share of pages with a false "shown"."""
    print_rates(("truth", "law of scores"), rows())
