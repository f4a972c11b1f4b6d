"""Pointing game, energy in the object, object against background: answers known by hand, and what
is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Attribution, Passes, Target, attribute
from heatcheck.attribution.input_x_gradient import InputXGradient
from heatcheck.attribution.random import Random
from heatcheck.core.errors import BadParameter, DegenerateMap, DoesNotApply
from heatcheck.metrics import METRICS, OBJECT_MASK, Case, Metric
from heatcheck.metrics.background_swap import BackgroundSwap
from heatcheck.metrics.base import OURS
from heatcheck.metrics.energy_in_mask import EnergyInMask, share_on
from heatcheck.metrics.pointing_game import PointingGame

ALL: list[Metric] = [PointingGame(), EnergyInMask(), BackgroundSwap()]
LEFT = torch.tensor([[True, False], [True, False]])


class Scored(nn.Module):
    """Two classes: the logit of the second is what a function says of the pixels `[N,C,H,W]`, that
    of the first always 1000.
    """

    def __init__(self, logit: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.logit = logit

    def forward(self, x: Tensor) -> Tensor:
        logit = self.logit(x)
        return torch.stack([torch.full_like(logit, 1000), logit], 1)


def case_of(
    heat: Tensor,
    mask: Tensor | None,
    logit: Callable[[Tensor], Tensor] | None = None,
    x: Tensor | None = None,
) -> Case:
    """By default the logit is the picture's sum, the picture twos on the left and ones
    elsewhere.
    """
    seen = torch.ones(1, 1, *heat.shape) if x is None else x
    if x is None:
        seen[..., 0] = 2
    target = Target(
        Scored(logit or (lambda pixels: pixels.sum((1, 2, 3)))), 1, seen, mean=0.5, std=0.25
    )
    return Case(target, seen, Attribution(heat, Random(), 1, 0, 0.0, Passes()), "image", mask=mask)


# -- all three -------------------------------------------------------------------------------------


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


# -- pointing game ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heat", "value"),
    [
        ([[3.0, 1.0], [2.0, 0.0]], 1.0),
        ([[1.0, 3.0], [2.0, 0.0]], 0.0),
        ([[3.0, 3.0], [2.0, 0.0]], 0.5),
        ([[3.0, 3.0], [2.0, 3.0]], 1 / 3),
        ([[3.0, 3.0], [3.0, 0.0]], 2 / 3),
        ([[-3.0, -9.0], [-3.5, -4.0]], 1.0),  # the strongest, not the largest in size
        ([[0.0, -9.0], [-1.0, 0.0]], 0.5),
    ],
)
def test_the_strongest_pixel_lies_on_the_object_or_not_and_ties_share(
    heat: list[list[float]], value: float
) -> None:
    assert PointingGame().score(case_of(torch.tensor(heat), LEFT)).value == pytest.approx(value)


@pytest.mark.parametrize("constant", [0.0, 2.5, -2.5])
def test_a_constant_map_points_nowhere(constant: float) -> None:
    with pytest.raises(DegenerateMap, match=r"Expected a map that varies. Got a constant one"):
        PointingGame().score(case_of(torch.full((2, 2), constant), LEFT))


@pytest.mark.parametrize("metric", [PointingGame(), EnergyInMask()], ids=lambda metric: metric.name)
def test_chance_is_the_objects_share_of_the_picture(metric: Metric) -> None:
    mask = torch.zeros(5, 7, dtype=torch.bool)
    mask[1:3, 2:5] = True
    assert metric.score(
        case_of(torch.rand(5, 7, generator=torch.Generator().manual_seed(0)), mask)
    ).sides == {"chance": 6 / 35}


def test_over_random_maps_the_pointing_game_comes_to_chance() -> None:
    mask = torch.zeros(4, 4, dtype=torch.bool)
    mask[0] = True
    draws = torch.Generator().manual_seed(0)
    values = [
        PointingGame().score(case_of(torch.rand(4, 4, generator=draws), mask)).value
        for _ in range(1000)
    ]
    assert sum(values) / len(values) == pytest.approx(0.25, abs=0.04)


# -- energy in the object --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heat", "value"),
    [
        ([[3.0, 1.0], [0.0, 0.0]], 0.75),
        ([[3.0, 1.0], [-5.0, 0.0]], 0.75),  # what speaks against the class is no energy
        ([[3.0, -7.0], [2.0, 0.0]], 1.0),
        ([[-3.0, 7.0], [0.0, 0.0]], 0.0),
        ([[2.5, 2.5], [2.5, 2.5]], 0.5),  # even: chance
    ],
)
def test_energy_is_the_share_of_the_positive_part(heat: list[list[float]], value: float) -> None:
    assert EnergyInMask().score(case_of(torch.tensor(heat), LEFT)).value == pytest.approx(
        value, abs=1e-12
    )


def test_energy_of_an_even_map_is_chance_and_a_tiny_or_huge_map_loses_nothing() -> None:
    mask = torch.zeros(11, 13, dtype=torch.bool)
    mask[2:7, 3:9] = True
    assert share_on(mask, torch.full((11, 13), 1e-30)) == pytest.approx(30 / 143)
    heat = torch.rand(11, 13, generator=torch.Generator().manual_seed(0))
    assert share_on(mask, heat * 1e38) == pytest.approx(share_on(mask, heat), rel=1e-6)
    assert share_on(mask, heat) + share_on(~mask, heat) == pytest.approx(1)


@pytest.mark.parametrize(
    "metric", [EnergyInMask(), BackgroundSwap()], ids=lambda metric: metric.name
)
@pytest.mark.parametrize(
    "heat", [torch.zeros(2, 2), torch.full((2, 2), -1.0)], ids=["zero", "negative"]
)
def test_a_map_without_a_positive_part_has_no_energy(metric: Metric, heat: Tensor) -> None:
    case = case_of(heat, LEFT)
    with pytest.raises(DegenerateMap, match=r"Expected a map with a positive part. Got none"):
        metric.score(case)
    assert case.target.passes == Passes()


# -- object against background ---------------------------------------------------------------------


def test_on_a_sum_the_effects_are_the_sums_of_object_and_background() -> None:
    score = BackgroundSwap().score(
        case_of(torch.tensor([[1.0, 3.0], [0.0, -8.0]]), LEFT)
    )  # the picture: 2 + 2 left, 1 + 1 right
    assert score.sides["object_share_of_effect"] == pytest.approx(2 / 3)
    assert score.sides["object_share_of_map"] == pytest.approx(1 / 4)
    assert score.value == pytest.approx(5 / 12)


def test_the_difference_has_no_sign() -> None:
    assert BackgroundSwap().score(
        case_of(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), LEFT)
    ).value == pytest.approx(1 / 3)
    assert BackgroundSwap().score(
        case_of(torch.tensor([[0.0, 1.0], [0.0, 0.0]]), LEFT)
    ).value == pytest.approx(2 / 3)


def test_each_effect_is_what_is_lost_without_that_part() -> None:
    """Of the largest pixel, 2 on the object: without the object 1 is left, without the background
    nothing is lost.
    """

    def largest(pixels: Tensor) -> Tensor:
        return pixels.amax((1, 2, 3))

    score = BackgroundSwap().score(case_of(torch.tensor([[1.0, 1.0], [1.0, 1.0]]), LEFT, largest))
    assert score.sides == {"object_share_of_effect": 1.0, "object_share_of_map": 0.5}
    assert (
        BackgroundSwap()
        .score(case_of(torch.ones(2, 2), ~LEFT, largest))
        .sides["object_share_of_effect"]
        == 0.0
    )


def test_a_part_that_speaks_against_the_class_has_no_effect() -> None:
    x = torch.tensor([[[[3.0, -1.0], [0.0, -1.0]]]])
    assert (
        BackgroundSwap().score(case_of(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), LEFT, x=x)).value
        == 0.0
    )
    assert (
        BackgroundSwap()
        .score(case_of(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), ~LEFT, x=x))
        .sides["object_share_of_effect"]
        == 0.0
    )


def test_what_is_taken_away_becomes_the_mean_colour_which_is_zero_and_all_in_one_pass() -> None:
    seen: list[Tensor] = []

    def watched(pixels: Tensor) -> Tensor:
        seen.append(pixels.clone())
        return pixels.sum((1, 2, 3))

    x = torch.rand(1, 3, 2, 2, generator=torch.Generator().manual_seed(0)) + 1
    case = case_of(torch.eye(2), LEFT, watched, x=x)
    BackgroundSwap().score(case)
    (pictures,) = seen
    assert torch.equal(pictures[0], x[0])
    assert torch.equal(pictures[1][:, :, 0], torch.zeros(3, 2))
    assert torch.equal(pictures[1][:, :, 1], x[0][:, :, 1])
    assert torch.equal(pictures[2][:, :, 1], torch.zeros(3, 2))
    assert torch.equal(pictures[2][:, :, 0], x[0][:, :, 0])
    assert case.target.passes == Passes(forward=3)


def test_input_x_gradient_of_a_positive_linear_model_splits_as_the_model_does() -> None:
    draws = torch.Generator().manual_seed(0)
    weights, x = torch.rand(3, 11, 13, generator=draws), torch.rand(1, 3, 11, 13, generator=draws)
    mask = torch.zeros(11, 13, dtype=torch.bool)
    mask[3:8, 2:7] = True
    target = Target(Scored(lambda pixels: (pixels * weights).sum((1, 2, 3)) + 7), 1, x)
    score = BackgroundSwap().score(
        Case(target, x, attribute(InputXGradient(), target, x), "image", mask=mask)
    )
    parts = (x[0] * weights).sum(0)
    assert score.value == pytest.approx(0, abs=1e-5)
    assert score.sides["object_share_of_effect"] == pytest.approx(
        float(parts[mask].sum() / parts.sum()), abs=1e-5
    )


def test_a_model_that_neither_part_moves_has_no_split() -> None:
    with pytest.raises(
        DegenerateMap,
        match=r"Expected object or background to raise the class's logit. Got neither",
    ):
        BackgroundSwap().score(
            case_of(torch.eye(2), LEFT, lambda pixels: pixels.new_ones(len(pixels)))
        )
    with pytest.raises(DegenerateMap, match="Got neither"):
        BackgroundSwap().score(case_of(torch.eye(2), LEFT, lambda pixels: -pixels.sum((1, 2, 3))))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_logit_that_is_not_finite_is_said(place: int, bad: float) -> None:
    def broken(pixels: Tensor) -> Tensor:
        logits = pixels.sum((1, 2, 3))
        logits[place] = bad
        return logits

    with pytest.raises(DegenerateMap, match="Expected finite logits"):
        BackgroundSwap().score(case_of(torch.eye(2), LEFT, broken))
