"""Saturation: a closed-form counterexample, linear models, the path itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Output, Target
from heatcheck.attribution.input_x_gradient import InputXGradient
from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.attribution.random import Random
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics.saturation import Saturation
from heatcheck.tests.doubles.cases import case_by, case_of, drawn
from heatcheck.tests.doubles.small_models import Channels, Linear
from heatcheck.tests.doubles.told_methods import Told, told


class DeadZone(nn.Module):
    """1 - ReLU(1 - x): flat from x = 1 on."""

    def forward(self, x: Tensor) -> Tensor:
        return (1 - (1 - x).relu()).flatten(1)


def test_the_closed_form_counterexample() -> None:
    x = torch.full((1, 1, 1, 1), 2.0)
    target = Target(DeadZone(), 0, x, output=Output.SCORE)
    gone = Saturation().score(case_by(VanillaGradients(), target, x))
    assert gone.value == 0
    assert gone.sides == {"score_share_last": 0, "accounted": 0}
    kept = Saturation().score(case_by(IntegratedGradients(), target, x))
    assert kept.sides["accounted"] == pytest.approx(1, abs=1e-5)
    assert kept.value == pytest.approx(
        4 / (0.5 + 1 + 1 + 1), abs=0.03
    )  # the map at each point is the score's change up to there


@pytest.mark.parametrize(("steps", "grown"), [(2, 4 / 3), (4, 1.6), (8, 16 / 9)])
def test_on_a_linear_model_gradients_stay_and_their_product_with_the_image_grows(
    steps: int, grown: float
) -> None:
    x, weights = drawn(1, 2, 7, 5), drawn(2, 7, 5, seed=1) - 2
    target = Target(Linear(weights), 0, x)
    steady = Saturation(steps=steps).score(case_by(VanillaGradients(), target, x))
    assert steady.value == pytest.approx(1)
    product = Saturation(steps=steps).score(case_by(InputXGradient(), target, x))
    assert product.value == pytest.approx(grown, rel=1e-5)
    for score in (steady, product):
        assert score.sides["score_share_last"] == pytest.approx(1 / steps, rel=1e-4)
    assert product.sides["accounted"] == pytest.approx(
        1, rel=1e-5
    )  # the score falls, and so is the map's sum below zero
    change = abs(float(target.score(x)))
    largest = float(weights.abs().amax(0).sum())
    assert steady.sides["accounted"] == pytest.approx(largest / change, rel=1e-5)


class Squares(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return ((x + 2).square() + 1).sum((2, 3))


def test_the_path_starts_at_black_pixels_and_the_last_step_has_its_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = drawn(1, 1, 7, 5)
    target = Target(
        Squares(), 0, x, mean=0.5, std=0.25, output=Output.SCORE
    )  # black pixels are -2, where the score is 35
    method = told(monkeypatch, lambda target, x: x[0, 0])
    heat = torch.full((7, 5), -3.0)
    heat[0, :2] = torch.tensor([-2.0, -4.0])
    score = Saturation().score(case_of(heat, x, target, method=method))
    black = torch.full_like(x, -2.0)
    assert len(Told.asked) == 3
    for quarter, (_, index, point) in enumerate(Told.asked, 1):
        np.testing.assert_allclose(point, black + quarter / 4 * (x - black), rtol=1e-5, atol=1e-6)
        assert index == 0
    assert score.sides["score_share_last"] == pytest.approx(1 - (3 / 4) ** 2, rel=1e-4)
    assert score.sides["accounted"] == pytest.approx(105 / (float(target.score(x)) - 35), rel=1e-5)
    masses = [*(float(point.abs().sum()) for _, _, point in Told.asked), 105]
    assert score.value == pytest.approx(105 / np.mean(masses), rel=1e-5)


def test_a_random_map_is_the_same_all_along_the_path(tiny_target: Target, tiny_x: Tensor) -> None:
    assert Saturation().score(
        case_by(Random(), tiny_target, tiny_x, seed=4)
    ).value == pytest.approx(1, abs=1e-12)


def test_a_map_at_the_image_alone_has_all_and_a_blank_one_has_no_score(
    tiny_target: Target, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = told(monkeypatch, lambda target, x: torch.zeros(20, 24))
    score = Saturation().score(case_of(drawn(20, 24), tiny_x, tiny_target, method=method))
    assert score.value == pytest.approx(4)
    with pytest.raises(DegenerateMap, match="The map is blank"):
        Saturation().score(case_of(torch.zeros(20, 24), tiny_x, tiny_target, method=method))


@pytest.mark.parametrize("value", [0.0, torch.nan, torch.inf])
def test_a_score_that_does_not_change_by_a_number_has_no_saturation(value: float) -> None:
    x = drawn(1, 2, 7, 5)
    target = Target(Channels(torch.full((2, 2), value)), 0, x)
    with pytest.raises(DegenerateMap, match="score to change"):
        Saturation().score(case_of(drawn(7, 5), x, target))
