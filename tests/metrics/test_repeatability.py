"""Repeatability: maps that repeat, that do not, and the noise between them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from heatcheck.attribution import METHODS, Target
from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics import METRICS
from heatcheck.metrics.base import BLANK
from heatcheck.metrics.orders import pooled
from heatcheck.metrics.reference_maps import made_again
from heatcheck.metrics.repeatability import SCALES, Repeatability
from heatcheck.tests.doubles.cases import case_by, case_of, drawn
from heatcheck.tests.doubles.told_methods import method_of

X = drawn(1, 3, 64, 48, seed=3)


def smooth_target() -> Target:
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 5), torch.nn.Softplus(), torch.nn.Flatten(), torch.nn.LazyLinear(3)
    )
    model(X)
    return Target(model.eval(), 1, X, mean=0.5, std=0.25)


def test_centre_prior_repeats_itself_exactly_and_random_not_at_all() -> None:
    target = smooth_target()
    always = Repeatability().score(case_by(METHODS.build("centre_prior"), target, X))
    assert always.value == 1
    assert set(always.sides.values()) == {1.0}
    never = Repeatability().score(case_by(METHODS.build("random"), target, X))
    assert abs(never.sides["at_1"]) < 0.05
    assert abs(never.value) < 0.4  # twelve squares of 16 pixels say little


def test_edges_move_a_little_with_the_noise() -> None:
    score = Repeatability().score(case_by(METHODS.build("edges"), smooth_target(), X))
    assert 0.95 < score.sides["at_1"] < 1


def test_it_is_pearsons_correlation_of_two_maps_both_pooled() -> None:
    def noisy(target: Target, x: Tensor, stream: torch.Generator) -> Tensor:
        return x[0].sum(0) + torch.randn(x.shape[-2:], generator=stream)

    case = case_by(method_of(noisy), smooth_target(), X, seed=4)
    metric = Repeatability(deviation=0.05)
    score = metric.score(case)
    second = metric.second(case).map
    for scale in SCALES:
        one, two = (pooled(heat.double(), scale).flatten().numpy() for heat in (case.map, second))
        expected = np.corrcoef(one, two)[0, 1]
        assert score.sides[f"at_{scale}"] == pytest.approx(expected, abs=1e-6), scale
    assert score.value == pytest.approx(np.mean(list(score.sides.values())))


def test_the_noise_is_in_pixel_units_the_same_for_every_method_and_not_clipped() -> None:
    target = smooth_target()
    metric = Repeatability(deviation=0.02)
    draws = [metric.noise(case_by(METHODS.build(name), target, X)) for name in ("edges", "random")]
    assert torch.equal(draws[0], draws[1])
    assert float(draws[0].std()) == pytest.approx(0.02 / 0.25, rel=0.03)
    assert float(draws[0].mean()) == pytest.approx(0, abs=0.005)
    other = case_by(METHODS.build("edges"), target, X, seed=1)
    assert not torch.equal(metric.noise(other), draws[0])
    white = target.to_input(torch.ones_like(X))
    assert float((white + draws[0]).amax()) > float(white.amax())


def test_one_more_map_is_made_and_kept_with_the_case() -> None:
    made = []

    def counting(target: Target, x: Tensor, stream: torch.Generator) -> Tensor:
        made.append(x)
        target.gradient(x)
        return x[0, 0]

    case = case_by(method_of(counting), smooth_target(), X)
    Repeatability().score(case)
    assert len(made) == 2
    (kept,) = made_again(case)
    assert kept.seed == case.attribution.seed + 1
    assert (kept.passes.forward, kept.passes.backward) == (1, 1)
    assert kept.warm
    assert kept.seconds > 0


def test_signs_count_as_they_are_scored() -> None:
    def turning(target: Target, x: Tensor, stream: torch.Generator) -> Tensor:
        return X[0, 0] if torch.equal(x, X) else -X[0, 0]

    assert Repeatability().score(case_by(method_of(turning), smooth_target(), X)).value == -1


def test_a_small_map_is_pooled_by_half_its_side_at_most() -> None:
    method = method_of(lambda target, x, stream: x[0, 0] + torch.rand(6, 4, generator=stream))
    x = drawn(1, 3, 6, 4)
    sides = Repeatability().score(case_by(method, Target(smooth_target().model, 0, x), x)).sides
    assert sides["at_2"] == sides["at_4"] == sides["at_8"] == sides["at_16"] != sides["at_1"]


def test_a_map_that_is_constant_at_a_scale_has_no_value() -> None:
    with pytest.raises(DegenerateMap, match=BLANK):
        Repeatability().score(case_of(torch.full((32, 32), 2.0)))
    board = ((torch.arange(32)[:, None] + torch.arange(32)) % 2).float()
    method = method_of(lambda *_: board)
    x = torch.ones(1, 3, 32, 32)
    with pytest.raises(DegenerateMap, match="vary at every scale"):
        Repeatability().score(case_by(method, Target(smooth_target().model, 0, x), x))


def test_what_it_is() -> None:
    metric = METRICS.build("repeatability")
    assert (metric.standard, metric.family, metric.better) == (True, "noise", "higher")
    assert metric.bounds == (-1, 1)
    assert list(metric.sides) == ["at_1", "at_2", "at_4", "at_8", "at_16"]
    assert metric.params == {"deviation": 0.01}
