"""Hall's interval, written another way than the product does."""

from __future__ import annotations

import numpy as np
from scipy import optimize, stats


def halls(sample: np.ndarray) -> tuple[float, float]:
    """Hall's interval from his formula as it is printed, its ends found by bisection."""
    n, deviation = len(sample), sample.std(ddof=1)
    skew = max(-0.35 * n**0.5, min(0.35 * n**0.5, stats.skew(sample, bias=False)))

    def off(value: float, quantile: float) -> float:
        s = (sample.mean() - value) / deviation
        g = np.sqrt(n) * (s + skew * s**2 / 3 + skew**2 * s**3 / 27 + skew / (6 * n))
        return float(g - stats.t.ppf(quantile, n - 1))

    reach = 9 * deviation
    low, high = (
        optimize.brentq(off, sample.mean() - reach, sample.mean() + reach, (quantile,))
        for quantile in (0.975, 0.025)
    )
    return float(low), float(high)
