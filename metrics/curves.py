"""Curve metrics: what the metrics that are read off curves have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from heatcheck.core.errors import DegenerateMap
from heatcheck.core.registry import parameter
from heatcheck.metrics.base import Case, Metric, Side
from heatcheck.metrics.direction import DELETION, Direction
from heatcheck.metrics.orders import STEPS
from heatcheck.metrics.substrates import SUBSTRATES, members
from heatcheck.metrics.walks import POINTS, Sampled, Walk, mean_of, order_of, walk_together

AUC_ERROR = Side(
    "probability",
    "Standard error of the area from the points that were not evaluated; 0 with all of them.",
)
ON = "on_"  # before a substrate's name: the side value that it alone gives


def on_each(what: str) -> dict[str, Side]:
    """The side values of the substrates of a set, one each."""
    return {f"{ON}{name}": Side("probability", f"{what} {name}.") for name in SUBSTRATES}


@dataclass(frozen=True)
class CurveMetric(Metric):
    """A metric that is read off curves, in one direction, on one substrate or a set of them."""

    # deletion's, where a metric declares no other; then it declares the substrate too
    direction: ClassVar[Direction] = DELETION
    held_against: ClassVar[int] = 0  # how many orders it walks beside the own one

    points: int | str = parameter(
        "adaptive",
        "Points of the 225-point grid that are evaluated: a number of even ones; all; as many as "
        "the tolerance takes; or drawn-N, one drawn at random in each of N strata.",
        low=2,
        high=STEPS + 1,
        words=POINTS,
        unit="points",
        why="About 35 points give the area of 225 to within the tolerance. A run of five images "
        "or more draws 9: what that leaves is far below what images differ by.",
    )
    tolerance: float = parameter(
        0.005,
        "What two standard errors of an adaptive area may be.",
        low=0.0005,
        high=0.1,
        unit="probability",
        why="Well below the differences between methods.",
    )
    patch: int = parameter(
        1,
        "Side of the squares that change together.",
        low=1,
        high=64,
        unit="pixels",
        why="Single pixels are the protocol's; 16 shows what is left when grain is taken away.",
    )
    substrate: str = DELETION.substrate_parameter()

    @property
    def substrates(self) -> tuple[str, ...]:
        """The substrates that its value is the mean over."""
        return members(self.substrate)

    def orders(self, case: Case) -> tuple[str, ...]:
        """The orders of pixels whose curves it is read off. Raises DoesNotApply where the case
        lacks one.
        """
        raise NotImplementedError

    def walk(self, order: str, substrate: str) -> Walk:
        """The walk in an order on one of its substrates."""
        return self.direction.walk(substrate, order, self.patch)

    def curves(self, case: Case) -> dict[str, dict[str, Sampled]]:
        """The curves by order and substrate. Those of the case's other metrics that are read at the
        same points are walked beside them.

        Raises:
            DegenerateMap: the model gives NaN or infinity on the way.
        """
        orders = self.orders(case)
        beside = (metric for metric in case.together if self._alike(metric))
        sampled = walk_together(
            case,
            self.walks(orders).union(*(_walks_of(metric, case) for metric in beside)),
            self.points,
            self.tolerance,
        )
        for walk in self.walks(orders):
            if not np.isfinite(sampled[walk].curve.probabilities).all():
                raise DegenerateMap(
                    f"Expected finite probabilities along the curve ({walk.order}). Got NaN or "
                    f"infinity from the model between {walk.start} and {walk.stop}. Choose another "
                    "substrate: blur leaves no picture of one colour."
                )
        return {
            order: {name: sampled[self.walk(order, name)] for name in self.substrates}
            for order in orders
        }

    def walks(self, orders: Iterable[str]) -> set[Walk]:
        """The walks in these orders on all of its substrates."""
        return {self.walk(order, name) for order in orders for name in self.substrates}

    def _alike(self, other: Metric) -> bool:
        return isinstance(other, CurveMetric) and (other.points, other.tolerance) == (
            self.points,
            self.tolerance,
        )


def _walks_of(metric: Metric, case: Case) -> set[Walk]:
    """What another metric of a case walks; nothing where it cannot: that is its own affair."""
    assert isinstance(metric, CurveMetric)
    try:
        walks = metric.walks(metric.orders(case))
        for walk in walks:
            order_of(case, walk.order, walk.patch)  # the maps that it takes are made here
    except Exception:  # whatever goes wrong with another network or class is told in its own score
        return set()
    return walks


def over_set(by_substrate: Mapping[str, Sampled]) -> Sampled:
    """The mean over a set of substrates."""
    return mean_of(by_substrate.values())
