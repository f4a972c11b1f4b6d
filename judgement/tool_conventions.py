"""Where the order of methods depends on the tool: the same maps under six conventions of deletion
and insertion.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from heatcheck.judgement.scores import Scores
from heatcheck.metrics.conventions import CONVENTIONS, Convention


@dataclass(frozen=True)
class Ranked:
    """Methods under one convention: mean areas over images, and places from 1, best first."""

    convention: Convention
    area: str  # deletion or insertion
    means: dict[str, float]  # by the method's key in the run
    places: dict[str, int]


def ranked(scores: Scores, area: str) -> list[Ranked]:
    """The methods under each convention; empty where the run has not measured them."""
    orders = []
    for name, convention in CONVENTIONS.items():
        wide = scores.of(f"conventions.{name}_{area}")
        if wide.empty:
            continue
        whole = wide.dropna(
            axis=1, how="all"
        ).dropna()  # images on which every method that was scored at all has a value
        if whole.empty:
            continue
        means = whole.mean()
        places = means.rank(ascending=area == "deletion", method="first").astype(int)
        orders.append(Ranked(convention, area, means.to_dict(), places.to_dict()))
    return orders


def flips(orders: list[Ranked]) -> list[tuple[str, str]]:
    """The pairs of methods that change places between some two conventions."""
    methods = list(orders[0].places) if orders else []
    return [
        (first, second)
        for first, second in itertools.combinations(methods, 2)
        if len({order.places[first] < order.places[second] for order in orders}) == 2
    ]
