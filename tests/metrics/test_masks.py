"""What the three metrics that need the object's mask share."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from heatcheck.attribution import Passes
from heatcheck.core.errors import BadParameter, DegenerateMap, DoesNotApply
from heatcheck.metrics import METRICS, OBJECT_MASK, Metric
from heatcheck.metrics.background_swap import BackgroundSwap
from heatcheck.metrics.base import OURS
from heatcheck.metrics.energy_in_mask import EnergyInMask
from heatcheck.metrics.pointing_game import PointingGame
from heatcheck.tests.doubles.masked import LEFT, case_of

ALL: list[Metric] = [PointingGame(), EnergyInMask(), BackgroundSwap()]


def test_directions_bounds_and_needs() -> None:
    assert [
        METRICS[name].better for name in ("pointing_game", "energy_in_mask", "background_swap")
    ] == ["higher", "higher", "lower"]
    for metric in ALL:
        assert (metric.bounds, metric.unit, metric.family, metric.standard) == (
            (0, 1),
            "share",
            "sanity",
            False,
        )
        assert metric.needs == {OBJECT_MASK}
        assert METRICS.build(metric.name) == metric
    assert BackgroundSwap.cite is OURS


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
@pytest.mark.parametrize(
    ("mask", "error", "words"),
    [
        (None, DoesNotApply, "needs to know where the object is"),
        (torch.ones(2, 2, dtype=torch.bool), DoesNotApply, "the mask has only object"),
        (torch.zeros(2, 2, dtype=torch.bool), DoesNotApply, "the mask has only background"),
        (
            torch.ones(2, 3, dtype=torch.bool),
            BadParameter,
            r"Expected a mask of the map's shape, \(2, 2\). Got \(2, 3\)",
        ),
    ],
    ids=["none", "full", "empty", "another shape"],
)
def test_a_mask_that_tells_nothing_is_refused(
    metric: Metric, mask: Tensor | None, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        metric.score(case_of(torch.tensor([[3.0, 1.0], [2.0, 0.0]]), mask))


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_map_that_is_not_finite_has_no_value(metric: Metric, bad: float) -> None:
    with pytest.raises(DegenerateMap, match=r"Expected a finite map. Got NaN or infinity"):
        metric.score(case_of(torch.tensor([[3.0, 1.0], [bad, 0.0]]), LEFT))


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_one_pixel_cannot_be_object_and_background(metric: Metric) -> None:
    with pytest.raises(DoesNotApply, match="only object"):
        metric.score(case_of(torch.ones(1, 1), torch.ones(1, 1, dtype=torch.bool)))


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
@pytest.mark.parametrize("shape", [(1, 2), (13, 7), (17, 1), (3, 11)])
def test_any_sides_give_a_share_and_the_map_and_picture_stay(
    metric: Metric, shape: tuple[int, int]
) -> None:
    draws = torch.Generator().manual_seed(0)
    mask = torch.zeros(shape, dtype=torch.bool)
    mask.flatten()[: max(1, mask.numel() // 3)] = True
    case = case_of(
        torch.randn(shape, generator=draws), mask, x=torch.rand(1, 3, *shape, generator=draws)
    )
    before = case.map.clone(), case.x.clone(), mask.clone()
    score = metric.score(case)
    assert 0 <= score.value <= 1
    assert set(score.sides) == set(metric.sides)
    assert all(0 <= value <= 1 for value in score.sides.values())
    assert torch.equal(case.map, before[0])
    assert torch.equal(case.x, before[1])
    assert torch.equal(mask, before[2])


@pytest.mark.parametrize("metric", [PointingGame(), EnergyInMask()], ids=lambda metric: metric.name)
def test_chance_is_the_objects_share_of_the_picture(metric: Metric) -> None:
    mask = torch.zeros(5, 7, dtype=torch.bool)
    mask[1:3, 2:5] = True
    assert metric.score(
        case_of(torch.rand(5, 7, generator=torch.Generator().manual_seed(0)), mask)
    ).sides == {"chance": 6 / 35}


@pytest.mark.parametrize(
    "metric", [EnergyInMask(), BackgroundSwap()], ids=lambda metric: metric.name
)
@pytest.mark.parametrize(
    "heat",
    [torch.tensor([[0.0, 0.0], [0.0, -1.0]]), torch.tensor([[-1.0, -2.0], [-1.0, -1.0]])],
    ids=["zero", "negative"],
)
def test_a_map_without_a_positive_part_has_no_energy(metric: Metric, heat: Tensor) -> None:
    case = case_of(heat, LEFT)
    with pytest.raises(DegenerateMap, match=r"Expected a map with a positive part. Got none"):
        metric.score(case)
    assert case.target.passes == Passes()
