"""How numbers and methods are said, wherever a sentence or a table has them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heatcheck.attribution import METHODS
from heatcheck.core.numbers import LEAST, in_full, rounded
from heatcheck.judgement.statistics import ROUNDING, Estimate


def title_of(key: str) -> str:
    """What people call a method, from its key in a run; maps from elsewhere have their own name,
    and words that are no key stay as they are, capitalised.
    """
    name, _, digest = key.partition("-")
    if name not in METHODS:
        return key.capitalize() if " " in key else key
    return METHODS[name].title + (f" ({digest})" if digest else "")


def spoken(key: str) -> str:
    """A method's title without brackets, to be said aloud."""
    return title_of(key).replace("(", "").replace(")", "")


def listed(keys: Sequence[str]) -> str:
    """Methods by their titles: `SmoothGrad, Edges and Random`."""
    return joined([title_of(key) for key in keys])


def joined(parts: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def three_digits(number: float | None) -> str:
    """A number in three significant digits, never with an exponent: see core/numbers.py."""
    return "none" if number is None or not np.isfinite(number) else rounded(number)


def p_value(p: float) -> str:
    """`p = 0.0123`, or `p < 0.0001`."""
    return f"p < {in_full(LEAST)}" if p < LEAST else f"p = {three_digits(p)}"


def interval(estimate: Estimate | None) -> str:
    """`0.18 (0.14 to 0.22)`; where all three are next to nothing, that."""
    value, doubt = in_two(estimate)
    return f"{value} ({doubt})" if doubt else value


def in_two(estimate: Estimate | None) -> tuple[str, str]:
    """A mean and what stands beside it: `0.18` and `0.14 to 0.22`, or why there is no interval;
    nothing beside it where images are no sample.
    """
    if estimate is None:
        return "missing", ""
    if not estimate.sampled:
        return three_digits(estimate.mean), ""
    if estimate.constant:
        value = 0.0 if abs(estimate.mean) < ROUNDING else estimate.mean
        return three_digits(value), "constant: no interval"
    ends = (estimate.mean, estimate.low or 0.0, estimate.high or 0.0)
    if estimate.sure and max(map(abs, ends)) < LEAST:
        return "0", f"within {in_full(LEAST)}"
    mean, low, high = map(three_digits, (estimate.mean, estimate.low, estimate.high))
    return mean, f"{low} to {high}" if estimate.sure else f"n = {estimate.n}: too few"
