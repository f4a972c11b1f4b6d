"""The interval of a mean, written another way than the product does: from Hall's formula as he prints it, ends by root finding."""

from __future__ import annotations

import numpy as np
from scipy import optimize, stats


def halls(sample: np.ndarray) -> tuple[float, float]:
    """Hall's interval from his formula as it is printed, its ends found by bisection."""
    n, skew, deviation = len(sample), stats.skew(sample, bias=False), sample.std(ddof=1)

    def off(value: float, quantile: float) -> float:
        s = (sample.mean() - value) / deviation
        g = np.sqrt(n) * (s + skew * s**2 / 3 + skew**2 * s**3 / 27 + skew / (6 * n))
        return float(g - stats.t.ppf(quantile, n - 1))

    reach = 9 * deviation
    low, high = (optimize.brentq(off, sample.mean() - reach, sample.mean() + reach, (quantile,)) for quantile in (0.975, 0.025))
    return float(low), float(high)
