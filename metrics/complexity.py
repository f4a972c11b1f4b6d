"""Complexity: over how many pixels a map is spread, as entropy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, Case, Metric, Score, Side
from heatcheck.metrics.similarity import sizes


@METRICS.register
@dataclass(frozen=True)
class Complexity(Metric):
    """Shannon entropy of the absolute map over its sum, in nats: ln n for n pixels alike and
    nothing elsewhere.

    The side value `share` is that of the entropy which the image's pixels allow; a map of a single
    pixel has 0.
    """

    name = "complexity"
    title = "Complexity"
    family = "detail"
    unit = "nats"
    better = "lower"
    bounds = (0.0, float("inf"))
    formula = r"-\sum_{i,j} p_{ij} \ln p_{ij}, \quad p = |m| \big/ \textstyle\sum |m|"
    summary = (
        "Over how many pixels the map is spread: 0 for one pixel, the logarithm of their "
        "number for all alike."
    )
    misleads = (
        "Few pixels are easy to read and no more: one wrong pixel has the best value "
        "there is. It does not see where pixels lie, so speckle "
        "and a blob can have the same. Images of different sizes compare by the share alone."
    )
    cite = Citation(
        "Bhatt et al.",
        2020,
        "Evaluating and aggregating feature-based model explanations",
        "https://arxiv.org/abs/2005.00631",
    )
    sides = {
        "share": Side(
            "share",
            "The entropy over that of a flat map of the size: 0 one pixel, 1 all pixels alike.",
        )
    }

    def score(self, case: Case) -> Score:
        value = entropy(case.map)
        most = math.log(case.map.numel())
        return Score(value, sides={"share": min(1.0, value / most) if most else 0.0})


def entropy(heat: Tensor) -> float:
    """Entropy in nats of the absolute map `[H,W]` over its sum. Raises DegenerateMap for an
    all-zero map.
    """
    plane = sizes(heat)
    return float(torch.special.entr(plane / plane.sum()).sum())
