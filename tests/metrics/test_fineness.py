"""Fineness: cosine waves, white noise, and edges that do not meet."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics import METRICS
from heatcheck.metrics.base import BLANK
from heatcheck.metrics.fineness import Fineness, fineness
from heatcheck.metrics.high_frequency_share import high_frequency_share
from heatcheck.tests.doubles.cases import case_of


def wave(across: int, down: int = 0, side: int = 64) -> torch.Tensor:
    """A wave of the cosine transform, all above zero: `across` half periods along a row."""
    place = (torch.arange(side, dtype=torch.double) + 0.5) * torch.pi / side
    return 2 + torch.cos(across * place) * torch.cos(down * place)[:, None]


@pytest.mark.parametrize("cutoff", [0.1, 0.25, 0.4])
def test_white_noise_has_what_lies_outside_a_quarter_of_a_disc(cutoff: float) -> None:
    """Every coefficient but the mean's has the same expected energy: the share is their number
    above the cutoff, 1 - pi c^2 in the limit; 1 - pi / 16 at the default.
    """
    draws = [
        torch.rand(224, 224, generator=torch.Generator().manual_seed(seed)) for seed in range(5)
    ]
    expected = 1 - np.pi * cutoff**2
    assert np.mean([fineness(draw, cutoff) for draw in draws]) == pytest.approx(expected, abs=0.01)


def test_a_wave_counts_where_its_frequency_is_above_the_cutoff() -> None:
    for half_periods, share in ((32, 0.0), (33, 1.0)):  # of 64 pixels: 0.25 cycles a pixel is 32
        assert fineness(wave(half_periods)) == pytest.approx(share, abs=1e-12)
        assert fineness(wave(half_periods).T) == pytest.approx(share, abs=1e-12)
    for across, down, share in ((20, 20, 0.0), (24, 24, 1.0)):  # both directions count
        assert fineness(wave(across, down)) == pytest.approx(share, abs=1e-12)
    assert fineness(wave(10) + wave(40)) == pytest.approx(0.5, abs=1e-12)


def test_edges_that_do_not_meet_are_no_detail() -> None:
    """By the Fourier transform a plain slope has most of its fine energy from wrapping around."""
    slope = torch.linspace(1, 2, 224, dtype=torch.double).expand(224, 224)
    assert fineness(slope) < 1e-4 * high_frequency_share(slope)
    cells = torch.rand(1, 1, 7, 7, generator=torch.Generator().manual_seed(0))
    cam = F.interpolate(cells, (224, 224), mode="bilinear", align_corners=False)[0, 0]
    assert fineness(cam) < 1e-2 * high_frequency_share(cam)


def test_an_enlarged_map_and_a_fine_one_meet_at_matched_resolution() -> None:
    cells = torch.rand(1, 1, 14, 14, generator=torch.Generator().manual_seed(0))
    enlarged = F.interpolate(cells, (224, 224), mode="nearest")[0, 0]
    score = METRICS.build("fineness").score(case_of(enlarged))
    assert score.value < 0.05
    assert score.sides["at_matched"] == pytest.approx(fineness(cells[0, 0]), abs=1e-6)
    assert score.sides["at_matched"] > 0.5


def test_scale_and_sign_do_not_change_it_and_a_constant_map_has_none() -> None:
    heat = torch.randn(20, 24, generator=torch.Generator().manual_seed(0))
    for by in (-1.0, 1e-30, 1e30):
        assert fineness(by * heat) == pytest.approx(fineness(heat), rel=1e-6)
    for value in (0.0, -3.0):
        with pytest.raises(DegenerateMap, match="constant"):
            fineness(torch.full((20, 20), value))
        with pytest.raises(DegenerateMap, match=BLANK):
            METRICS.build("fineness").score(case_of(torch.full((20, 20), value)))


def test_what_it_is() -> None:
    assert (Fineness.standard, Fineness.family, Fineness.better) == (True, "detail", "lower")
    assert "noise" not in Fineness.title.lower()
    assert Fineness().params == {"cutoff": 0.25}
