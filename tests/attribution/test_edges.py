"""Edges: the Sobel gradient of pictures whose slope is known, and scipy's."""

from __future__ import annotations

import numpy as np
import scipy.ndimage
import torch
from torch import Tensor, nn

from heatcheck.attribution import Target, attribute
from heatcheck.attribution.edges import Edges


def test_it_is_scipys_sobel_of_the_mean_of_the_pixels(tiny_target: Target, tiny_x: Tensor) -> None:
    gray = tiny_target.to_pixels(tiny_x).mean(1)[0].numpy()
    expected = np.hypot(*(scipy.ndimage.sobel(gray, axis, mode="nearest") for axis in (0, 1)))
    heat = attribute(Edges(), tiny_target, tiny_x)
    np.testing.assert_allclose(heat.map, expected, atol=1e-5)
    assert (heat.passes.forward, heat.passes.backward) == (0, 0)


def test_a_slope_is_eight_times_as_steep_in_it_and_a_flat_picture_has_none() -> None:
    slope = torch.arange(6.0).expand(1, 1, 5, 6)
    target = Target(nn.Identity(), 0, slope)
    assert torch.equal(attribute(Edges(), target, slope).map[:, 1:-1], torch.full((5, 4), 8.0))
    flat = torch.full_like(slope, 0.5)
    assert not attribute(Edges(), target, flat).map.any()
