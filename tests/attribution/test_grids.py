"""Grids: which outputs lie over an image, and how tokens fold."""

from __future__ import annotations

import pytest
import torch

from heatcheck.attribution.grids import Extent
from heatcheck.core.errors import DoesNotApply


@pytest.mark.parametrize(
    ("tokens", "grid"), [(196, (14, 14, 0)), (197, (14, 14, 1)), (204, (14, 14, 8)), (205, None)]
)
def test_up_to_eight_tokens_may_stand_before_those_of_a_square_image(
    tokens: int, grid: tuple[int, int, int] | None
) -> None:
    assert Extent(224, 224).token_grid(tokens) == grid


def test_tokens_that_make_no_grid_are_refused_with_their_number() -> None:
    with pytest.raises(DoesNotApply, match="205 tokens make no grid over an image of 224 x 224"):
        Extent(224, 224).grid_of(205)


def test_an_output_has_the_images_proportions_up_to_a_rounded_side() -> None:
    assert Extent(20, 24).fits(5, 6)
    assert Extent(20, 25).fits(3, 4)
    assert not Extent(20, 24).fits(5, 9)
    assert not Extent(20, 24).fits(1, 1)
    assert not Extent(24, 24).fits(5, 6)


def test_channels_first_and_last_and_tokens_fold_to_the_same_grid() -> None:
    features = torch.arange(2.0 * 3 * 4 * 4).reshape(2, 3, 4, 4)
    tokens = torch.cat([torch.zeros(2, 1, 3), features.flatten(2).transpose(1, 2)], 1)
    for output in (features, features.permute(0, 2, 3, 1), tokens):
        assert torch.equal(Extent(64, 64).folded(output), features)
