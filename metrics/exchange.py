"""Exchange gains: what a map knows of this image in deletion and in insertion, beyond its grain and
the place that all pictures share.
"""

from __future__ import annotations

from dataclasses import dataclass

from heatcheck.core.errors import DoesNotApply
from heatcheck.metrics.base import METRICS, OTHER_IMAGES, Case
from heatcheck.metrics.direction import DELETION, INSERTION
from heatcheck.metrics.gains import Gain, sides_of

PARTNERS = 2  # other images whose maps are tried on this one


@dataclass(frozen=True)
class Exchange(Gain):
    """How much better the map's own area is than those of the same method's maps of other
    images.
    """

    reference = "exchanged"
    held_against = PARTNERS
    misleads = (
        "Two images of like objects in like places can lend each other their maps: a set of near "
        "duplicates shows no evidence, nor does a model that reads one place in every picture. "
        "It is about the picture: the maps of any network that sees the object gain too."
    )
    sides = sides_of("exchanged", "Mean area with the maps of other images.")
    needs = frozenset({OTHER_IMAGES})
    standard = True

    def references(self, case: Case) -> tuple[str, ...]:
        if not case.others:
            raise DoesNotApply(
                "it exchanges maps with other images of the run, and no image of another "
                "sample has a map by this method that is not blank."
            )
        return tuple(f"other {number}" for number in range(min(PARTNERS, len(case.others))))


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
        "grain, same habits of place, other evidence."
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
        "grain, same habits of place, other evidence."
    )

    substrate: str = INSERTION.substrate_parameter()
