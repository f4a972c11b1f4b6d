"""Deletion: does the class's probability fall when the pixels the map ranks highest are taken away?"""

from __future__ import annotations

from dataclasses import dataclass

from attribution.registry import Citation
from metrics.base import METRICS, Case, Metric, Score
from metrics.curves import deletion_curve, points_parameter, tie_share

RISE = Citation(
    "Petsiuk et al.", 2018, "RISE: randomized input sampling for explanation of black-box models", "https://arxiv.org/abs/1806.07421"
)


@METRICS.register
@dataclass(frozen=True)
class Deletion(Metric):
    """Area under the probability while pixels give way to the mean colour, highest-ranked first."""

    name = "deletion"
    title = "Deletion"
    family = "faithfulness"
    unit = "probability"
    better = "lower"
    bounds = (0.0, 1.0)
    summary = "Area under the class's probability while the highest-ranked pixels are removed first."
    misleads = "Scattered pixels destroy texture, so speckled maps look good: read it beside the placement gain."
    cite = RISE

    points: int = points_parameter()

    def score(self, case: Case) -> Score:
        own = deletion_curve(case, self.points)
        return Score(own.auc, own, {"tie_share": tie_share(case.map)})
