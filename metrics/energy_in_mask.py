"""Energy in the object: how much of a map lies on the object."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from heatcheck.core.errors import DegenerateMap
from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, OBJECT_MASK, Case, Metric, Score
from heatcheck.metrics.pointing_game import CHANCE, object_mask, share_of


@METRICS.register
@dataclass(frozen=True)
class EnergyInMask(Metric):
    """The share of the map's positive part that lies on the object; a map spread evenly gets the
    object's share of the picture.
    """

    name = "energy_in_mask"
    title = "Energy in the object"
    family = "sanity"
    unit = "share"
    better = "higher"
    bounds = (0.0, 1.0)
    formula = r"\sum_{p \in M} m^{+}(p) \Big/ \sum_{p} m^{+}(p)"
    summary = "Share of the map that lies on the object; the energy-based pointing game."
    misleads = (
        "A model may use the background, and a map that says so truly loses here. A "
        "coarse map spills over the border of a thin object; "
        "a large object is easy to hit."
    )
    cite = Citation(
        "Wang et al.",
        2020,
        "Score-CAM: score-weighted visual explanations for convolutional neural networks",
        "https://arxiv.org/abs/1910.01279",
    )
    sides = {"chance": CHANCE}
    needs = frozenset({OBJECT_MASK})

    def score(self, case: Case) -> Score:
        mask = object_mask(case)
        return Score(share_on(mask, case.map), sides={"chance": share_of(mask)})


def share_on(mask: Tensor, heat: Tensor) -> float:
    """The share of a map's positive part that a mask covers. Raises DegenerateMap where the map has
    no positive part.
    """
    positive = heat.double().clamp_min(0)
    if not positive.any():
        raise DegenerateMap(
            "Expected a map with a positive part. Got none: nothing in it speaks for the class."
        )
    return float(positive[mask].sum() / positive.sum())
