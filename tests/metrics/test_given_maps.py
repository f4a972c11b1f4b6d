"""Deletion and insertion of a map from anywhere."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from heatcheck.attribution import Target
from heatcheck.core.errors import BadParameter, DegenerateMap
from heatcheck.tests.doubles.cases import case_of, scored


def test_a_map_from_anywhere_is_scored_in_one_line(tiny_target: Target, tiny_x: Tensor) -> None:
    from heatcheck import metrics

    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3), requires_grad=True)
    case = case_of(heat.detach(), tiny_x, tiny_target)
    for name, alone in (("deletion", metrics.deletion), ("insertion", metrics.insertion)):
        assert (
            alone(tiny_target, tiny_x, heat, points=9).value == scored(case, name, points=9).value
        )
        assert (
            alone(tiny_target, tiny_x, heat, points=9, substrate="black").value
            == scored(case, name, points=9, substrate="black").value
        )
    flat = torch.zeros(20, 24)
    flat[0, 0] = 1
    assert (
        metrics.deletion(tiny_target, tiny_x, flat, seed=1).value
        != metrics.deletion(tiny_target, tiny_x, flat, seed=2).value
    )
    with pytest.raises(DegenerateMap, match="The map is blank"):
        metrics.deletion(tiny_target, tiny_x, torch.zeros(20, 24))
    with pytest.raises(DegenerateMap, match="finite"):
        metrics.deletion(tiny_target, tiny_x, torch.full((20, 24), float("nan")))
    with pytest.raises(BadParameter, match="substrate"):
        metrics.insertion(tiny_target, tiny_x, flat, substrate="pink")


def test_a_given_maps_seed_decides_its_ties(tiny_target: Target, tiny_x: Tensor) -> None:
    from heatcheck import metrics

    flat = torch.zeros(tiny_x.shape[-2:])
    flat[0, 0] = 1
    for score in (metrics.deletion, metrics.insertion):
        plain, same, other = (
            score(tiny_target, tiny_x, flat, points="all", **seed).value
            for seed in ({}, {"seed": 0}, {"seed": 1})
        )
        assert plain == same != other
