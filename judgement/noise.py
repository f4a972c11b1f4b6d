"""Measures of noise: the part of a map that does not repeat under small input noise and a new seed,
at each scale, with the sentence that says it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from heatcheck.judgement.observations import (
    Measurement,
    Observations,
    Part,
    Rows,
    Sample,
    Unit,
    scored,
    variant,
)
from heatcheck.judgement.phrases import three_digits, title_of
from heatcheck.judgement.ratios import VANILLA, change, doubt, in_per_cent, in_times
from heatcheck.judgement.statistics import LEVEL, ROUNDING, Estimate, estimate, holm
from heatcheck.runs.keys import name_of

REPEATS = "repeatability"  # a correlation: 1 less it is noise
SCALES = (1, 2, 4, 8, 16)  # pixels a side that are pooled before
MANY_TIMES = 3  # a ratio above it is told in times, one below in per cent


def noisy(observed: Observations, method: str, threshold: float) -> Measurement | None:
    """Whether at least this share of a method's map does not repeat, on the mean over scales."""
    noise = _noise(observed)
    key = scored(noise, method)
    if key is None:
        return None
    parts = _parts(
        {
            scale: Sample(wide[key].dropna(), threshold, False, "", str, ratio=False)
            for scale in SCALES
            if key in (wide := _noise(observed, scale))
        }
    )
    beside = _beside_random(noise)

    def sentence(mean: Estimate) -> str:
        return (
            f"Of the maps of {title_of(key)} a share of {three_digits(mean.mean)} does not repeat "
            f"under small input noise and a new seed.{_where(parts)}"
        )

    sample = Sample(
        noise[key].dropna(),
        threshold,
        False,
        "share that does not repeat",
        sentence,
        ratio=False,
        parts=parts,
    )
    return replace(sample, rows=(*doubt(sample.mean), *beside, *_scales(parts)))


def less_noise(observed: Observations, method: str, threshold: float) -> Measurement | None:
    """Whether a method's map has less of what does not repeat than Vanilla Gradients' on the same
    image, by at least this share.
    """
    noise = _noise(observed)
    key, vanilla = scored(noise, method), scored(noise, VANILLA)
    if key is None or vanilla is None:
        return None
    if key == vanilla:
        share = three_digits(float(noise[key].mean()))
        return Unit(
            f"{title_of(key)} is the unit of this comparison. A share of {share} of its maps does "
            "not repeat."
        )

    def beside(wide: pd.DataFrame) -> Sample:
        ratios = wide[key].clip(lower=ROUNDING) / wide[vanilla].clip(lower=ROUNDING)
        limit = float(np.log(1 - threshold))
        return Sample(np.log(ratios).dropna(), limit, True, "", str)

    parts = _parts(
        {
            scale: beside(wide)
            for scale in SCALES
            if {key, vanilla} <= set(wide := _noise(observed, scale))
        }
    )
    fine = _fineness(observed, method)

    def sentence(mean: Estimate) -> str:
        more = in_times(mean) if mean.mean > MANY_TIMES else in_per_cent(mean)
        noise_of = "the noise of" if mean.mean > MANY_TIMES else "noise than"
        return (
            f"{title_of(key)} has {more} {noise_of} {title_of(vanilla)}. Noise is the "
            "part of a map that does not repeat under small input noise and a new seed."
            f"{_where(parts)}"
        )

    whole = beside(noise)
    if whole.values.empty:
        return None
    unit = f"times the noise of {title_of(vanilla)}"
    rows = (*doubt(whole.mean, change), *_scales(parts, change), *fine)
    return Sample(whole.values, whole.limit, True, unit, sentence, parts=parts, rows=rows)


def _noise(observed: Observations, scale: int | None = None) -> pd.DataFrame:
    """What does not repeat, 1 less the correlation, images x methods; the mean over scales where
    none is named.
    """
    return 1 - observed.scores.of(REPEATS if scale is None else f"{REPEATS}.at_{scale}")


def _parts(samples: dict[int, Sample]) -> tuple[Part, ...]:
    known = {scale: sample for scale, sample in samples.items() if len(sample.values)}
    adjusted = holm([sample.p for sample in known.values()])
    return tuple(
        Part(scale, sample.mean, p <= 1 - LEVEL and sample.yes)
        for (scale, sample), p in zip(known.items(), adjusted, strict=True)
    )


def _where(parts: tuple[Part, ...]) -> str:
    """At which scales it holds: ` It holds at every scale but the single pixel.`"""
    if not parts:
        return ""
    holds, fails = (
        [part.pixels for part in parts if part.holds == which] for which in (True, False)
    )
    if not fails:
        return " It holds at every scale."
    if not holds:
        return " It is shown at no single scale."
    if fails == [1]:
        return " It holds at every scale but the single pixel."
    if holds == [1]:
        return " It holds at the single pixel, and is not shown at coarser scales."
    return f" It holds at {len(holds)} of {len(parts)} scales."


def _scales(parts: tuple[Part, ...], told: Callable[[float], str] = three_digits) -> Rows:
    """A row a scale: the mean with its interval, and whether the answer holds there."""
    return tuple(
        (
            f"Averaged over squares of {part.pixels} pixels"
            if part.pixels > 1
            else "Pixel by pixel",
            f"{told(part.estimate.mean)}, {dict(doubt(part.estimate, told))['95 % interval']}"
            + ("" if part.holds else "; not shown"),
        )
        for part in parts
    )


def _beside_random(noise: pd.DataFrame) -> Rows:
    """What Random's maps do not repeat; nothing where it did not run."""
    chance = next((key for key in noise if name_of(key) == "random"), None)
    if chance is None or noise[chance].isna().all():
        return ()
    return (("Of Random's maps", three_digits(float(noise[chance].mean()))),)


def _fineness(observed: Observations, method: str) -> Rows:
    """A map's fineness beside Random's, which is 1; nothing where it was not measured."""
    wide = observed.scores.of("fineness")
    key, chance = scored(wide, method), variant(list(wide.columns), "random")
    if key is None or chance is None:
        return ()
    mean = estimate((wide[key] / wide[chance]).to_numpy(), "log")
    if mean is None:
        return ()
    return (("Grain", f"{three_digits(mean.mean)} times as fine as Random's; it decides nothing"),)
