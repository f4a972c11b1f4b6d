"""High-frequency share: waves and white noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.metrics import METRICS, Case
from heatcheck.metrics.high_frequency_share import high_frequency_share


def test_a_higher_cutoff_leaves_less(tiny_target: Target, tiny_x: Tensor) -> None:
    case = Case(tiny_target, tiny_x, attribute(METHODS.build("random"), tiny_target, tiny_x))
    low, high = (
        METRICS.read({"name": "high_frequency_share", "cutoff": cutoff}).score(case).value
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
