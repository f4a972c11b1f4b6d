"""Measures of cost: passes through the model as a multiple of a unit, with the sentence that says
it. Milliseconds are told beside them and decide nothing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from heatcheck.core.numbers import counted
from heatcheck.judgement.observations import (
    Answer,
    Measurement,
    Observations,
    Unit,
    sample_of,
    scored,
)
from heatcheck.judgement.phrases import three_digits, title_of
from heatcheck.judgement.statistics import Estimate

VANILLA = "vanilla_gradients"
BACKWARD = 2  # forward passes that one backward pass counts as


def cost_in_gradients(
    observed: Observations, method: str, threshold: float, *, below: bool
) -> Measurement | None:
    """A method's passes over those of one Vanilla gradient on the same image."""
    costs = _costs(observed)
    key, vanilla = scored(costs, method), scored(costs, VANILLA)
    if key is None or vanilla is None:
        return None
    if key == vanilla:
        return Unit(f"{_passes(observed, key)}: the unit of this comparison.")
    return _cost(observed, key, costs[key] / costs[vanilla], threshold, below, "Vanilla gradient")


def cost_in_forward_passes(
    observed: Observations, method: str, threshold: float, *, below: bool
) -> Measurement | None:
    """A method's passes over one forward pass."""
    costs = _costs(observed)
    key = scored(costs, method)
    if key is None:
        return None
    return _cost(observed, key, costs[key], threshold, below, "forward pass")


def _costs(observed: Observations) -> pd.DataFrame:
    """The passes of each map as forward passes, images x methods: one image forward is one pass,
    one image backward counts as two.
    """
    forward, backward = (
        observed.scores.of(f"runtime.{way}_passes") for way in ("forward", "backward")
    )
    return forward + BACKWARD * backward


def _cost(
    observed: Observations,
    key: str,
    ratios: pd.Series,
    threshold: float,
    below: bool,
    unit: str,
) -> Measurement | None:
    """Passes that are the same for all images are a fact; others are a sample of them."""
    known = ratios.dropna()
    start, end = _passes(observed, key), _milliseconds(observed, key)
    if known.nunique() == 1:
        ratio = float(known.iloc[0])
        words = f"{start}. That is {three_digits(ratio)} times one {unit}.{end}"
        return Answer(ratio <= threshold if below else ratio >= threshold, words)

    def sentence(mean: Estimate) -> str:
        return f"{start}. That is {in_times(mean)} one {unit}.{end}"

    return sample_of(known, threshold, below, f"times one {unit}", sentence)


def _passes(observed: Observations, key: str) -> str:
    """`Integrated Gradients takes 50 forward and 50 backward passes a map`."""
    forward, backward = (
        float(observed.scores.of(f"runtime.{way}_passes")[key].median())
        for way in ("forward", "backward")
    )
    plural = "" if backward == 1 else "es"
    return (
        f"{title_of(key)} takes {counted(forward)} forward and {counted(backward)} backward "
        f"pass{plural} a map"
    )


def _milliseconds(observed: Observations, key: str) -> str:
    """What the run's machine took; nothing where it was not timed."""
    times = observed.scores.of("runtime")
    median = float(times[key].median()) if key in times else np.nan
    if not np.isfinite(median):
        return ""
    return f" The run's machine took {three_digits(median)} ms, which is told and not tested."


def in_times(mean: Estimate) -> str:
    """`31.2 times (95 % interval 29.8 to 32.6, 20 images)`."""
    low, high = three_digits(mean.low), three_digits(mean.high)
    return f"{three_digits(mean.mean)} times ({sure(mean, low, high)})"


def in_per_cent(mean: Estimate) -> str:
    """A ratio as a change: `31 % less (95 % interval 24 to 37 %, 20 images)`."""
    change = 100 * (mean.mean - 1)
    low, high = (
        (100 * (mean.low - 1), 100 * (mean.high - 1))
        if mean.low is not None and mean.high is not None
        else (0.0, 0.0)
    )
    if (low < 0) == (high < 0) == (change < 0):
        near, far = sorted((abs(low), abs(high)))
        return f"{_change(change)} ({sure(mean, three_digits(near), f'{three_digits(far)} %')})"
    return f"{_change(change)} ({sure(mean, _change(low), _change(high))})"


def _change(percent: float) -> str:
    return f"{three_digits(abs(percent))} % {'less' if percent < 0 else 'more'}"


def sure(mean: Estimate, low: str, high: str) -> str:
    """`95 % interval 24 to 37 %, 20 images`."""
    images = f"{mean.n} image{'' if mean.n == 1 else 's'}"
    if mean.constant:
        return f"the same on all {images}: no interval"
    return (
        f"95 % interval {low} to {high}, {images}"
        if mean.sure
        else f"not enough images for an interval, {images}"
    )
