"""Measures that images decide: a method's time and noise as a ratio an image, with the sentence
that says it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from heatcheck.judgement.observations import Observations, Sample, sample_of, scored
from heatcheck.judgement.phrases import three_digits, title_of
from heatcheck.judgement.statistics import Estimate, estimate
from heatcheck.runs.keys import name_of

NOISE_METRIC = "high_frequency_share"
VANILLA = "vanilla_gradients"
MANY_TIMES = 3  # a ratio above it is told in times, one below in per cent
LANDMARKS = ("edges", "random")  # the controls that show where outlines and speckle stand


def time_of_gradients(
    observed: Observations, method: str, threshold: float, *, below: bool
) -> Sample | None:
    """A method's milliseconds over those of one Vanilla gradient on the same image."""
    times = observed.scores.of("runtime")
    key, vanilla = scored(times, method), scored(times, VANILLA)
    if key is None or vanilla is None:
        return None
    cost = f"{title_of(key)} takes {three_digits(times[key].median())} ms{_backward(observed, key)}"

    def sentence(mean: Estimate) -> str:
        if key == vanilla:
            return (
                f"{cost} a map. It is the unit of this comparison: {in_times(mean)} itself by "
                "definition."
            )
        return f"{cost} a map: {in_times(mean)} one Vanilla gradient."

    return sample_of(
        times[key] / times[vanilla], threshold, below, "times one Vanilla gradient", sentence
    )


def _backward(observed: Observations, key: str) -> str:
    """` and 50 backward passes`; nothing where they were not counted."""
    passes = observed.scores.of("runtime.backward_passes")
    median = passes[key].median() if key in passes else np.nan
    if not np.isfinite(median):
        return ""
    return f" and {median:.0f} backward pass{'' if median == 1 else 'es'}"


def time_of_passes(
    observed: Observations, method: str, threshold: float, *, below: bool
) -> Sample | None:
    """A method's milliseconds over those of one forward pass of the same image."""
    times, forward = (observed.scores.of(metric) for metric in ("runtime", "runtime.forward_pass"))
    key = scored(times, method)
    if key is None or key not in forward:
        return None

    def sentence(mean: Estimate) -> str:
        return f"{title_of(key)} takes {in_times(mean)} one forward pass of one image."

    return sample_of(
        times[key] / forward[key], threshold, below, "times one forward pass", sentence
    )


def noise(
    observed: Observations,
    method: str,
    threshold: float,
    *,
    reference: str,
    below: bool,
    limit: Callable[[float], float],
) -> Sample | None:
    """A method's high-frequency share over the reference's on the same image; `limit` makes the
    ratio from the threshold, which is a difference.
    """
    shares = observed.scores.of(NOISE_METRIC)
    key, other = scored(shares, method), scored(shares, reference)
    if key is None or other is None:
        return None
    landmarks = _landmarks(shares, key, other)

    def sentence(mean: Estimate) -> str:
        return f"{_noise_beside(mean, key, other)}{landmarks}"

    return sample_of(
        shares[key] / shares[other],
        limit(threshold),
        below,
        f"times the noise of {title_of(other)}",
        sentence,
    )


def more_by(threshold: float) -> float:
    """The ratio of a value that is larger by this share of the reference."""
    return 1 + threshold


def less_by(threshold: float) -> float:
    """The ratio of a value that is smaller by this share of the reference."""
    return 1 - threshold


def _noise_beside(mean: Estimate, key: str, other: str) -> str:
    if key == other:
        return (
            f"{title_of(key)} is what this claim holds others against: 0 % more or less "
            f"by definition, on {mean.n} images."
        )
    if mean.mean > MANY_TIMES:
        return (
            f"{title_of(key)} carries {in_times(mean)} the high-frequency noise of "
            f"{title_of(other)}."
        )
    percent = {
        end: 100 * (value - 1)
        for end in ("mean", "low", "high")
        if (value := getattr(mean, end)) is not None
    }
    return (
        f"{title_of(key)} carries {_in_per_cent(replace(mean, **percent))} high-frequency "
        f"noise than {title_of(other)}."
    )


def _landmarks(shares: pd.DataFrame, key: str, other: str) -> str:
    """The shares themselves, beside those of the controls that show where outlines and speckle
    stand; nothing where none of these ran.
    """
    controls = [
        control
        for control in shares
        if name_of(control) in LANDMARKS and shares[control].notna().any()
    ]
    means = [
        f"{title_of(row)} {three_digits(mean.mean)}"
        for row in dict.fromkeys([key, other, *controls])
        if (mean := estimate(shares[row].to_numpy(), "log"))
    ]
    return f" High-frequency shares, geometric means: {', '.join(means)}." if controls else ""


def in_times(mean: Estimate) -> str:
    """`31.2 times (95 % interval 29.8 to 32.6, 20 images)`."""
    low, high = three_digits(mean.low), three_digits(mean.high)
    return f"{three_digits(mean.mean)} times ({_sure(mean, low, high)})"


def _in_per_cent(mean: Estimate) -> str:
    """`31 % less (95 % interval 24 to 37 %, 20 images)`."""
    low, high = (
        (mean.low, mean.high) if mean.low is not None and mean.high is not None else (0.0, 0.0)
    )
    if (low < 0) == (high < 0) == (mean.mean < 0):
        near, far = sorted((abs(low), abs(high)))
        return f"{_change(mean.mean)} ({_sure(mean, three_digits(near), f'{three_digits(far)} %')})"
    return f"{_change(mean.mean)} ({_sure(mean, _change(low), _change(high))})"


def _change(percent: float) -> str:
    return f"{three_digits(abs(percent))} % {'less' if percent < 0 else 'more'}"


def _sure(mean: Estimate, low: str, high: str) -> str:
    """`95 % interval 24 to 37 %, 20 images`."""
    images = f"{mean.n} image{'' if mean.n == 1 else 's'}"
    return (
        f"95 % interval {low} to {high}, {images}"
        if mean.sure
        else f"not enough images for an interval, {images}"
    )
