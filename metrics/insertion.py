"""Insertion: does the class's probability rise when the pixels the map ranks highest are
uncovered?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heatcheck.metrics.base import METRICS, Case, Score
from heatcheck.metrics.curves import OWN_SIDES, RISE, CurveMetric, Walk, own_sides
from heatcheck.metrics.substrates import CLEAN, substrate_parameter

COVERED = "What the image is before its pixels are uncovered."
WHY_BLUR = (
    "The protocol's: nearly a box of 11 x 11 pixels. Uncovering sharp pixels in a blurred "
    "image makes few edges that mean nothing."
)


@METRICS.register
@dataclass(frozen=True)
class Insertion(CurveMetric):
    """Area under the probability while the blurred image gives way to the image, highest-ranked
    pixels first.
    """

    name = "insertion"
    title = "Insertion"
    family = "faithfulness"
    unit = "probability"
    better = "higher"
    bounds = (0.0, 1.0)
    formula = (
        r"\int_0^1 p\bigl(\text{blurred } x \text{ with its first share } s \text{ of pixels "
        r"uncovered}\bigr)\, ds"
    )
    summary = (
        "Area under the class's probability while the highest-ranked pixels of a blurred "
        "image are sharpened first."
    )
    misleads = (
        "A blob in the middle of the frame scores well on photographs: read it beside the "
        "gains. A class that the model still sees in the blurred image starts high for every "
        "method."
    )
    cite = RISE
    sides = OWN_SIDES
    standard = True

    substrate: str = substrate_parameter("blur", COVERED, WHY_BLUR)

    @property
    def walk(self) -> Walk:
        """The curve that it is read off, and that its score carries."""
        return Walk(self.substrate, CLEAN, "own", self.patch)

    def walks(self, case: Case) -> Mapping[str, Walk]:
        return {"own": self.walk}

    def score(self, case: Case) -> Score:
        own = self.curves(case)["own"]
        return Score(own.auc, own.curve, own_sides(case, own))
