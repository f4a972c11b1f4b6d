"""Object against background: models whose split is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from heatcheck.attribution import Passes, Target, attribute
from heatcheck.attribution.input_x_gradient import InputXGradient
from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics import Case
from heatcheck.metrics.background_swap import BackgroundSwap
from heatcheck.tests.doubles.masked import LEFT, Scored, case_of


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

    heat = torch.tensor([[1.0, 2.0], [2.0, 1.0]])
    score = BackgroundSwap().score(case_of(heat, LEFT, largest))
    assert score.sides == {"object_share_of_effect": 1.0, "object_share_of_map": 0.5}
    assert (
        BackgroundSwap().score(case_of(heat, ~LEFT, largest)).sides["object_share_of_effect"] == 0.0
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
