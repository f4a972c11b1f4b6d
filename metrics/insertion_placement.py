"""Insertion placement gain: what the places of a map buy in insertion, beyond its grain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heatcheck.metrics.base import METRICS, OURS, Case, Score
from heatcheck.metrics.curves import CurveMetric, Walk, joint_error
from heatcheck.metrics.deletion_placement import FRAMING_MISLEADS, PLACEMENT_SIDES
from heatcheck.metrics.insertion import COVERED, WHY_BLUR
from heatcheck.metrics.substrates import CLEAN, substrate_parameter


@METRICS.register
@dataclass(frozen=True)
class InsertionPlacement(CurveMetric):
    """The map's own insertion AUC, minus that of the same map rolled by half the image: positive
    where the places matter.
    """

    name = "insertion_placement"
    title = "Insertion placement gain"
    family = "placement"
    unit = "probability"
    better = "higher"
    bounds = (-1.0, 1.0)
    formula = r"\text{insertion}(\text{map}) - \text{insertion}(\text{map misplaced})"
    summary = (
        "How much worse insertion gets when the same map is moved elsewhere: same grain, "
        "other place."
    )
    misleads = FRAMING_MISLEADS
    cite = OURS
    sides = PLACEMENT_SIDES
    standard = True

    substrate: str = substrate_parameter("blur", COVERED, WHY_BLUR)

    def walks(self, case: Case) -> Mapping[str, Walk]:
        return {
            order: Walk(self.substrate, CLEAN, order, self.patch) for order in ("own", "misplaced")
        }

    def score(self, case: Case) -> Score:
        found = self.curves(case)
        own, other = found["own"], found["misplaced"]
        return Score(
            own.auc - other.auc,
            other.curve,
            {"misplaced": other.auc, "auc_error": joint_error(found.values())},
        )
