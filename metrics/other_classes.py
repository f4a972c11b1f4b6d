"""Class gains: what a map knows of the class it was asked about, beyond what the same method says
of another class.
"""

from __future__ import annotations

from dataclasses import dataclass

from heatcheck.metrics.base import METRICS, OTHER_CLASSES, Case
from heatcheck.metrics.direction import ALONE, DELETION, INSERTION
from heatcheck.metrics.gains import GainOfModel, sides_of
from heatcheck.metrics.reference_maps import CLASS, SECOND


@dataclass(frozen=True)
class ClassGain(GainOfModel):
    """How much better the map's own area is than that of the same method's map of a class drawn
    from the lower half of the model's ranking; both are scored for the case's own class.
    """

    reference = "other_class"
    needs = frozenset({OTHER_CLASSES})
    misleads = (
        "A class that has nothing to do with the picture is a low hurdle. A method that shows what "
        "speaks against a class may point at the same object for it."
    )
    sides = sides_of("other_class", "Area with the map of the other class.")
    standard = True

    def references(self, case: Case) -> tuple[str, ...]:
        return (CLASS,)


@METRICS.register
@dataclass(frozen=True)
class DeletionClass(ClassGain):
    """Deletion AUC with the same method's map of an unlikely class, minus the map's own: positive
    where the map knows its class.
    """

    direction = DELETION
    name = "deletion_class"
    title = "Deletion class gain"
    formula = r"\text{deletion}(\text{map of another class}) - \text{deletion}(\text{map})"
    summary = "How much worse deletion gets with the same method's map of an unlikely class."

    substrate: str = DELETION.substrate_parameter("mean", ALONE)


@METRICS.register
@dataclass(frozen=True)
class InsertionClass(ClassGain):
    """The map's own insertion AUC, minus that with the same method's map of an unlikely class:
    positive where the map knows its class.
    """

    direction = INSERTION
    name = "insertion_class"
    title = "Insertion class gain"
    formula = r"\text{insertion}(\text{map}) - \text{insertion}(\text{map of another class})"
    summary = "How much worse insertion gets with the same method's map of an unlikely class."

    substrate: str = INSERTION.substrate_parameter("mean", ALONE)


@dataclass(frozen=True)
class SecondClassGain(ClassGain):
    """How much better the map's own area is than that of the same method's map of the model's
    second class.
    """

    reference = "second_class"
    misleads = (
        "Two breeds of dog share their pixels: like classes rightly get like maps, so no gain is "
        "no fault."
    )
    sides = sides_of("second_class", "Area with the map of the second class.")
    standard = False

    def references(self, case: Case) -> tuple[str, ...]:
        return (SECOND,)


@METRICS.register
@dataclass(frozen=True)
class DeletionSecondClass(SecondClassGain):
    """Deletion AUC with the same method's map of the second class, minus the map's own."""

    direction = DELETION
    name = "deletion_second_class"
    title = "Deletion second-class gain"
    formula = r"\text{deletion}(\text{map of the second class}) - \text{deletion}(\text{map})"
    summary = "How much worse deletion gets with the same method's map of the model's second guess."

    substrate: str = DELETION.substrate_parameter("mean", ALONE)


@METRICS.register
@dataclass(frozen=True)
class InsertionSecondClass(SecondClassGain):
    """The map's own insertion AUC, minus that with the same method's map of the second class."""

    direction = INSERTION
    name = "insertion_second_class"
    title = "Insertion second-class gain"
    formula = r"\text{insertion}(\text{map}) - \text{insertion}(\text{map of the second class})"
    summary = (
        "How much worse insertion gets with the same method's map of the model's second guess."
    )

    substrate: str = INSERTION.substrate_parameter("mean", ALONE)
