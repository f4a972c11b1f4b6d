"""Completeness gap: how far a map's sum is from the change that it claims to share out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import Method
from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.core.numbers import rounded
from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, Case, Metric, Score
from heatcheck.metrics.similarity import finite


@METRICS.register
@dataclass(frozen=True)
class CompletenessGap(Metric):
    """The difference of the map's sum from the logit's change between baseline and image, over that
    change.

    Of several baselines the mean logit counts. Said of methods alone that declare themselves
    `complete`.
    """

    name = "completeness_gap"
    title = "Completeness gap"
    family = "sanity"
    unit = "share of the change"
    better = "lower"
    bounds = (0.0, float("inf"))
    formula = (
        r"\Bigl| \sum_{i,j} m_{ij} - \bigl(f(x) - f(x')\bigr) \Bigr| \Big/ \bigl| f(x) - "
        r"f(x') \bigr|"
    )
    summary = (
        "How far the map's sum is from the score's change between baseline and image, which "
        "it claims to share out."
    )
    misleads = (
        "A sum says nothing of where it went: the whole change on one wrong pixel has no "
        "gap. Where image and baseline score nearly alike "
        "the share explodes. IDGI has no gap by construction."
    )
    cite = Citation(
        "Sundararajan et al.",
        2017,
        "Axiomatic attribution for deep networks",
        "https://arxiv.org/abs/1703.01365",
    )

    @classmethod
    def why_not(cls, method: Method) -> str | None:
        return (
            None
            if method.complete
            else "it claims no completeness: the sum of its map is not in the unit of the score."
        )

    def score(self, case: Case) -> Score:
        method = case.attribution.method
        if reason := self.why_not(method):
            raise DoesNotApply(f"{method.title} has no completeness gap: {reason}")
        starts = method.path_starts(case.target, case.x, case.generator("attribution"))
        scores = case.target.score(torch.cat([case.x, starts])).double()
        return Score(gap(case.map, float(scores[0] - scores[1:].mean())))


def gap(heat: Tensor, change: float) -> float:
    """|sum of the map `[H,W]` - change| / |change|. Raises DegenerateMap where nothing changes, or
    not by a number.
    """
    total = float(finite(heat).sum())
    if change == 0 or not math.isfinite(change):
        raise DegenerateMap(
            "Expected the score to change from the baseline to the image. Got a change "
            f"of {rounded(change)}: a share of it is not defined. "
            "Choose another baseline."
        )
    return abs(total - change) / abs(change)
