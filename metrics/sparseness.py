"""Sparseness: how few pixels hold most of a map."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, Case, Metric, Score
from heatcheck.metrics.similarity import sizes


@METRICS.register
@dataclass(frozen=True)
class Sparseness(Metric):
    """Gini index of the absolute map: 0 where all pixels are alike, 1 - 1/n where one of n pixels
    has everything.
    """

    name = "sparseness"
    title = "Sparseness"
    family = "detail"
    unit = "share"
    better = "higher"
    bounds = (0.0, 1.0)
    formula = (
        r"1 - 2 \sum_{k=1}^{n} \frac{v_{(k)}}{\sum v} \cdot \frac{n - k + 1/2}{n}, \quad v = "
        r"|m|,\ v_{(1)} \le \dots \le v_{(n)}"
    )
    summary = (
        "How few pixels hold most of the map, by the Gini index: 0 all alike, near 1 a "
        "single pixel."
    )
    misleads = (
        "Sparse is not right: one wrong pixel has the best value there is. A rectified "
        "map is sparse by its zeros, a coarse one is not by its "
        "upsampling; and speckle of few bright pixels counts as sparse."
    )
    cite = Citation(
        "Chalasani et al.",
        2020,
        "Concise explanations of neural networks using adversarial training",
        "https://arxiv.org/abs/1810.06583",
    )
    standard = True

    def score(self, case: Case) -> Score:
        return Score(gini(case.map))


def gini(heat: Tensor) -> float:
    """Gini index of the absolute map `[H,W]`. Raises DegenerateMap for an all-zero map."""
    values = sizes(heat).flatten().sort().values
    count = len(values)
    above = (
        count - torch.arange(1, count + 1, dtype=torch.double) + 0.5
    ) / count  # a value's weight: the share of pixels at or above it
    return max(0.0, 1 - 2 * float((values * above).sum() / values.sum()))
