"""Exchange gains: what a map knows of this image in deletion and in insertion, beyond its grain and
where photographers put things.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from heatcheck.core.errors import DoesNotApply
from heatcheck.metrics.base import METRICS, OTHER_IMAGES, OURS, Case, Score, Side
from heatcheck.metrics.curves import AUC_ERROR, CurveMetric
from heatcheck.metrics.direction import DELETION, INSERTION
from heatcheck.metrics.walks import Walk, joint_error, mean_of

PARTNERS = 2  # other images whose maps are tried on this one


def borrowed(case: Case) -> list[str]:
    """The orders of the other images' maps. Raises DoesNotApply where no other image has one."""
    if not case.others:
        raise DoesNotApply(
            "it exchanges maps with other images of the run, and no image of another "
            "sample has a map by this method that is not blank."
        )
    return [f"other {number}" for number in range(min(PARTNERS, len(case.others)))]


@dataclass(frozen=True)
class Exchange(CurveMetric):
    """How much better the map's own area is than those of the same method's maps of other
    images.
    """

    family = "placement"
    unit = "probability"
    better = "higher"
    bounds = (-1.0, 1.0)
    misleads = (
        "Two images of like objects in like places can lend each other their maps: a set of near "
        "duplicates shows no evidence."
    )
    cite = OURS
    sides = {
        "exchanged": Side("probability", "Mean area with the maps of other images."),
        "auc_error": AUC_ERROR,
    }
    needs = frozenset({OTHER_IMAGES})
    standard = True

    def walks(self, case: Case) -> Mapping[str, Walk]:
        return self.in_orders("own", *borrowed(case))

    def score(self, case: Case) -> Score:
        curves = self.curves(case)
        own = curves.pop("own")
        exchanged = mean_of(curves.values())
        return Score(
            self.direction.gain(own.auc, exchanged.auc),
            exchanged.curve,
            {"exchanged": exchanged.auc, "auc_error": joint_error((own, exchanged))},
        )


@METRICS.register
@dataclass(frozen=True)
class DeletionExchange(Exchange):
    """Deletion AUC with the same method's maps of other images, minus the map's own: positive where
    the map knows this image.
    """

    direction = DELETION
    name = "deletion_exchange"
    title = "Deletion exchange gain"
    formula = (
        r"\tfrac{1}{2} \sum_{j} \text{deletion}(\text{map of image } j) - "
        r"\text{deletion}(\text{map})"
    )
    summary = (
        "How much worse deletion gets with the same method's maps of other images: same "
        "grain, same framing, other evidence."
    )

    substrate: str = DELETION.substrate_parameter()


@METRICS.register
@dataclass(frozen=True)
class InsertionExchange(Exchange):
    """The map's own insertion AUC, minus that with the same method's maps of other images: positive
    where the map knows this image.
    """

    direction = INSERTION
    name = "insertion_exchange"
    title = "Insertion exchange gain"
    formula = (
        r"\text{insertion}(\text{map}) - \tfrac{1}{2} \sum_{j} \text{insertion}(\text{map of "
        r"image } j)"
    )
    summary = (
        "How much worse insertion gets with the same method's maps of other images: same "
        "grain, same framing, other evidence."
    )

    substrate: str = INSERTION.substrate_parameter()
