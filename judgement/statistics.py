"""Statistics over images: the image is the unit. Means with intervals, paired differences, Holm's
correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from scipy import special, stats

from heatcheck.metrics.base import Scale

Number = TypeVar("Number", float, np.ndarray)
ENOUGH = 5  # images below which no interval is given, rather than one that looks sure
LEVEL = 0.95
ROUNDING = 1e-6  # what the arithmetic of a curve leaves of a gain that is none
# beyond it Hall's transformation is so steep that a single far image would decide the interval
# (decision 012)
MOST_TILT = 0.35
FEW = 20  # images below which a skewed law's interval falls short whatever the sample shows


@dataclass(frozen=True)
class Estimate:
    """A mean over images with its 95 % interval; `low` and `high` are None where there are not
    enough images, or where all have one value: a sample without spread says nothing of spread.
    """

    mean: float
    low: float | None
    high: float | None
    n: int
    constant: bool = False  # enough images, all of one value
    sampled: bool = True  # False: images are no sample of it, so it has no interval, however many

    @property
    def sure(self) -> bool:
        """Whether there is an interval."""
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
        return Estimate(float(np.exp(logs.mean)), low, high, logs.n, logs.constant)
    mean = float(sample.mean())
    if len(sample) < ENOUGH:
        return Estimate(mean, None, None, len(sample))
    if _without_spread(sample):
        return Estimate(mean, None, None, len(sample), constant=True)
    low, high = _ends(sample, LEVEL)
    return Estimate(mean, low, high, len(sample))


def interval_of(values: Sequence[float] | np.ndarray, level: float) -> tuple[float, float] | None:
    """Both ends of the mean's interval at another level; None where a sample has none."""
    sample = _present(values)
    if len(sample) < ENOUGH or _without_spread(sample):
        return None
    return _ends(sample, level)


def interval_caution(values: Sequence[float] | np.ndarray, scale: Scale = "linear") -> str:
    """Why the mean's interval may hold the true mean in less than 93 of 100 cases, as far as the
    sample shows it: `few images` or `skewed`; empty where it need not, or where there is none.

    Skewed: one-sidedness so far beyond what the interval corrects for that one far image would
    decide it. `python -m heatcheck.tools.simulate coverage` measures how often this warns.
    """
    sample = _present(values)
    if scale == "log":
        sample = np.log(sample[sample > 0])
    if len(sample) < ENOUGH or scale == "hits" or _without_spread(sample):
        return ""
    if len(sample) < FEW:
        return "few images"
    return "skewed" if abs(_lean(sample)) > MOST_TILT else ""


def p_against(values: Sequence[float] | np.ndarray, threshold: float) -> float:
    """Two-sided p-value that the mean is `threshold`, of the same test that makes the intervals:
    below 0.05 where they leave it out.

    With fewer images than are enough for an interval, or without spread among them, the answer is
    1: they decide nothing.
    """
    sample = _present(values)
    if len(sample) < ENOUGH or _without_spread(sample):
        return 1.0
    t = _tilted((float(sample.mean()) - threshold) / _error(sample), _tilt(sample))
    return float(2 * special.stdtr(len(sample) - 1, -abs(t)))


def p_above(values: Sequence[float] | np.ndarray, threshold: float) -> float:
    """One-sided p-value that the mean is `threshold` or less: half of `p_against` where the mean is
    above it.
    """
    sample = _present(values)
    half = p_against(sample, threshold) / 2
    return half if len(sample) >= ENOUGH and sample.mean() > threshold else 1 - half


def p_above_zero_each(rows: np.ndarray) -> np.ndarray:
    """`p_above` zero for every row of `[m, n]` at once: p `[m]`."""
    present = np.isfinite(rows)
    counts = present.sum(axis=1)
    several = np.maximum(counts, 3)  # fewer decide nothing, and are no divisor
    known = np.where(present, rows, 0.0)
    means = known.sum(axis=1) / several
    apart = np.where(present, rows - means[:, None], 0.0)
    squares = apart * apart
    variances = squares.sum(axis=1) / several
    first = np.take_along_axis(known, present.argmax(axis=1)[:, None], axis=1)[:, 0]
    most = np.where(present, rows, -np.inf).max(axis=1)
    least = np.where(present, rows, np.inf).min(axis=1)
    told = (counts >= ENOUGH) & (most - least > 1e-12 * np.maximum(1.0, np.abs(first)))
    safe = np.where(told, variances, 1.0)
    leans = (squares * apart).sum(axis=1) / several / safe**1.5 * np.sqrt(several - 1.0)
    tilts = np.clip(leans / (several - 2), -MOST_TILT, MOST_TILT)
    t = _tilted(means / np.sqrt(safe / (several - 1)), tilts)
    half = np.where(told, special.stdtr(several - 1, -np.abs(t)), 0.5)
    return np.where((counts >= ENOUGH) & (means > 0), half, 1 - half)


