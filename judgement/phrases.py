"""How numbers and methods are said, wherever a sentence or a table has them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heatcheck.attribution import METHODS
from heatcheck.judgement.statistics import ROUNDING, Estimate


def title_of(key: str) -> str:
    """What people call a method, from its key in a run; a word that is no key stays as it is,
    capitalised.
    """
    name, _, digest = key.partition("-")
    return (
        METHODS[name].title + (f" ({digest})" if digest else "")
        if name in METHODS
        else key.capitalize()
    )


def listed(keys: Sequence[str]) -> str:
    """Methods by their titles: `SmoothGrad, Edges and Random`."""
    return joined([title_of(key) for key in keys])


def joined(parts: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def three_digits(number: float | None) -> str:
    """A number in three significant digits."""
    if number is None or not np.isfinite(number):
        return "none"
    rounded = float(f"{number:.3g}")
    if rounded == 0 or abs(rounded) < 1e-4:
        return f"{rounded:.1e}" if rounded else "0"
    return f"{rounded:,.{max(0, 2 - int(np.floor(np.log10(abs(rounded)))))}f}"


def interval(estimate: Estimate | None) -> str:
    """`0.18 (0.14 to 0.22)`."""
    if estimate is None:
        return "missing"
    if not estimate.sampled:
        return three_digits(estimate.mean)
    if estimate.constant:
        value = 0.0 if abs(estimate.mean) < ROUNDING else estimate.mean
        return f"{three_digits(value)} (constant: no interval)"
    if (
        estimate.sure
        and max(abs(end) for end in (estimate.mean, estimate.low or 0.0, estimate.high or 0.0))
        < ROUNDING
    ):
        return f"0 (within {ROUNDING:.0e})".replace("e-0", "e-")
    mean, low, high = map(three_digits, (estimate.mean, estimate.low, estimate.high))
    return f"{mean} ({low} to {high})" if estimate.sure else f"{mean} (n = {estimate.n}: too few)"
