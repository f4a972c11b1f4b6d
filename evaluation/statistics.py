"""Statistics over images: the image is the unit. Means with intervals, paired differences, Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

ENOUGH = 5  # images below which no interval is given, rather than one that looks sure
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over images with its 95 % interval; `low` and `high` are None where there are not enough images."""

    mean: float
    low: float | None
    high: float | None
    n: int

    @property
    def sure(self) -> bool:
        """Whether there were enough images for an interval."""
        return self.low is not None

    def excludes(self, value: float) -> bool:
        """Whether the interval leaves `value` out."""
        return self.low is not None and self.high is not None and not self.low <= value <= self.high


def estimate(values: Sequence[float] | np.ndarray, *, log: bool = False) -> Estimate | None:
    """The mean with Student's t interval; None for no values. Values that are missing (NaN) are left out.

    With `log` the geometric mean of positive values, its interval from their logarithms: for times and ratios.
    """
    sample = _present(values)
    if not len(sample):
        return None
    if log:
        found = estimate(np.log(sample))
        assert found is not None
        low, high = (None if end is None else float(np.exp(end)) for end in (found.low, found.high))
        return Estimate(float(np.exp(found.mean)), low, high, found.n)
    mean = float(sample.mean())
    if len(sample) < ENOUGH:
        return Estimate(mean, None, None, len(sample))
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(sample) - 1) * sample.std(ddof=1) / np.sqrt(len(sample)))
    return Estimate(mean, mean - half, mean + half, len(sample))


def p_against(values: Sequence[float] | np.ndarray, threshold: float) -> float:
    """Two-sided p-value of Student's t test that the mean is `threshold`; a sample without spread is exact."""
    sample = _present(values)
    if len(sample) < ENOUGH:
        return 1.0
    if np.ptp(sample) <= 1e-12 * max(1.0, abs(float(sample[0]))):
        return 1.0 if np.isclose(sample[0], threshold) else 0.0
    return float(stats.ttest_1samp(sample, threshold).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: adjusted p-values in the order given (Holm 1979)."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def _present(values: Sequence[float] | np.ndarray) -> np.ndarray:
    sample = np.asarray(values, dtype=np.float64)
    return sample[np.isfinite(sample)]
