"""What a score is made of: grain, shared place and evidence.

A map's area under deletion or insertion is split by what the same map scores elsewhere. *Grain* is
the area of the map misplaced: what its texture alone buys. *Shared place* is what the maps of other
images score beyond that: the place that the maps of all images share, be it where photographers put
things, or a watermark that the model reads in every picture. *Evidence* is what the image's own map
scores beyond those: what belongs to this image. For insertion the three add up to the score; for
deletion, where lower is better, shared place and evidence are taken from grain.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import Estimate, estimate

AREAS = ("deletion", "insertion")
PLACEMENTS = ("deletion_placement", "insertion_placement")
EXCHANGES = ("deletion_exchange", "insertion_exchange")
PAIRS = (
    EXCHANGES,
    PLACEMENTS,
    AREAS,
)  # what speaks of one thing in deletion and in insertion, the most telling first


@dataclass(frozen=True)
class Split:
    """One method's score on one area, means over the images on which all parts are there."""

    method: str  # the key in the run
    area: str
    score: Estimate
    grain: Estimate
    shared_place: Estimate  # positive where the places that the method's maps share help
    evidence: Estimate  # positive where the map's own places help beyond those


def telling_pair(scores: Scores) -> tuple[str, str] | None:
    """The first of `PAIRS` for which a run has values in deletion and in insertion."""
    return next(
        (
            pair
            for pair in PAIRS
            if all(scores.of(metric).notna().any(axis=None) for metric in pair)
        ),
        None,
    )


def splits(scores: Scores, area: str) -> list[Split]:
    """Every method's split on an area, in the run's order; empty where the run has not measured
    all parts.
    """
    whole, misplaced, placement, exchange = (
        scores.of(metric)
        for metric in (area, f"{area}_placement.misplaced", f"{area}_placement", f"{area}_exchange")
    )
    parted = []
    for method in whole.columns:
        if any(method not in wide.columns for wide in (misplaced, placement, exchange)):
            continue
        parts = pd.DataFrame(
            {
                "score": whole[method],
                "grain": misplaced[method],
                "shared_place": placement[method] - exchange[method],
                "evidence": exchange[method],
            }
        ).dropna()
        estimates = {part: estimate(parts[part].to_numpy()) for part in parts}
        if all(estimates.values()):
            parted.append(Split(method, area, **estimates))  # type: ignore[arg-type]
    return parted
