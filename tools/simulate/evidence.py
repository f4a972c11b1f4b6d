"""How often a page says "shown" where nothing is: evidence in three questions, over all methods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatcheck.judgement.evidence import QUESTIONS, Evidence
from heatcheck.judgement.score_parts import AREAS
from heatcheck.tools.simulate.drawn_pages import CONTROLS, LAWS, methods, null_gains, page

COUNTS, SIZES = (4, 7, 21), (20, 50)
TRUE = 0.4  # of a gain that is there


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
    Case("nothing is there", ("place", "picture", "model"), ("",), 0.0, 15),
    Case("place is there, picture is not", ("picture",), ("exchange",), 0.0, 15),
    Case("all is there but one leg of the picture", ("picture",), ("deletion_exchange",), pages=60),
    Case("all is there, one control gains as much", ("picture",), ()),
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
                if not case.none and controls and question.name == "picture":
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


def share(hits: int, pages: int) -> str:
    """A share of pages with its simulation error."""
    rate = hits / pages
    error = np.sqrt(max(rate * (1 - rate), 1 / pages) / pages)
    return f"{100 * rate:.1f} % ± {100 * error:.1f}"


def main() -> None:
    """Each truth, each law: the share of pages with a false "shown", over sizes of pages."""
    sizes = [(count, images) for count in COUNTS for images in SIZES]
    heads = [f"{count} methods, {images} images" for count, images in sizes]
    print("| truth | law | " + " | ".join(heads) + " | all |")
    print("|---|---|" + "---:|" * (len(heads) + 1))
    for case in CASES:
        for law in LAWS:
            hits = [false_pages(case, law, *size, case.pages) for size in sizes]
            cells = [share(hit, case.pages) for hit in hits]
            cells.append(share(sum(hits), case.pages * len(sizes)))
            print(f"| {case.title} | {law} | " + " | ".join(cells) + " |", flush=True)
