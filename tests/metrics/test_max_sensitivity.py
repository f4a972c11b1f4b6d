"""Max sensitivity: captum's, and what noise it asks with."""

from __future__ import annotations

import captum.attr
import captum.metrics
import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor

from heatcheck.attribution import Target, attribute
from heatcheck.attribution.random import Random
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.metrics.max_sensitivity import MaxSensitivity
from heatcheck.tests.doubles.cases import case_by, case_of, drawn
from heatcheck.tests.doubles.small_models import Linear
from heatcheck.tests.doubles.told_methods import method_of


def test_max_sensitivity_is_captums(tiny_target: Target, tiny_x: Tensor) -> None:
    method, metric = VanillaGradients(reduce="sum"), MaxSensitivity()
    case = case_by(method, tiny_target, tiny_x)
    noise = torch.cat(metric.noise(case))

    def explained(inputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor]:
        x = inputs if isinstance(inputs, Tensor) else inputs[0]
        return (torch.stack([attribute(method, tiny_target, one).map.abs() for one in x.split(1)]),)

    oracle = captum.metrics.sensitivity_max(
        explained, tiny_x, perturb_func=lambda x: x + noise, n_perturb_samples=10
    )
    assert metric.score(case).value == pytest.approx(float(oracle), rel=1e-5)
    assert float(oracle) > 0.01


def test_the_worst_counts_and_the_mean_stands_beside_it() -> None:
    heat, asked = drawn(7, 5) - 0.5, []
    method = method_of(
        lambda target, x, _: asked.append(x) or -heat * (1 + 0.1 * (-1) ** len(asked) * len(asked))
    )
    score = MaxSensitivity(samples=3).score(case_of(heat, method=method))
    assert score.value == pytest.approx(0.3)
    assert score.sides == pytest.approx({"average": 0.2})
    assert len(asked) == 3


def test_on_a_map_that_is_the_picture_the_change_is_the_noise() -> None:
    x = 5 + drawn(1, 1, 7, 5)
    case = case_by(method_of(lambda target, x, _: x[0, 0]), Target(Linear(), 0, x, std=0.25), x)
    shares = [float(noise.norm() / x.norm()) for noise in MaxSensitivity().noise(case)]
    score = MaxSensitivity().score(case)
    assert score.value == pytest.approx(max(shares), rel=1e-5)
    assert score.sides == pytest.approx({"average": np.mean(shares)}, rel=1e-5)
    assert MaxSensitivity(radius=0.0).score(case).value == 0


def test_the_noise_is_even_in_pixel_units_on_every_channel() -> None:
    x = drawn(1, 2, 40, 50)
    target = Target(Linear(), 0, x, std=[0.5, 0.1])
    draws = torch.cat(
        MaxSensitivity(samples=5, radius=0.1).noise(case_of(drawn(40, 50), x, target=target))
    )
    assert draws.shape == (5, 2, 40, 50)
    for channel, most in enumerate([0.2, 1.0]):
        values = draws[:, channel].flatten().numpy()
        assert scipy.stats.kstest(values, "uniform", (-most, 2 * most)).pvalue > 0.01
        assert np.abs(values).max() <= most
    assert len({float(draw.sum()) for draw in draws}) == 5


def test_every_method_meets_the_same_noise_another_seed_another_and_more_samples_only_add() -> None:
    case = case_of(drawn(7, 5))
    first, more = MaxSensitivity(samples=2).noise(case), MaxSensitivity(samples=5).noise(case)
    assert torch.equal(torch.cat(first), torch.cat(more[:2]))
    assert torch.equal(
        first[0], MaxSensitivity().noise(case_of(drawn(7, 5), method=VanillaGradients()))[0]
    )
    assert not torch.equal(first[0], MaxSensitivity().noise(case_of(drawn(7, 5), seed=1))[0])


def test_a_method_keeps_its_own_draws_so_that_only_the_image_changes() -> None:
    x = drawn(1, 1, 7, 5)
    assert MaxSensitivity().score(case_by(Random(), Target(Linear(), 0, x), x, seed=4)).value == 0


def test_a_map_that_only_turns_its_sign_is_stable() -> None:
    heat = drawn(7, 5)
    assert MaxSensitivity().score(case_of(heat, method=method_of(lambda *_: -heat))).value == 0
