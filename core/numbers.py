"""Numbers as people read them: never with an exponent."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

LEAST = 1e-4  # what is nearer to zero is told as less than this


def rounded(number: float) -> str:
    """A number in three significant digits: `0.182`, `1,230`, `<0.0001`, `>-0.0001`."""
    if not np.isfinite(number):
        return str(float(number))
    digits = Decimal(f"{number:.2e}")
    if 0 < abs(digits) < Decimal(str(LEAST)):
        return f">-{in_full(LEAST)}" if digits < 0 else f"<{in_full(LEAST)}"
    return f"{digits:,f}" if digits else "0"


def in_full(number: float) -> str:
    """A number that somebody set, with all its digits: `0.1`, `1000`, `0.00001`."""
    return str(np.format_float_positional(float(number), trim="-"))


def span(low: float, high: float) -> str:
    """`0 to 1`, or `0 and up`."""
    return f"{in_full(low)} and up" if np.isinf(high) else f"{in_full(low)} to {in_full(high)}"


def counted(count: float) -> str:
    """A count, or a mean of counts: `50`, `1,200`, `12.5`."""
    return f"{count:,.0f}" if count == np.round(count) else rounded(count)
