"""Insertion placement gain: what the places of a map buy in insertion, beyond its grain."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.base import METRICS, Case, Metric, Score
from metrics.curves import insertion_curve, points_parameter
from metrics.deletion_placement import OURS


@METRICS.register
@dataclass(frozen=True)
class InsertionPlacement(Metric):
    """The map's own insertion AUC, minus that of the same map rolled by half the image: positive where the places matter."""

    name = "insertion_placement"
    title = "Insertion placement gain"
    family = "placement"
    unit = "probability"
    better = "higher"
    bounds = (-1.0, 1.0)
    summary = "How much worse insertion gets when the same map is moved elsewhere: same grain, other place."
    misleads = "Includes the photographer's framing: a fixed blob in the middle gains too, so hold it against Centre Prior."
    cite = OURS

    points: int = points_parameter()

    def score(self, case: Case) -> Score:
        own, other = (insertion_curve(case, self.points, elsewhere=elsewhere) for elsewhere in (False, True))
        return Score(own.auc - other.auc, other, {"misplaced": other.auc})
