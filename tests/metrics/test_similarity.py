"""Similarity of maps: Spearman's correlation and SSIM, against scipy and scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import skimage.metrics
import torch

from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics.similarity import rank_correlation, ssim
from heatcheck.tests.doubles.cases import drawn

SIZES = [(7, 7), (11, 13), (20, 24), (8, 9), (5, 5), (6, 9), (3, 17), (4, 4)]


@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_rank_correlation_is_spearmans_with_ties_at_their_mean_rank(levels: int) -> None:
    a, b = ((drawn(11, 13, seed=seed) * levels).floor() - levels / 2 for seed in (0, 1))
    b = b + (a / 2).floor()
    assert rank_correlation(a, b) == pytest.approx(
        scipy.stats.spearmanr(a.flatten(), b.flatten()).statistic, abs=1e-12
    )
    assert rank_correlation(a, b) == rank_correlation(b, a) != pytest.approx(0, abs=0.1)


def test_rank_correlation_sees_the_order_alone_and_the_sign() -> None:
    heat = drawn(7, 5) - 0.5
    assert rank_correlation(heat, heat) == 1
    assert rank_correlation(heat, heat.exp()) == 1
    assert rank_correlation(heat, -heat) == -1
    assert rank_correlation(
        torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[1.0, 3.0, 2.0]])
    ) == pytest.approx(0.5)


def test_constant_maps_and_those_with_nan_have_no_rank_correlation() -> None:
    heat, bad = drawn(7, 5), drawn(7, 5)
    bad[0, 0] = torch.nan
    for pair in [
        (heat, torch.ones(7, 5)),
        (torch.zeros(7, 5), heat),
        (torch.ones(1, 1), torch.ones(1, 1)),
    ]:
        with pytest.raises(
            DegenerateMap, match=r"Expected two maps that vary\. Got a constant one"
        ):
            rank_correlation(*pair)
    for pair in [(heat, bad), (bad, heat)]:
        with pytest.raises(DegenerateMap, match="finite"):
            rank_correlation(*pair)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_ssim_is_scikit_images(height: int, width: int) -> None:
    side = {3: 3, 4: 3, 5: 5, 6: 5}.get(height, 7)
    for contrast in (1.0, 0.1):
        a = 1 - contrast * drawn(height, width)
        b = 1 - contrast * (drawn(height, width) + drawn(height, width, seed=1)) / 2
        first, second = ((one / one.amax()).double().numpy() for one in (a, b))
        oracle = skimage.metrics.structural_similarity(first, second, data_range=1.0, win_size=side)
        assert ssim(a, b) == pytest.approx(oracle, abs=1e-6)
        assert ssim(b, a) == pytest.approx(oracle, abs=1e-6)


def test_ssim_is_of_each_maps_size_over_its_own_maximum() -> None:
    a, b = drawn(20, 24) - 0.5, drawn(20, 24, seed=1) - 0.7
    assert ssim(a, a) == pytest.approx(1)
    assert ssim(a, b) == pytest.approx(ssim(-3 * a, b.abs() / 9), rel=1e-6)
    assert ssim(a, b) < 0.5


def test_where_a_square_is_one_pixel_brightness_alone_counts() -> None:
    a, b = torch.tensor([[1.0, 0.5], [0.0, 0.25]]), torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    bright = [
        (2 * p * q + 1e-4) / (p**2 + q**2 + 1e-4)
        for p, q in zip(a.flatten().tolist(), b.flatten().tolist(), strict=True)
    ]
    assert ssim(a, b) == pytest.approx(np.mean(bright))
    assert ssim(torch.full((1, 1), 3.0), torch.full((1, 1), -5.0)) == 1


def test_an_all_zero_map_has_no_ssim() -> None:
    for pair in [(torch.zeros(7, 7), drawn(7, 7)), (drawn(7, 7), torch.zeros(7, 7))]:
        with pytest.raises(DegenerateMap, match="Got an all-zero one"):
            ssim(*pair)
