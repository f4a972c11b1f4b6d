"""How often a run that stops by itself stops for what is not so: always-valid intervals that leave
out the true mean at some look; and after how many images they leave zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from heatcheck.judgement.sequential import FIRST, log_wealth, rich
from heatcheck.judgement.statistics import LEVEL
from heatcheck.tools.simulate.evidence import share

Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]
IMAGES, COUNT, PART = (2_000, 10_000), 2_000, 100  # of a sequence; sequences; drawn at a time


@dataclass(frozen=True)
class Law:
    """Differences of two areas, from -1 to 1, whose true mean is known."""

    mean: float
    draw: Draw


def _beta(a: float, b: float, share_of: float = 1.0) -> Law:
    """Beta differences; of a share, the rest is zero."""
    return Law(
        share_of * a / (a + b),
        lambda rng, shape: rng.beta(a, b, shape) * (rng.random(shape) < share_of),
    )


def _symmetric(draw: Draw) -> Law:
    return Law(0.0, lambda rng, shape: np.clip(draw(rng, shape), -1, 1))


def _two_areas(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """One mean, two laws: the difference leans."""
    return rng.beta(0.8, 7.2, shape) - rng.beta(8, 72, shape)


def _moved(mean: float, spread: float) -> Law:
    """Triangular about a mean, so that it stays in range, with this standard deviation."""
    reach = spread * np.sqrt(6)
    return Law(mean, lambda rng, shape: rng.triangular(mean - reach, mean, mean + reach, shape))


LAWS: Mapping[str, Law] = {
    "normal, SD .1": _symmetric(lambda rng, shape: rng.normal(0, 0.1, shape)),
    "heavy: t, 3 degrees of freedom, times .1": _symmetric(
        lambda rng, shape: 0.1 * rng.standard_t(3, shape)
    ),
    "leaning: beta(.8, 7.2) less beta(8, 72)": Law(0.0, _two_areas),
    "skewed: beta(.5, 20)": _beta(0.5, 20),
    "near zero: beta(.8, 12), 85 % zeros": _beta(0.8, 12, 0.15),
    "nearly all zero: 2 % ones": Law(0.02, lambda rng, shape: (rng.random(shape) < 0.02) * 1.0),
    "hits: 10 % one way, 10 % the other": Law(
        0.0, lambda rng, shape: rng.choice((-1.0, 0.0, 1.0), shape, p=(0.1, 0.8, 0.1))
    ),
    "mean .05, SD .1": _moved(0.05, 0.1),
    "mean .02, SD .2": _moved(0.02, 0.2),
    "mean .01, SD .1": _moved(0.01, 0.1),
}


@dataclass(frozen=True)
class Found:
    """Of so many sequences: in how many the interval left out the true mean by some number of
    images, a count each of `IMAGES`; and after how many images it left zero, none where it did not.
    """

    sequences: int
    wrong: tuple[int, ...]
    decided: tuple[int, ...]


def found(law: Law, sequences: int, images: tuple[int, ...] = IMAGES, seed: int = 0) -> Found:
    """A look after every image from the first look on."""
    rng = np.random.default_rng(seed)
    wrong, decided = np.zeros(len(images), dtype=int), list[int]()
    for start in range(0, sequences, PART):
        shape = min(PART, sequences - start), max(images)
        unit = (law.draw(rng, shape) + 1) / 2
        missed = _left_out(unit, (law.mean + 1) / 2)
        wrong += [int(missed[:, :most].any(axis=1).sum()) for most in images]
        leaves = _left_out(unit, 0.5)
        decided += (leaves.argmax(axis=1)[leaves.any(axis=1)] + 1).tolist()
    return Found(sequences, tuple(wrong.tolist()), tuple(decided))


def _left_out(unit: np.ndarray, mean: float) -> np.ndarray:
    """Whether the interval leaves a mean out, after each value of each sequence; before the first
    look it does not.
    """
    wealth = np.maximum(log_wealth(unit, mean, LEVEL), log_wealth(1 - unit, 1 - mean, LEVEL))
    left: np.ndarray = wealth >= rich(LEVEL)
    left[:, : FIRST - 1] = False
    return left


def main() -> None:
    """Print the table."""
    heads = [f"wrong by {most:,}" for most in IMAGES]
    print(f"| law of the differences | {' | '.join(heads)} | decided | half of them by |")
    print("|---|" + "---:|" * (len(heads) + 2))
    for title, law in LAWS.items():
        of_law = found(law, COUNT)
        wrong = " | ".join(share(count, COUNT) for count in of_law.wrong)
        told = "nothing to decide | –"
        if law.mean:
            half = f"{int(np.median(of_law.decided)):,}" if of_law.decided else "–"
            told = f"{100 * len(of_law.decided) / COUNT:.0f} % | {half}"
        print(f"| {title} | {wrong} | {told} |", flush=True)
