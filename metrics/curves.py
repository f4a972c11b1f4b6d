"""Curve metrics: what the metrics that are read off curves have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from heatcheck.core.errors import DegenerateMap
from heatcheck.core.registry import parameter
from heatcheck.metrics.base import Case, Metric, Side
from heatcheck.metrics.direction import DELETION, Direction
from heatcheck.metrics.orders import STEPS
from heatcheck.metrics.walks import ADAPTIVE, ALL, Sampled, Walk, walk_together

AUC_ERROR = Side(
    "probability",
    "Standard error of the area from the points that were not evaluated; 0 with all of them.",
)


@dataclass(frozen=True)
class CurveMetric(Metric):
    """A metric that is read off curves, in one direction."""

    # deletion's, where a metric declares no other; then it declares the substrate too
    direction: ClassVar[Direction] = DELETION

    points: int | str = parameter(
        ADAPTIVE,
        "Points of the 225-point grid that are evaluated: a number of even ones, all, or "
        "as many as the tolerance takes.",
        low=2,
        high=STEPS + 1,
        words=(ADAPTIVE, ALL),
        unit="points",
        why="About 35 points give the area of 225 to within the tolerance.",
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

    def walks(self, case: Case) -> Mapping[str, Walk]:
        """The walks that the metric is read off, by their orders."""
        raise NotImplementedError

    def in_orders(self, *orders: str) -> dict[str, Walk]:
        """Walks in its direction, by their orders."""
        return {order: self.direction.walk(self.substrate, order, self.patch) for order in orders}

    def curves(self, case: Case) -> dict[str, Sampled]:
        """The curves of those walks, by their orders. Those of the case's other metrics that are
        read at the same points are walked beside them.

        Raises:
            DegenerateMap: the model gives NaN or infinity on the way.
        """
        walks = self.walks(case)
        beside = [
            metric.walks(case)
            for metric in case.together
            if isinstance(metric, CurveMetric) and self._alike(metric, case)
        ]
        sampled = walk_together(
            case,
            {walk for by_order in (walks, *beside) for walk in by_order.values()},
            self.points,
            self.tolerance,
        )
        for order, walk in walks.items():
            if not np.isfinite(sampled[walk].curve.probabilities).all():
                raise DegenerateMap(
                    f"Expected finite probabilities along the curve ({order}). Got NaN or "
                    "infinity from the model."
                )
        return {order: sampled[walk] for order, walk in walks.items()}

    def _alike(self, other: CurveMetric, case: Case) -> bool:
        return (other.points, other.tolerance) == (self.points, self.tolerance) and bool(
            case.others or not other.needs
        )
