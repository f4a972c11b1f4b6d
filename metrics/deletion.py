"""Deletion: does the class's probability fall when the pixels the map ranks highest are taken
away?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heatcheck.metrics.base import METRICS, Case, Score
from heatcheck.metrics.curves import OWN_SIDES, RISE, CurveMetric, Walk, own_sides
from heatcheck.metrics.substrates import CLEAN, substrate_parameter

REMOVED = (
    "What a removed pixel becomes; mean: zero after normalisation, the data set's mean colour."
)
WHY_MEAN = (
    "The protocol's. Every substrate is another picture no camera took, and favours other maps."
)


@METRICS.register
@dataclass(frozen=True)
class Deletion(CurveMetric):
    """Area under the probability while pixels give way to the substrate, highest-ranked first."""

    name = "deletion"
    title = "Deletion"
    family = "faithfulness"
    unit = "probability"
    better = "lower"
    bounds = (0.0, 1.0)
    formula = (
        r"\int_0^1 p\bigl(x \text{ with its first share } s \text{ of pixels removed}\bigr)\, ds"
    )
    summary = (
        "Area under the class's probability while the highest-ranked pixels are removed first."
    )
    misleads = (
        "Scattered pixels destroy texture, so speckled maps look good: read it beside the "
        "gains. It also depends on how sure the model is of the clean image."
    )
    cite = RISE
    sides = OWN_SIDES
    standard = True

    substrate: str = substrate_parameter("mean", REMOVED, WHY_MEAN)

    @property
    def walk(self) -> Walk:
        """The curve that it is read off, and that its score carries."""
        return Walk(CLEAN, self.substrate, "own", self.patch)

    def walks(self, case: Case) -> Mapping[str, Walk]:
        return {"own": self.walk}

    def score(self, case: Case) -> Score:
        own = self.curves(case)["own"]
        return Score(own.auc, own.curve, own_sides(case, own))
