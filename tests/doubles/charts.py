"""Planted scores and estimates for charts."""

from __future__ import annotations

from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import Estimate
from heatcheck.tests.doubles.tables import table

SCORES = Scores(
    table(
        deletion={"smoothgrad": 0.1, "grad_cam": 0.105, "vanilla_gradients": 0.5, "random": 0.9},
        insertion={"smoothgrad": 0.8, "grad_cam": 0.9, "vanilla_gradients": 0.5, "random": 0.4},
    )
)


def around(mean: float) -> Estimate:
    """A mean over 20 images, its upper arm longer than the lower one."""
    return Estimate(mean, mean - 0.01, mean + 0.03, 20)
