"""Deletion placement gain: what the places of a map buy in deletion, beyond its grain."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.registry import Citation
from metrics.base import METRICS, Case, Metric, Score
from metrics.curves import deletion_curve, points_parameter

OURS = Citation("Heatcheck", 2026, "Placement gain: a map against itself misplaced", "docs/metrics.md")


@METRICS.register
@dataclass(frozen=True)
class DeletionPlacement(Metric):
    """Deletion AUC of the same map rolled by half the image, minus the map's own: positive where the places matter."""

    name = "deletion_placement"
    title = "Deletion placement gain"
    family = "placement"
    unit = "probability"
    better = "higher"
    bounds = (-1.0, 1.0)
    summary = "How much worse deletion gets when the same map is moved elsewhere: same grain, other place."
    misleads = "Includes the photographer's framing: a fixed blob in the middle gains too, so hold it against Centre Prior."
    cite = OURS

    points: int = points_parameter()

    def score(self, case: Case) -> Score:
        own, other = (deletion_curve(case, self.points, elsewhere=elsewhere) for elsewhere in (False, True))
        return Score(other.auc - own.auc, other, {"misplaced": other.auc})
