"""How many images would decide a claim, by the test that the claim really faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import stats

from heatcheck.judgement.statistics import ENOUGH, LEVEL, critical, interval_of

POWER = 0.8
DOUBT = 0.8  # the level of the mean's interval that makes the range
SURELY_BEYOND = 10  # times the images there are: beyond it a number is told as `more than`
MOST = 10_000_000


@dataclass(frozen=True)
class Needed:
    """How many images decide that a mean is not the threshold, four times in five, were the
    sample's mean, spread and shape the true ones.

    `fewest` and `most` are the same for the ends of the mean's 80 % interval; `most` is None where
    that interval reaches the threshold.
    """

    n: int
    fewest: int
    most: int | None
    side: Literal["above", "below"]  # of the threshold, where the mean lies
    images: int  # that there are

    @property
    def enough(self) -> bool:
        """Whether there are so many already: the test failed by the luck of these images."""
        return self.n <= self.images

    @property
    def limit(self) -> int:
        """The largest number that is told; beyond it the sample says no more than `more`."""
        return SURELY_BEYOND * self.images

    @property
    def beyond(self) -> bool:
        """Whether the number is too large to be told from so few images."""
        return self.n > self.limit

    def said(self, verb: str) -> str:
        """In words: `about 87 would confirm it four times in five`."""
        if self.enough:
            return (
                f"about {self.n:,} would {verb} it four times in five: so many there are, and "
                "these did not; others may"
            )
        if self.beyond:
            return f"more than {self.limit:,} would be needed to {verb} it four times in five"
        return f"about {self.n:,} would {verb} it four times in five"

    @property
    def range(self) -> str:
        """`60 to more than 200`: the same for the ends of the mean's interval."""
        if self.beyond:
            return f"more than {self.limit:,}"
        upper = (
            "any number"
            if self.most is None
            else f"more than {self.limit:,}"
            if self.most > self.limit
            else f"{self.most:,}"
        )
        return f"{self.fewest:,} to {upper}"


def images_to_decide(
    values: Sequence[float] | np.ndarray,
    threshold: float,
    *,
    power: float = POWER,
    alpha: float = 1 - LEVEL,
) -> Needed | None:
    """How many images would show with this power that the mean is not `threshold`, two-sided at
    `alpha`; None where the mean stands at the threshold, or too few images or none of them
    different tell.

    `alpha` is the level that the claim has among those that are tested with it
    (`statistics.holm_level`).
    """
    sample = np.asarray(values, dtype=np.float64)
    sample = sample[np.isfinite(sample)]
    ends = interval_of(sample, DOUBT)
    if ends is None:
        return None
    mean, spread = float(sample.mean()), float(sample.std(ddof=1))
    if abs(mean - threshold) <= 1e-9 * spread:
        return None
    above = mean > threshold
    far, near = (ends[1], ends[0]) if above else (ends[0], ends[1])
    crossed = near <= threshold if above else near >= threshold
    shape = Shape(float(stats.skew(sample, bias=False)), float(stats.kurtosis(sample, bias=False)))

    def wanted(place: float) -> int:
        effect = abs(place - threshold) / spread
        return images_for(effect, alpha, power, shape if above else shape.mirrored())

    return Needed(
        wanted(mean),
        wanted(far),
        None if crossed else wanted(near),
        "above" if above else "below",
        len(sample),
    )


@dataclass(frozen=True)
class Shape:
    """How far a law is from a normal one: its skewness, and its kurtosis beyond 3."""

    skewness: float = 0.0
    kurtosis: float = 0.0

    def mirrored(self) -> Shape:
        """The shape of the same values with the other sign."""
        return Shape(-self.skewness, self.kurtosis)


NORMAL = Shape()
_COUNTS = np.unique(np.geomspace(ENOUGH, MOST, 800).astype(np.int64))


@lru_cache(maxsize=1024)
def images_for(
    effect: float, alpha: float = 1 - LEVEL, power: float = POWER, shape: Shape = NORMAL
) -> int:
    """From how many images on the test of `statistics.p_against`, two-sided at `alpha`, rejects
    with this power where the mean lies `effect` standard deviations above the threshold.

    The mean less its critical distance is taken for normal; the spread of that distance, and how it
    goes along with the mean, follow from the law's skewness and kurtosis.
    """
    short = np.flatnonzero(_power(_COUNTS, effect, alpha, shape) < power)
    if not len(short):
        return ENOUGH
    last = int(short[-1])
    if last + 1 == len(_COUNTS):
        return MOST
    between = np.arange(_COUNTS[last] + 1, min(_COUNTS[last] + 1000, _COUNTS[last + 1]) + 1)
    reached = _power(between, effect, alpha, shape) >= power
    return int(between[reached.argmax()] if reached.any() else _COUNTS[last + 1])


def _power(counts: np.ndarray, effect: float, alpha: float, shape: Shape) -> np.ndarray:
    """The power at each of these numbers of images, as far as the second order goes."""
    root = np.sqrt(counts)
    skewness = np.clip(shape.skewness, -root, root)  # of so few images no sample shows more
    weight = np.minimum(shape.kurtosis, counts) + 2
    distance = critical(alpha, counts, skewness / root) / root  # in standard deviations
    mean = effect - distance * (1 - weight / (8 * counts))
    variance = (1 - distance * skewness + distance**2 * weight / 4) / counts
    power: np.ndarray = stats.norm.cdf(mean / np.sqrt(variance))
    return power
