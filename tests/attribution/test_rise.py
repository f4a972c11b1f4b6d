"""RISE: a model that sees one pixel, and the masks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heatcheck.attribution import Target, attribute
from heatcheck.attribution.rise import RISE
from heatcheck.tests.doubles.paths import X


def test_rise_of_a_model_that_sees_one_pixel_shows_that_pixel() -> None:
    class OnePixel(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen = 8 * x[:, 0, 5, 20]
            return torch.stack([seen, torch.zeros_like(seen)], 1)

    x = torch.ones(1, 1, 28, 28)
    heat = attribute(RISE(samples=1500), Target(OnePixel(), 0, x), x).map
    row, column = divmod(int(heat.argmax()), 28)
    assert abs(row - 5) <= 2
    assert abs(column - 20) <= 2


def test_rises_masks_show_their_share_everywhere() -> None:
    masks = RISE(share=0.3).masks(X.new_zeros(1, 3, 30, 44), torch.Generator().manual_seed(0), 2000)
    assert masks.shape == (2000, 1, 30, 44)
    assert masks.amin() >= 0
    assert masks.amax() <= 1
    torch.testing.assert_close(masks.mean(0), torch.full((1, 30, 44), 0.3), atol=0.05, rtol=0)


def test_masks_and_noise_do_not_depend_on_the_batch() -> None:
    whole = RISE().masks(X, torch.Generator().manual_seed(0), 6)
    stream = torch.Generator().manual_seed(0)
    torch.testing.assert_close(
        torch.cat([RISE().masks(X, stream, 4), RISE().masks(X, stream, 2)]), whole
    )
