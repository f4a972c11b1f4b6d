"""Insertion exchange gain: what a map knows of this image, beyond its grain and where photographers
put things.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heatcheck.metrics.base import METRICS, OTHER_IMAGES, OURS, Case, Score
from heatcheck.metrics.curves import CurveMetric, Walk, joint_error, mean_of
from heatcheck.metrics.deletion_exchange import EXCHANGE_MISLEADS, EXCHANGE_SIDES, borrowed
from heatcheck.metrics.insertion import COVERED, WHY_BLUR
from heatcheck.metrics.substrates import CLEAN, substrate_parameter


@METRICS.register
@dataclass(frozen=True)
class InsertionExchange(CurveMetric):
    """The map's own insertion AUC, minus that with the same method's maps of other images: positive
    where the map knows this image.
    """

    name = "insertion_exchange"
    title = "Insertion exchange gain"
    family = "placement"
    unit = "probability"
    better = "higher"
    bounds = (-1.0, 1.0)
    formula = (
        r"\text{insertion}(\text{map}) - \tfrac{1}{2} \sum_{j} \text{insertion}(\text{map of "
        r"image } j)"
    )
    summary = (
        "How much worse insertion gets with the same method's maps of other images: same "
        "grain, same framing, other evidence."
    )
    misleads = EXCHANGE_MISLEADS
    cite = OURS
    sides = EXCHANGE_SIDES
    needs = frozenset({OTHER_IMAGES})
    standard = True

    substrate: str = substrate_parameter("blur", COVERED, WHY_BLUR)

    def walks(self, case: Case) -> Mapping[str, Walk]:
        return {
            order: Walk(self.substrate, CLEAN, order, self.patch)
            for order in ("own", *borrowed(case))
        }

    def score(self, case: Case) -> Score:
        found = dict(self.curves(case))
        own, other = found.pop("own"), mean_of(found.values())
        return Score(
            own.auc - other.auc,
            other.curve,
            {"exchanged": other.auc, "auc_error": joint_error((own, other))},
        )
