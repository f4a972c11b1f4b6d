"""Orders of pixels: ties, patches, and counts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from heatcheck.attribution import Target
from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics.orders import (
    case_ranks,
    counts,
    misplaced,
    pooled,
    ranks,
    reversed_order,
    spread,
    tie_share,
)
from heatcheck.tests.doubles.cases import case_of

GRID = 225


@given(power=st.floats(0.2, 4), shift=st.floats(-3, 3), scale=st.floats(0.1, 50))
@settings(max_examples=25, deadline=None)
def test_the_order_alone_matters(power: float, shift: float, scale: float) -> None:
    heat = torch.rand(16, 15, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    order = ranks(heat, torch.Generator().manual_seed(1))
    assert torch.equal(order, ranks(scale * heat**power + shift, torch.Generator().manual_seed(1)))


def test_ties_are_broken_by_the_seed_and_not_by_memory_order() -> None:
    flat = torch.zeros(40, 40)
    first, again, other = (ranks(flat, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert abs(float(np.corrcoef(first.flatten(), np.arange(1600))[0, 1])) < 0.1
    assert sorted(first.flatten().tolist()) == list(range(1600))


def test_the_highest_pixel_comes_first_and_signs_count() -> None:
    heat = torch.tensor([[-5.0, 2.0], [0.0, 1.0]])
    places = ranks(heat, torch.Generator())
    assert places.tolist() == [[3, 0], [2, 1]]
    assert reversed_order(places).tolist() == [[0, 3], [1, 2]]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_map_that_is_not_finite_has_no_order(
    bad: float, tiny_target: Target, tiny_x: Tensor
) -> None:
    with pytest.raises(DegenerateMap, match="Expected a finite map"):
        case_ranks(case_of(torch.tensor([[0.0, bad]]), tiny_x, tiny_target))


def test_tie_share_counts_pixels_that_share_their_value() -> None:
    assert tie_share(torch.tensor([[0.0, 0.0], [0.0, 1.0]])) == 0.75
    assert tie_share(torch.tensor([[0.0, 2.0], [2.0, 1.0]])) == 0.5
    assert tie_share(torch.arange(9.0).reshape(3, 3)) == 0.0


def test_misplacing_moves_every_pixel_by_half_the_image() -> None:
    places = torch.arange(24).reshape(4, 6)
    moved = misplaced(places)
    assert moved[2, 3] == places[0, 0]
    assert (moved != places).all()
    assert sorted(moved.flatten().tolist()) == list(range(24))


def test_patches_are_ranked_by_their_mean_and_change_whole() -> None:
    heat = torch.tensor([[9.0, 0, 1, 1, 5], [0, 0, 1, 1, 5], [2, 2, 0, 0, 0]])
    assert pooled(heat, 2).tolist() == [[2.25, 1.0, 5.0], [2.0, 0.0, 0.0]]  # the far edges are cut
    assert pooled(heat, 1) is heat
    order = torch.tensor([[1, 2, 0], [3, 4, 5]])
    assert spread(order, 2, 3, 5).tolist() == [[1, 1, 2, 2, 0], [1, 1, 2, 2, 0], [3, 3, 4, 4, 5]]
    assert spread(order, 1, 2, 3) is order


@pytest.mark.parametrize("pixels", [224 * 224, 240 * 240, 260 * 260, 480, 49, 2, 1])
def test_counts_are_symmetric_and_reach_both_ends(pixels: int) -> None:
    full = counts(pixels)
    assert (full[0], full[-1], len(full)) == (0, pixels, GRID)
    assert full == sorted(full)
    assert all(full[k] + full[-1 - k] == pixels for k in range(GRID) if 2 * k != GRID - 1)
    assert max(abs(count - k * pixels / 224) for k, count in enumerate(full)) <= 0.5
    if pixels == 224 * 224:
        assert full == [224 * k for k in range(GRID)]
