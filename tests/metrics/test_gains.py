"""Gains: a map against what it should beat."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from heatcheck.attribution import Target
from heatcheck.metrics import METRICS
from heatcheck.metrics.gains import Gain
from heatcheck.metrics.walks import error_of, walk_together
from heatcheck.tests.doubles.cases import case_of, others, scored

GAINS = [name for name, metric in METRICS.items() if issubclass(metric, Gain)]


@pytest.mark.parametrize("name", GAINS)
def test_a_gain_is_a_placement_score_within_one_and_higher_is_better(name: str) -> None:
    metric = METRICS[name]
    if name != "relevance_gain":
        assert metric.family == "placement"
    assert metric.better == "higher"
    assert metric.bounds == (-1.0, 1.0)
    assert {metric.reference, "auc_error", "on_mean"} <= set(metric.sides)


def test_its_error_is_that_of_both_areas(tiny_target: Target, tiny_x: Tensor) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(4))
    case = case_of(heat, tiny_x, tiny_target, others=others(tiny_x))
    metric = METRICS.build({"name": "deletion_placement", "points": "drawn-9", "substrate": "mean"})
    walks = metric.walks(metric.orders(case))
    sampled = walk_together(case, walks, "drawn-9", 0.005)
    told = metric.score(case).sides["auc_error"]
    own, moved = (sampled[metric.walk(order, "mean")] for order in metric.orders(case))
    assert told == pytest.approx(error_of((own, moved), (1, -1)))
    assert told > 0


def test_errors_of_a_set_are_smaller_than_those_of_its_members(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(4))
    case = case_of(heat, tiny_x, tiny_target)
    whole = scored(case, "deletion_placement", points="drawn-9", substrate="standard")
    alone = [
        scored(case, "deletion_placement", points="drawn-9", substrate=name).sides["auc_error"]
        for name in ("mean", "blur", "black")
    ]
    assert whole.sides["auc_error"] == pytest.approx(sum(error**2 for error in alone) ** 0.5 / 3)
