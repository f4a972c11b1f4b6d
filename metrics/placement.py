"""Placement gains: what the places of a map buy in deletion and in insertion, beyond its grain."""

from __future__ import annotations

from dataclasses import dataclass

from heatcheck.metrics.base import METRICS, Case
from heatcheck.metrics.direction import ALONE, DELETION, INSERTION
from heatcheck.metrics.gains import Gain, sides_of


@dataclass(frozen=True)
class Placement(Gain):
    """How much better the map's own area is than that of the same map rolled by half the image."""

    reference = "misplaced"
    misleads = (
        "Includes the place that pictures share, the photographer's framing or a watermark: a "
        "fixed blob in the middle gains too, so hold it "
        "against Centre Prior and the exchange gain. Where the object fills the frame, the "
        "misplaced map hits it too."
    )
    sides = sides_of("misplaced", "Area of the misplaced map: what its grain alone buys.")
    standard = True

    def references(self, case: Case) -> tuple[str, ...]:
        return ("misplaced",)


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

    substrate: str = DELETION.substrate_parameter("mean", ALONE)


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

    substrate: str = INSERTION.substrate_parameter("mean", ALONE)
