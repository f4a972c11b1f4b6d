"""Seed noise: how much of a map is the luck of the draw."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from heatcheck.core.errors import DegenerateMap
from heatcheck.core.registry import parameter
from heatcheck.metrics.base import METRICS, OURS, Case, Metric, Score
from heatcheck.metrics.similarity import finite, rank_correlation


@METRICS.register
@dataclass(frozen=True)
class SeedNoise(Metric):
    """One minus the mean rank correlation of the absolute map with maps of the same image under
    other seeds.

    Exactly 0 where the method draws nothing; one map is made to find that out.
    """

    name = "seed_noise"
    title = "Seed noise"
    family = "noise"
    unit = "1 - rank correlation"
    better = "lower"
    bounds = (0.0, 2.0)
    remakes = True
    formula = r"1 - \frac{1}{n} \sum_{k=1}^{n} \rho\bigl(|m_s|, |m_{s+k}|\bigr)"
    summary = (
        "How differently the map ranks the pixels when it is made with another seed; 0 for a "
        "method without chance."
    )
    misleads = (
        "It sees chance alone: a map can repeat itself and be wrong. Ranks weigh all "
        "pixels alike, so the order among thousands of faint ones "
        "counts for more than the few bright ones that the eye meets."
    )
    cite = OURS

    repeats: int = parameter(
        2,
        "Maps with other seeds that the map is compared with.",
        low=1,
        high=20,
        unit="maps",
        why="Two give a mean at twice the method's own cost; images give the rest.",
    )

    def score(self, case: Case) -> Score:
        plane = finite(case.map).abs()
        if plane.amax() == plane.amin():
            raise DegenerateMap(
                "Expected a map whose size varies. Got a constant one: its rank "
                "correlation with another is not defined."
            )
        seed = case.attribution.seed + 1
        first = case.again(seed=seed)
        if not first.drew:
            return Score(0.0)
        others = [first, *(case.again(seed=seed + k) for k in range(1, self.repeats))]
        return Score(
            1 - statistics.fmean(rank_correlation(plane, other.map.abs()) for other in others)
        )
