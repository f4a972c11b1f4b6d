"""Gains: by how much a map's own area is better than areas that hold the map against something it
should beat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from heatcheck.attribution import Method
from heatcheck.metrics.base import OURS, Case, Score, Side
from heatcheck.metrics.curves import AUC_ERROR, ON, CurveMetric, on_each, over_set
from heatcheck.metrics.walks import error_of, mean_of


def sides_of(reference: str, what: str) -> dict[str, Side]:
    """The side values of a gain whose references' mean area has that name."""
    return {
        reference: Side("probability", what),
        "auc_error": AUC_ERROR,
        **on_each("The gain on the substrate"),
    }


@dataclass(frozen=True)
class Gain(CurveMetric):
    """How much better the area of the map's own order is than the mean area of its references'
    orders, mean over the substrates; positive where the own is better. The curves are of the
    references.
    """

    family = "placement"
    unit = "probability"
    better = "higher"
    bounds = (-1.0, 1.0)
    cite = OURS
    held_against = 1
    reference: ClassVar[str]  # the side value that has the references' mean area

    def references(self, case: Case) -> tuple[str, ...]:
        """The orders that the own one is held against. Raises DoesNotApply where there is none."""
        raise NotImplementedError

    def orders(self, case: Case) -> tuple[str, ...]:
        return ("own", *self.references(case))

    def score(self, case: Case) -> Score:
        by_order = self.curves(case)
        own = by_order.pop("own")
        held = {
            name: mean_of(curves[name] for curves in by_order.values()) for name in self.substrates
        }
        each = {name: self.direction.gain(own[name].auc, held[name].auc) for name in held}
        errors = [error_of((own[name], held[name]), (1, -1)) for name in held]
        against = over_set(held)
        return Score(
            sum(each.values()) / len(each),
            against.curve,
            {
                self.reference: against.auc,
                "auc_error": float(np.linalg.norm(errors)) / len(errors),
                **{f"{ON}{name}": gain for name, gain in each.items()},
            },
            {f"{ON}{name}": sampled.curve for name, sampled in held.items()},
        )


@dataclass(frozen=True)
class GainOfModel(Gain):
    """A gain that asks what a map knows of the model, which is no question to a control."""

    remakes = True

    @classmethod
    def why_not(cls, method: Method) -> str | None:
        return (
            "it asks what a map knows of the model, and a control never looks at one."
            if method.is_control
            else super().why_not(method)
        )
