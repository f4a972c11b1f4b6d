"""Placement gains: what the places of a map buy in deletion and in insertion, beyond its grain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heatcheck.metrics.base import METRICS, OURS, Case, Score, Side
from heatcheck.metrics.curves import AUC_ERROR, CurveMetric
from heatcheck.metrics.direction import DELETION, INSERTION
from heatcheck.metrics.walks import Walk, joint_error


@dataclass(frozen=True)
class Placement(CurveMetric):
    """How much better the map's own area is than that of the same map rolled by half the image."""

    family = "placement"
    unit = "probability"
    better = "higher"
    bounds = (-1.0, 1.0)
    misleads = (
        "Includes the photographer's framing: a fixed blob in the middle gains too, so hold it "
        "against Centre Prior and the exchange gain. Where the object fills the frame, the "
        "misplaced map hits it too."
    )
    cite = OURS
    sides = {
        "misplaced": Side("probability", "Area of the misplaced map: what its grain alone buys."),
        "auc_error": AUC_ERROR,
    }
    standard = True

    def walks(self, case: Case) -> Mapping[str, Walk]:
        return self.in_orders("own", "misplaced")

    def score(self, case: Case) -> Score:
        curves = self.curves(case)
        own, moved = curves["own"], curves["misplaced"]
        return Score(
            self.direction.gain(own.auc, moved.auc),
            moved.curve,
            {"misplaced": moved.auc, "auc_error": joint_error((own, moved))},
        )


@METRICS.register
@dataclass(frozen=True)
class DeletionPlacement(Placement):
    """Deletion AUC of the same map rolled by half the image, minus the map's own: positive where
    the places matter.
    """

    direction = DELETION
    name = "deletion_placement"
    title = "Deletion placement gain"
    formula = r"\text{deletion}(\text{map misplaced}) - \text{deletion}(\text{map})"
    summary = (
        "How much worse deletion gets when the same map is moved elsewhere: same grain, "
        "other place."
    )

    substrate: str = DELETION.substrate_parameter()


@METRICS.register
@dataclass(frozen=True)
class InsertionPlacement(Placement):
    """The map's own insertion AUC, minus that of the same map rolled by half the image: positive
    where the places matter.
    """

    direction = INSERTION
    name = "insertion_placement"
    title = "Insertion placement gain"
    formula = r"\text{insertion}(\text{map}) - \text{insertion}(\text{map misplaced})"
    summary = (
        "How much worse insertion gets when the same map is moved elsewhere: same grain, "
        "other place."
    )

    substrate: str = INSERTION.substrate_parameter()
