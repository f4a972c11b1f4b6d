"""Model gains: what a map knows of this network's weights, beyond what the same method makes of any
network of its shape, or of another trained one.
"""

from __future__ import annotations

from dataclasses import dataclass

from heatcheck.core.errors import DoesNotApply
from heatcheck.core.registry import Citation, parameter
from heatcheck.metrics.base import METRICS, Case
from heatcheck.metrics.direction import ALONE, DELETION, INSERTION
from heatcheck.metrics.gains import GainOfModel, sides_of
from heatcheck.metrics.reference_maps import MODELS, NETWORK, WEIGHTS


@dataclass(frozen=True)
class ModelGain(GainOfModel):
    """How much better the map's own area is than those of the same method's maps under the network
    with all weights drawn anew; all are scored under the real network.
    """

    reference = "randomised"
    held_against = MODELS
    misleads = (
        "A network of random weights is a low hurdle: passing it says that the weights matter, not "
        "that the map is right. Some architectures see edges without any training. The three "
        "networks are the same for all images of a run."
    )
    cite = Citation(
        "Adebayo et al.",
        2018,
        "Sanity checks for saliency maps",
        "https://arxiv.org/abs/1810.03292",
    )
    sides = sides_of(
        "randomised", "Mean area with the maps of networks whose weights are drawn anew."
    )
    standard = True

    def references(self, case: Case) -> tuple[str, ...]:
        return tuple(f"{WEIGHTS}{number}" for number in range(MODELS))


@METRICS.register
@dataclass(frozen=True)
class DeletionModel(ModelGain):
    """Deletion AUC with the same method's maps under random weights, minus the map's own: positive
    where the map knows these weights.
    """

    direction = DELETION
    name = "deletion_model"
    title = "Deletion model gain"
    formula = (
        r"\tfrac{1}{3} \sum_{k} \text{deletion}(\text{map under random weights } k) - "
        r"\text{deletion}(\text{map})"
    )
    summary = (
        "How much worse deletion gets with the same method's maps under the network with all "
        "weights drawn anew."
    )

    substrate: str = DELETION.substrate_parameter("mean", ALONE)


@METRICS.register
@dataclass(frozen=True)
class InsertionModel(ModelGain):
    """The map's own insertion AUC, minus that with the same method's maps under random weights:
    positive where the map knows these weights.
    """

    direction = INSERTION
    name = "insertion_model"
    title = "Insertion model gain"
    formula = (
        r"\text{insertion}(\text{map}) - \tfrac{1}{3} \sum_{k} \text{insertion}(\text{map under "
        r"random weights } k)"
    )
    summary = (
        "How much worse insertion gets with the same method's maps under the network with all "
        "weights drawn anew."
    )

    substrate: str = INSERTION.substrate_parameter("mean", ALONE)


@dataclass(frozen=True)
class NetworkGain(GainOfModel):
    """How much better the map's own area is than that of the same method's map of another trained
    network, scored under this one.
    """

    reference = "other_network"
    misleads = (
        "Two good networks rightly look at the same object: no gain says that the map tells of "
        "the picture more than of this network."
    )
    sides = sides_of("other_network", "Area with the map of the other network.")

    network: str = parameter(
        "",
        "The other classifier, by the name that a run takes.",
        why="None: it is asked for by its name alone.",
    )

    def references(self, case: Case) -> tuple[str, ...]:
        if not self.network:
            raise DoesNotApply("it takes another network: give its name as `network`.")
        return (f"{NETWORK}{self.network}",)


@METRICS.register
@dataclass(frozen=True)
class DeletionNetwork(NetworkGain):
    """Deletion AUC with the same method's map of another network, minus the map's own: positive
    where this network's own is better.
    """

    direction = DELETION
    name = "deletion_network"
    title = "Deletion network gain"
    formula = r"\text{deletion}(\text{map of another network}) - \text{deletion}(\text{map})"
    summary = "How much worse deletion gets with the same method's map of another trained network."

    substrate: str = DELETION.substrate_parameter("mean", ALONE)


@METRICS.register
@dataclass(frozen=True)
class InsertionNetwork(NetworkGain):
    """The map's own insertion AUC, minus that with the same method's map of another network:
    positive where this network's own is better.
    """

    direction = INSERTION
    name = "insertion_network"
    title = "Insertion network gain"
    formula = r"\text{insertion}(\text{map}) - \text{insertion}(\text{map of another network})"
    summary = "How much worse insertion gets with the same method's map of another trained network."

    substrate: str = INSERTION.substrate_parameter("mean", ALONE)
