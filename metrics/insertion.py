"""Insertion: does the class's probability rise when the pixels the map ranks highest are uncovered?"""

from __future__ import annotations

from dataclasses import dataclass

from metrics.base import METRICS, Case, Metric, Score
from metrics.curves import insertion_curve, points_parameter, tie_share
from metrics.deletion import RISE


@METRICS.register
@dataclass(frozen=True)
class Insertion(Metric):
    """Area under the probability while the blurred image gives way to the image, highest-ranked pixels first."""

    name = "insertion"
    title = "Insertion"
    family = "faithfulness"
    unit = "probability"
    better = "higher"
    bounds = (0.0, 1.0)
    summary = "Area under the class's probability while the highest-ranked pixels of a blurred image are sharpened first."
    misleads = "A blob in the middle of the frame scores well on photographs: read it beside the placement gain and Centre Prior."
    cite = RISE

    points: int = points_parameter()

    def score(self, case: Case) -> Score:
        own = insertion_curve(case, self.points)
        return Score(own.auc, own, {"tie_share": tie_share(case.map)})
