"""Measures of cost: passes through the model as a multiple of a unit, with the sentence that says
it. Milliseconds are told beside them and decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from heatcheck.core.numbers import counted
from heatcheck.judgement.observations import (
    Answer,
    Measurement,
    Observations,
    Rows,
    Unit,
    sample_of,
    scored,
)
from heatcheck.judgement.phrases import three_digits, title_of
from heatcheck.judgement.standings import milliseconds
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

    sample = sample_of(known, threshold, below, f"times one {unit}", sentence)
    return sample and replace(sample, rows=doubt(sample.mean))


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
    took = milliseconds(observed.scores, key)
    if took is None:
        return ""
    return f" The run's machine took {three_digits(took)} ms, which is told and not tested."


def in_times(mean: Estimate) -> str:
    """`31.2 times`."""
    return f"{three_digits(mean.mean)} times"


def in_per_cent(mean: Estimate) -> str:
    """A ratio as a change: `31 % less`."""
    return change(mean.mean)


def change(ratio: float) -> str:
    """`31 % less`, `12 % more`."""
    percent = 100 * (ratio - 1)
    return f"{three_digits(abs(percent))} % {'less' if percent < 0 else 'more'}"


def doubt(mean: Estimate, told: Callable[[float], str] = three_digits) -> Rows:
    """The interval of a mean and how many images it is of, or why it has none; `told` says its
    ends.
    """
    if mean.constant:
        why = "none: the same on all"
    elif not mean.sure or mean.low is None or mean.high is None:
        why = "none: not enough images"
    else:
        why = f"{told(mean.low)} to {told(mean.high)}"
    return (("95 % interval", why), ("Images", f"{mean.n}"))