def p_more_hits(leads: Sequence[float] | np.ndarray) -> float:
    """One-sided p-value that hits are no more frequent than another's on the same images, from the
    differences -1, 0 and 1: McNemar's exact test. It holds where all differences are alike.
    """
    sample = _present(leads)
    won, differ = int((sample > 0).sum()), int((sample != 0).sum())
    return float(stats.binomtest(won, differ, alternative="greater").pvalue) if differ else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: adjusted p-values in the order given (Holm 1979)."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def holm_level(others: Sequence[float], alpha: float = 1 - LEVEL) -> float:
    """The level at which one more claim is tested within Holm's procedure, the p-values of the
    other claims being what they are: Holm rejects it just where its p is at most this.
    """
    passed = 0
    for p in sorted(others):
        if p > alpha / (len(others) + 1 - passed):
            break
        passed += 1
    return alpha / (len(others) + 1 - passed)


def _wilson(share: float, n: int) -> tuple[float, float]:
    z = float(stats.norm.ppf((1 + LEVEL) / 2))
    middle, reach = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float((middle - reach) / (1 + z**2 / n)), float((middle + reach) / (1 + z**2 / n))


def _present(values: Sequence[float] | np.ndarray) -> np.ndarray:
    sample = np.asarray(values, dtype=np.float64)
    return sample[np.isfinite(sample)]


def _without_spread(sample: np.ndarray) -> bool:
    return bool(np.ptp(sample) <= 1e-12 * max(1.0, abs(float(sample[0]))))


def _ends(sample: np.ndarray, level: float) -> tuple[float, float]:
    """Both ends of the mean's interval at a level, of a sample with spread."""
    reach = _quantile(len(sample) - 1, level)
    error, tilt = _error(sample), _tilt(sample)
    mean = float(sample.mean())
    return mean - error * _untilted(reach, tilt), mean - error * _untilted(-reach, tilt)


@lru_cache(maxsize=256)
def _quantile(freedom: int, level: float) -> float:
    return float(stats.t.ppf((1 + level) / 2, freedom))


def _error(sample: np.ndarray) -> float:
    """The standard error of the mean."""
    return float(sample.std(ddof=1) / np.sqrt(len(sample)))


def _lean(sample: np.ndarray) -> float:
    """The sample's skewness, without bias, over the root of its size: how far t leans."""
    n, apart = len(sample), sample - sample.mean()
    squares = apart * apart
    biased = float((squares * apart).mean() / squares.mean() ** 1.5)
    return biased * float(np.sqrt(n - 1)) / (n - 2)


def _tilt(sample: np.ndarray) -> float:
    """How far t leans, within the bounds in which it is corrected."""
    return float(np.clip(_lean(sample), -MOST_TILT, MOST_TILT))


def _tilted(t: Number, tilt: Number) -> Number:
    """Hall's transformation of a t value: monotone, and nearer to Student's distribution."""
    return t + tilt * t**2 / 3 + tilt**2 * t**3 / 27 + tilt / 6


def critical(alpha: float, counts: np.ndarray, leans: np.ndarray) -> np.ndarray:
    """The t values from which on the test of `p_against` rejects, two-sided at `alpha`, on the
    upper side, for samples of so many images that lean so far.
    """
    reach = stats.t.ppf(1 - alpha / 2, counts - 1)
    tilt = np.clip(leans, -MOST_TILT, MOST_TILT)
    safe = np.where(np.abs(tilt) < 1e-6, 1.0, tilt)
    bent = (np.cbrt(1 + safe * (reach - safe / 6)) - 1) * 3 / safe
    limits: np.ndarray = np.where(np.abs(tilt) < 1e-6, reach, bent)
    return limits


def _untilted(t: float, tilt: float) -> float:
    """The t value that Hall's transformation takes to `t`."""
    if abs(tilt) < 1e-6:
        return t
    return float(np.cbrt(1 + tilt * (t - tilt / 6)) - 1) * 3 / tilt
