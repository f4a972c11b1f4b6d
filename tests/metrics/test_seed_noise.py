"""Seed noise: which maps are made, and how they are compared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor

from heatcheck.attribution import Target, attribute
from heatcheck.attribution.random import Random
from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics.seed_noise import SeedNoise
from heatcheck.tests.doubles.cases import case_by, case_of, drawn
from heatcheck.tests.doubles.small_models import Linear
from heatcheck.tests.doubles.told_methods import method_of


@pytest.mark.parametrize("repeats", [1, 2, 5])
def test_seed_noise_is_one_minus_the_mean_correlation_with_the_next_seeds(repeats: int) -> None:
    x = drawn(1, 1, 7, 5)
    method = method_of(
        lambda target, x, stream: torch.randn(x.shape[-2:], generator=stream) + x[0, 0]
    )
    case = case_by(method, Target(Linear(), 0, x), x, seed=5)
    others = [
        attribute(method, case.target, x, seed=5 + step, about="image").map.abs()
        for step in range(1, repeats + 1)
    ]
    oracle = [
        scipy.stats.spearmanr(case.map.abs().flatten(), other.flatten()).statistic
        for other in others
    ]
    assert SeedNoise(repeats=repeats).score(case).value == pytest.approx(
        1 - np.mean(oracle), abs=1e-12
    )


def test_a_method_that_draws_nothing_has_no_seed_noise_and_is_asked_once() -> None:
    asked = []
    method = method_of(lambda target, x, _: asked.append(1) or drawn(7, 5, seed=len(asked)))
    assert SeedNoise(repeats=9).score(case_of(drawn(7, 5), method=method)).value == 0
    assert len(asked) == 1


def test_a_method_that_draws_is_asked_once_a_repeat() -> None:
    asked = []
    method = method_of(
        lambda target, x, stream: asked.append(1) or torch.rand(x.shape[-2:], generator=stream)
    )
    SeedNoise(repeats=3).score(case_of(drawn(7, 5), method=method))
    assert len(asked) == 3


def test_random_maps_have_seed_noise_about_one() -> None:
    assert SeedNoise().score(
        case_by(Random(), Target(Linear(), 0, drawn(1, 1, 64, 64)), drawn(1, 1, 64, 64))
    ).value == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("other", "value"),
    [(lambda heat: -heat, 0), (lambda heat: heat**2, 0), (lambda heat: 2 - heat, 2)],
)
def test_seed_noise_is_of_the_ranks_of_sizes(
    other: Callable[[Tensor], Tensor], value: float
) -> None:
    heat = drawn(7, 5)
    method = method_of(lambda target, x, stream: other(heat) + 0 * torch.rand(1, generator=stream))
    assert SeedNoise().score(case_of(heat, method=method)).value == pytest.approx(value, abs=1e-12)
    assert SeedNoise().score(case_of(-heat, method=method)).value == pytest.approx(value, abs=1e-12)


def test_a_map_of_one_size_has_no_seed_noise_whatever_its_signs() -> None:
    def never(target: Target, x: Tensor, stream: torch.Generator) -> Tensor:
        raise AssertionError("asked for a map")

    board = 2.0 * (torch.arange(35).reshape(7, 5) % 2) - 1
    with pytest.raises(
        DegenerateMap, match=r"Expected a map whose size varies\. Got a constant one"
    ):
        SeedNoise().score(case_of(board, method=method_of(never)))
    with pytest.raises(DegenerateMap, match="The map is blank"):
        SeedNoise().score(case_of(torch.full((7, 5), 3.0), method=method_of(never)))


def test_another_map_that_is_constant_has_no_correlation() -> None:
    method = method_of(
        lambda target, x, stream: torch.ones(7, 5) + 0 * torch.rand(1, generator=stream)
    )
    with pytest.raises(DegenerateMap, match="two maps that vary"):
        SeedNoise().score(case_of(drawn(7, 5), method=method))
