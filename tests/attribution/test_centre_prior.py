"""Centre Prior: a blob whose form is known, on any picture."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from heatcheck.attribution import Target, attribute
from heatcheck.attribution.centre_prior import CentrePrior


def test_it_falls_by_a_deviation_at_its_width_and_lies_in_the_middle() -> None:
    x = torch.zeros(1, 3, 41, 21)
    heat = attribute(CentrePrior(width=0.5), Target(nn.Identity(), 0, x), x).map
    assert divmod(int(heat.argmax()), 21) == (20, 10)
    assert float(heat[20, 10]) == 1
    # a distance of d pixels is d / (half a side) deviations
    assert float(heat[0, 10]) == pytest.approx(math.exp(-0.5 * (20 / 20.5) ** 2))
    assert float(heat[20, 0]) == pytest.approx(math.exp(-0.5 * (10 / 10.5) ** 2))
    torch.testing.assert_close(heat, heat.flip((0, 1)))


def test_neither_picture_nor_model_is_asked(tiny_target: Target, tiny_x: torch.Tensor) -> None:
    first = attribute(CentrePrior(), tiny_target, tiny_x)
    assert torch.equal(first.map, attribute(CentrePrior(), tiny_target, 0 * tiny_x).map)
    assert (first.passes.forward, first.passes.backward) == (0, 0)
