"""High-frequency share, total variation, runtime: known answers and refusals."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Attribution, Passes, Target, attribute
from heatcheck.attribution.random import Random
from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics import METRICS, Case
from heatcheck.metrics.high_frequency_share import high_frequency_share
from heatcheck.metrics.runtime import LiveTensors
from heatcheck.metrics.total_variation import total_variation


def case_of(heat: Tensor) -> Case:
    x = torch.zeros(1, 3, *heat.shape)
    return Case(Target(nn.Identity(), 0, x), x, Attribution(heat, Random(), 0, 0, 0.0, Passes()))


def test_a_higher_cutoff_leaves_less(tiny_target: Target, tiny_x: Tensor) -> None:
    case = Case(tiny_target, tiny_x, attribute(METHODS.build("random"), tiny_target, tiny_x))
    low, high = (
        METRICS.build({"name": "high_frequency_share", "cutoff": cutoff}).score(case).value
        for cutoff in (0.1, 0.4)
    )
    assert low > high + 0.1


def test_white_noise_has_about_four_fifths_of_its_energy_above_the_cutoff() -> None:
    shares = [
        high_frequency_share(
            torch.randn(224, 224, generator=torch.Generator().manual_seed(seed)) + 10
        )
        for seed in range(5)
    ]
    assert np.mean(shares) == pytest.approx(
        1 - np.pi / 16, abs=0.01
    )  # the disc of radius 1/4 in the unit square


def test_a_slow_wave_has_none_and_a_fast_one_all() -> None:
    place = torch.arange(64.0)
    slow, fast = (
        1 + torch.cos(2 * np.pi * frequency * place).expand(64, 64) for frequency in (0.125, 0.375)
    )
    assert high_frequency_share(slow) == pytest.approx(0, abs=1e-9)
    assert high_frequency_share(fast) == pytest.approx(1, abs=1e-9)
    assert high_frequency_share(slow + fast) == pytest.approx(0.5, abs=1e-6)


def test_a_wave_of_four_pixels_is_not_yet_noise_and_one_of_three_is() -> None:
    for period, share in ((4, 0.0), (3, 1.0)):
        wave = 1 + torch.cos(2 * np.pi * torch.arange(12.0) / period).expand(12, 12)
        assert high_frequency_share(wave) == pytest.approx(share, abs=1e-9)
        assert high_frequency_share(wave.T) == pytest.approx(share, abs=1e-9)


def test_both_directions_count_in_the_frequency_of_a_slanted_wave() -> None:
    place = torch.arange(20.0)
    for across, down, share in ((0.15, 0.15, 0.0), (0.2, 0.2, 1.0)):
        wave = 1 + torch.cos(2 * np.pi * (across * place + down * place[:, None]))
        assert high_frequency_share(wave) == pytest.approx(share, abs=1e-9)


def test_scale_and_sign_do_not_change_noise() -> None:
    heat = torch.randn(32, 32, generator=torch.Generator().manual_seed(0))
    for metric in (high_frequency_share, total_variation):
        assert metric(heat) == pytest.approx(metric(-7 * heat), rel=1e-6)


@pytest.mark.parametrize("metric", ["high_frequency_share", "total_variation"])
def test_an_all_zero_map_has_no_noise_value(metric: str) -> None:
    with pytest.raises(DegenerateMap, match="Expected a map"):
        METRICS.build(metric).score(case_of(torch.zeros(20, 20)))


def test_a_constant_map_has_no_spectrum_and_no_variation() -> None:
    with pytest.raises(DegenerateMap, match="constant"):
        high_frequency_share(torch.full((20, 20), 3.0))
    assert total_variation(torch.full((20, 20), 3.0)) == 0


def test_total_variation_of_known_maps() -> None:
    assert total_variation(torch.tensor([[0.0, 2.0], [0.0, 2.0]])) == pytest.approx(
        1.0
    )  # two jumps of 2, mean 1, four pixels
    board = (torch.arange(8)[:, None] + torch.arange(8)) % 2
    assert total_variation(board.float()) == pytest.approx(2 * 2 * 8 * 7 / 64)


def test_pooling_hides_a_grain_finer_than_the_pool() -> None:
    board = ((torch.arange(28)[:, None] + torch.arange(28)) % 2).float()
    score = METRICS.build("total_variation").score(case_of(board))
    assert score.value > 3
    assert score.sides["pooled"] == pytest.approx(0, abs=1e-6)


class Slow(nn.Module):
    """Takes 20 ms a pass."""

    def forward(self, x: Tensor) -> Tensor:
        time.sleep(0.02)
        return x.mean((2, 3))


@pytest.mark.parametrize("warm", [False, True])
def test_runtime_is_the_time_of_one_map_and_counts_its_passes(warm: bool) -> None:
    x = torch.rand(1, 3, 8, 8)
    target = Target(Slow(), 0, x)
    method = METHODS.build("vanilla_gradients")
    made = [attribute(method, target, x) for _ in range(1 + warm)][-1]
    assert made.warm is warm
    before = target.passes
    score = METRICS.build("runtime").score(Case(target, x, made))
    assert 20 <= score.value < 200
    assert score.sides["lower_quartile"] <= score.value <= score.sides["upper_quartile"]
    assert (score.sides["forward_passes"], score.sides["backward_passes"]) == (1, 1)
    assert score.sides["forward_pass"] >= 20
    maps = 2 if warm else 3  # a cold map is the warm-up, a warm one counts
    counted, passes = 1, 1 + 3  # the map whose memory is counted; a warm-up and three timed passes
    assert (target.passes - before).backward == maps + counted + passes
    assert score.sides["forward_backward"] >= 20
    assert score.sides["in_forward_backwards"] == pytest.approx(
        score.value / score.sides["forward_backward"]
    )
    assert score.sides["peak_memory"] > 0
    again = METRICS.build("runtime").score(Case(target, x, made))
    assert again.sides["peak_memory"] == score.sides["peak_memory"]


class Cut(nn.Module):
    """Has no gradient."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3)).detach()


def test_a_model_without_gradients_has_no_gradient_pass_to_compare_with() -> None:
    x = torch.rand(1, 3, 8, 8)
    target = Target(Cut(), 0, x)
    made = attribute(METHODS.build("random"), target, x)
    sides = METRICS.build("runtime").score(Case(target, x, made)).sides
    assert "forward_backward" not in sides
    assert "in_forward_backwards" not in sides
    assert sides["forward_passes"] == 0


def test_live_tensors_are_counted_while_they_live() -> None:
    million = 1_000_000
    with LiveTensors() as live:
        first = torch.ones(million)  # 4 MB
        view = first.view(1000, 1000)[:10]
        second = first + 1
        del second
        third = view * 2
        first.add_(1)
    assert live.peak == 8 * million
    assert live.now == 4 * million + 40_000
    del first, view, third
    assert live.now == 0
