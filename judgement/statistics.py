"""Statistics over images: the image is the unit. Means with intervals, paired differences, Holm's
correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats

from heatcheck.metrics.base import Scale

ENOUGH = 5  # images below which no interval is given, rather than one that looks sure
LEVEL = 0.95
ROUNDING = 1e-6  # what the arithmetic of a curve leaves of a gain that is none
# beyond it Hall's transformation is so steep that a single far image would decide the interval
# (decision 012)
MOST_TILT = 0.35


@dataclass(frozen=True)
class Estimate:
    """A mean over images with its 95 % interval; `low` and `high` are None where there are not
    enough images.
    """

    mean: float
    low: float | None
    high: float | None
    n: int

    @property
    def sure(self) -> bool:
        """Whether there were enough images for an interval."""
        return self.low is not None

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval lies above zero, by more than rounding; False where there is
        none.
        """
        return self.low is not None and self.low > ROUNDING

    def excludes(self, value: float) -> bool:
        """Whether the interval leaves `value` out."""
        return self.low is not None and self.high is not None and not self.low <= value <= self.high


def estimate(values: Sequence[float] | np.ndarray, scale: Scale = "linear") -> Estimate | None:
    """The mean with its 95 % interval; None for no values. Values that are missing (NaN) are left
    out.

    The interval is Student's, with the skewness of the sample taken out of t by Hall's cubic
    transformation (Hall 1992, On the removal of skewness by transformation). For a symmetric sample
    it is Student's interval; for skewed scores that one would be too short. On the scale `log` the
    geometric mean of the positive values, its interval from their logarithms: for times and ratios.
    Of `hits` the interval is Wilson's (1927): all hits in a few images are no certainty.
    """
    sample = _present(values)
    if not len(sample):
        return None
    if scale == "hits" and len(sample) >= ENOUGH:
        share = float(sample.mean())
        return Estimate(share, *_wilson(share, len(sample)), len(sample))
    if scale == "log":
        logs = estimate(np.log(sample[sample > 0]))
        if logs is None:
            return None
        low, high = (None if end is None else float(np.exp(end)) for end in (logs.low, logs.high))
        return Estimate(float(np.exp(logs.mean)), low, high, logs.n)
    mean = float(sample.mean())
    if len(sample) < ENOUGH:
        return Estimate(mean, None, None, len(sample))
    if _without_spread(sample):
        return Estimate(mean, mean, mean, len(sample))
    reach = _quantile(len(sample) - 1)
    error, tilt = float(stats.sem(sample)), _tilt(sample)
    return Estimate(
        mean,
        mean - error * _untilted(reach, tilt),
        mean - error * _untilted(-reach, tilt),
        len(sample),
    )


def p_against(values: Sequence[float] | np.ndarray, threshold: float) -> float:
    """Two-sided p-value that the mean is `threshold`, of the same test that makes the intervals:
    below 0.05 where they leave it out.

    A sample without spread is exact; with fewer images than are enough for an interval the answer
    is 1.
    """
    sample = _present(values)
    if len(sample) < ENOUGH:
        return 1.0
    if _without_spread(sample):
        return 1.0 if np.isclose(sample[0], threshold) else 0.0
    t = _tilted((float(sample.mean()) - threshold) / float(stats.sem(sample)), _tilt(sample))
    return float(2 * stats.t.sf(abs(t), len(sample) - 1))


def p_above(values: Sequence[float] | np.ndarray, threshold: float) -> float:
    """One-sided p-value that the mean is `threshold` or less: half of `p_against` where the mean is
    above it.
    """
    sample = _present(values)
    half = p_against(sample, threshold) / 2
    return half if len(sample) >= ENOUGH and sample.mean() > threshold else 1 - half


def images_to_decide(
    values: Sequence[float] | np.ndarray,
    threshold: float,
    *,
    power: float = 0.8,
    alpha: float = 1 - LEVEL,
) -> int | None:
    """How many images would show with this power, at `alpha` and two-sided, that the mean is not
    `threshold`, were the sample's mean and spread the true ones; None where the mean stands at the
    threshold, or too few images tell, or a million would not do (noncentral t)."""
    sample = _present(values)
    if len(sample) < ENOUGH:
        return None
    if _without_spread(sample):
        return None if np.isclose(sample[0], threshold) else ENOUGH
    effect = abs(float(sample.mean()) - threshold) / float(sample.std(ddof=1))

    def reached(n: int) -> bool:
        shift = effect * np.sqrt(n)
        return (
            shift > 30
            or float(stats.nct.sf(stats.t.ppf(1 - alpha / 2, n - 1), n - 1, shift)) >= power
        )

    most = 1_000_000
    if effect <= 0 or not reached(most):
        return None
    low, high = ENOUGH - 1, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: adjusted p-values in the order given (Holm 1979)."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def _wilson(share: float, n: int) -> tuple[float, float]:
    z = float(stats.norm.ppf((1 + LEVEL) / 2))
    middle, reach = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float((middle - reach) / (1 + z**2 / n)), float((middle + reach) / (1 + z**2 / n))


def _present(values: Sequence[float] | np.ndarray) -> np.ndarray:
    sample = np.asarray(values, dtype=np.float64)
    return sample[np.isfinite(sample)]


def _without_spread(sample: np.ndarray) -> bool:
    return bool(np.ptp(sample) <= 1e-12 * max(1.0, abs(float(sample[0]))))


@lru_cache(maxsize=256)
def _quantile(freedom: int) -> float:
    return float(stats.t.ppf((1 + LEVEL) / 2, freedom))


def _tilt(sample: np.ndarray) -> float:
    """The sample's skewness over the root of its size: how far t leans; within bounds."""
    return float(
        np.clip(stats.skew(sample, bias=False) / np.sqrt(len(sample)), -MOST_TILT, MOST_TILT)
    )


def _tilted(t: float, tilt: float) -> float:
    """Hall's transformation of a t value: monotone, and nearer to Student's distribution."""
    return t + tilt * t**2 / 3 + tilt**2 * t**3 / 27 + tilt / 6


def _untilted(t: float, tilt: float) -> float:
    """The t value that Hall's transformation takes to `t`."""
    if abs(tilt) < 1e-6:
        return t
    return float(np.cbrt(1 + tilt * (t - tilt / 6)) - 1) * 3 / tilt
