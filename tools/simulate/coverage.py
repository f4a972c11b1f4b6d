"""How often an interval of 95 % holds the true mean of a law, and how often the page warns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from heatcheck.judgement.statistics import estimate, interval_caution

Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]
SIZES, SAMPLES = (5, 20, 100), 1000
KEPT = (0.93, 0.97)  # the coverage that an interval of 95 % should have


@dataclass(frozen=True)
class Law:
    """Values of images whose true mean is known."""

    mean: float
    draw: Draw


def _with_zeros(share: float) -> Law:
    """Exponential values, of which this share is zero."""
    return Law(
        1 - share, lambda rng, shape: rng.exponential(size=shape) * (rng.random(shape) >= share)
    )


def _sparse_gains(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Gains of .2 on average in 15 % of the images, hardly any in the others."""
    return rng.normal(0, 0.01, shape) + 0.2 * rng.exponential(size=shape) * (
        rng.random(shape) < 0.15
    )


LAWS: Mapping[str, Law] = {
    "normal": Law(0.0, lambda rng, shape: rng.normal(size=shape)),
    "exponential": Law(1.0, lambda rng, shape: rng.exponential(size=shape)),
    "log-normal, sigma 1": Law(np.exp(0.5), lambda rng, shape: rng.lognormal(0, 1, shape)),
    "log-normal, sigma 1.5": Law(np.exp(1.125), lambda rng, shape: rng.lognormal(0, 1.5, shape)),
    "t, 3 degrees of freedom": Law(0.0, lambda rng, shape: rng.standard_t(3, shape)),
    "areas near zero (beta .8, 12)": Law(0.8 / 12.8, lambda rng, shape: rng.beta(0.8, 12, shape)),
    "60 % zeros": _with_zeros(0.60),
    "85 % zeros": _with_zeros(0.85),
    "sparse gains": Law(0.03, _sparse_gains),
}


@dataclass(frozen=True)
class Coverage:
    """Of samples of one law and size: shares in which an interval holds the mean, of those with an
    interval; in which Student's does; in which there is none; and in which the page warns.
    """

    ours: float
    students: float
    without: float
    few: float
    skewed: float

    @property
    def kept(self) -> bool:
        """Whether the interval is what it says."""
        return KEPT[0] <= self.ours <= KEPT[1]


def coverage(law: Law, n: int, samples: int = SAMPLES) -> Coverage:
    """Of this many samples of n images, seeded by n."""
    drawn = law.draw(np.random.default_rng(n), (samples, n))
    estimates = [estimate(sample) for sample in drawn]
    sure = [one for one in estimates if one is not None and one.sure]
    cautions = [interval_caution(sample) for sample in drawn]
    spread = drawn[np.ptp(drawn, axis=1) > 0]
    return Coverage(
        float(np.mean([not one.excludes(law.mean) for one in sure])),
        float(np.mean(stats.ttest_1samp(spread, law.mean, axis=1).pvalue >= 0.05)),
        1 - len(sure) / samples,
        cautions.count("few images") / samples,
        cautions.count("skewed") / samples,
    )


def main() -> None:
    """Print the table."""
    print(
        "| law | images | ours | Student's t | no interval | 93 to 97 % | warned |\n"
        "|---|---:|---:|---:|---:|---|---|"
    )
    for title, law in LAWS.items():
        for n in SIZES:
            found = coverage(law, n)
            warned = "all: few images" if found.few else f"{100 * found.skewed:.0f} %: skewed"
            print(
                f"| {title} | {n} | {100 * found.ours:.1f} % | {100 * found.students:.1f} % | "
                f"{100 * found.without:.0f} % | {'yes' if found.kept else '**no**'} | {warned} |",
                flush=True,
            )
