"""Deletion placement gain: what the places of a map buy in deletion, beyond its grain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heatcheck.metrics.base import METRICS, OURS, Case, Score, Side
from heatcheck.metrics.curves import AUC_ERROR, CurveMetric, Walk, joint_error
from heatcheck.metrics.deletion import REMOVED, WHY_MEAN
from heatcheck.metrics.substrates import CLEAN, substrate_parameter

FRAMING_MISLEADS = (
    "Includes the photographer's framing: a fixed blob in the middle gains too, so hold it "
    "against Centre Prior and the exchange gain. Where the object fills the frame, the "
    "misplaced map hits it too."
)
PLACEMENT_SIDES = {
    "misplaced": Side("probability", "Area of the misplaced map: what its grain alone buys."),
    "auc_error": AUC_ERROR,
}


@METRICS.register
@dataclass(frozen=True)
class DeletionPlacement(CurveMetric):
    """Deletion AUC of the same map rolled by half the image, minus the map's own: positive where
    the places matter.
    """

    name = "deletion_placement"
    title = "Deletion placement gain"
    family = "placement"
    unit = "probability"
    better = "higher"
    bounds = (-1.0, 1.0)
    formula = r"\text{deletion}(\text{map misplaced}) - \text{deletion}(\text{map})"
    summary = (
        "How much worse deletion gets when the same map is moved elsewhere: same grain, "
        "other place."
    )
    misleads = FRAMING_MISLEADS
    cite = OURS
    sides = PLACEMENT_SIDES
    standard = True

    substrate: str = substrate_parameter("mean", REMOVED, WHY_MEAN)

    def walks(self, case: Case) -> Mapping[str, Walk]:
        return {
            order: Walk(CLEAN, self.substrate, order, self.patch) for order in ("own", "misplaced")
        }

    def score(self, case: Case) -> Score:
        found = self.curves(case)
        own, other = found["own"], found["misplaced"]
        return Score(
            other.auc - own.auc,
            other.curve,
            {"misplaced": other.auc, "auc_error": joint_error(found.values())},
        )
