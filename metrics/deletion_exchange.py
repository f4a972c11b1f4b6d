"""Deletion exchange gain: what a map knows of this image, beyond its grain and where photographers
put things.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heatcheck.core.errors import DoesNotApply
from heatcheck.metrics.base import METRICS, OTHER_IMAGES, OURS, Case, Score, Side
from heatcheck.metrics.curves import AUC_ERROR, CurveMetric, Walk, joint_error, mean_of
from heatcheck.metrics.deletion import REMOVED, WHY_MEAN
from heatcheck.metrics.substrates import CLEAN, substrate_parameter

PARTNERS = 2  # other images whose maps are tried on this one
EXCHANGE_MISLEADS = (
    "Two images of like objects in like places can lend each other their maps: a set of near "
    "duplicates shows no evidence."
)
EXCHANGE_SIDES = {
    "exchanged": Side("probability", "Mean area with the maps of other images."),
    "auc_error": AUC_ERROR,
}


def borrowed(case: Case) -> list[str]:
    """The orders of the other images' maps. Raises DoesNotApply where the run has no other map."""
    if not case.others:
        raise DoesNotApply(
            "it exchanges maps with other images of the run, and no other image has a "
            "map by this method."
        )
    return [f"other {number}" for number in range(min(PARTNERS, len(case.others)))]


@METRICS.register
@dataclass(frozen=True)
class DeletionExchange(CurveMetric):
    """Deletion AUC with the same method's maps of other images, minus the map's own: positive where
    the map knows this image.
    """

    name = "deletion_exchange"
    title = "Deletion exchange gain"
    family = "placement"
    unit = "probability"
    better = "higher"
    bounds = (-1.0, 1.0)
    formula = (
        r"\tfrac{1}{2} \sum_{j} \text{deletion}(\text{map of image } j) - "
        r"\text{deletion}(\text{map})"
    )
    summary = (
        "How much worse deletion gets with the same method's maps of other images: same "
        "grain, same framing, other evidence."
    )
    misleads = EXCHANGE_MISLEADS
    cite = OURS
    sides = EXCHANGE_SIDES
    needs = frozenset({OTHER_IMAGES})
    standard = True

    substrate: str = substrate_parameter("mean", REMOVED, WHY_MEAN)

    def walks(self, case: Case) -> Mapping[str, Walk]:
        return {
            order: Walk(CLEAN, self.substrate, order, self.patch)
            for order in ("own", *borrowed(case))
        }

    def score(self, case: Case) -> Score:
        found = dict(self.curves(case))
        own, other = found.pop("own"), mean_of(found.values())
        return Score(
            other.auc - own.auc,
            other.curve,
            {"exchanged": other.auc, "auc_error": joint_error((own, other))},
        )
