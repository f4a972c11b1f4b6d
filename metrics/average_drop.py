"""Average drop: what the class loses when the picture is dimmed by its own map."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.outputs import Output
from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.core.numbers import rounded
from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, Case, Metric, Score, Side
from heatcheck.metrics.similarity import finite


@METRICS.register
@dataclass(frozen=True)
class AverageDrop(Metric):
    """The share of the class's probability that is lost when each pixel keeps as much of its
    departure from the mean colour as its map says.

    What counts is the positive part over its maximum. A gain counts as no loss; the side value
    `increase` tells of it.
    """

    name = "average_drop"
    title = "Average drop"
    family = "faithfulness"
    unit = "share"
    better = "lower"
    bounds = (0.0, 1.0)
    formula = (
        r"\max\bigl(0,\ p(x) - p(x \odot w)\bigr) \big/ p(x), \quad w = m^{+} \big/ \max m^{+}"
    )
    summary = (
        "Share of the class's probability that is lost when the picture is kept only where "
        "the map is bright."
    )
    misleads = (
        "A map that is bright all over loses nothing. A single outlier dims everything else, so "
        "fine-grained maps look bad whatever they know. A dimmed picture is unlike "
        "those that the model was trained on."
    )
    cite = Citation(
        "Chattopadhay et al.",
        2018,
        "Grad-CAM++: improved visual explanations for deep convolutional networks",
        "https://arxiv.org/abs/1710.11063",
    )
    sides = {
        "increase": Side(
            "share",
            "1 where the probability rises, else 0; the mean over images is the share of "
            "images where it does.",
        )
    }

    def score(self, case: Case) -> Score:
        if case.target.output is Output.SCORE:
            raise DoesNotApply(
                "it is a share of a probability, and this model answers with a plain score. Leave "
                "this metric out."
            )
        kept = weights(case.map).to(case.x)
        clean, dimmed = case.target.probability(torch.cat([case.x, case.x * kept])).tolist()
        if not clean > 0 or math.isnan(dimmed):
            raise DegenerateMap(
                f"Expected a probability above zero to lose from. Got {rounded(clean)} and, "
                f"dimmed, {rounded(dimmed)}: the share that is lost is not defined."
            )
        if clean == dimmed == float(case.target.probability(0 * case.x)):
            raise DegenerateMap(
                "Expected the probability to change when the picture is taken away. Got "
                f"{rounded(clean)} with it and without: which map keeps what counts cannot be told."
            )
        return Score(max(0.0, clean - dimmed) / clean, sides={"increase": float(dimmed > clean)})


def weights(heat: Tensor) -> Tensor:
    """The positive part of a map `[H,W]` over its maximum, 0 to 1. Raises DegenerateMap where
    nothing is positive.
    """
    plane = finite(heat).clamp_min(0)
    if plane.amax() == 0:
        raise DegenerateMap(
            "Expected a map with some positive value. Got none: what of the picture it "
            "keeps is not defined."
        )
    return plane / plane.amax()
