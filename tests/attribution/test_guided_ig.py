"""Guided IG: which values move first."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Output, Target, attribute
from heatcheck.attribution.integrated_gradients import IntegratedGradients


def test_guided_ig_moves_first_where_the_gradient_is_small() -> None:
    class Steep(nn.Module):
        """Saturates in its first pixel once the second has moved: a straight path sees the steep
        part, a guided one does not.
        """

        def forward(self, x: Tensor) -> Tensor:
            a, b = x[:, 0, 0, 0], x[:, 0, 0, 1]
            return (10 * a * (1 - b).clamp_min(0) + b)[:, None]

    x = torch.ones(1, 1, 1, 2)
    target = Target(Steep(), 0, x, output=Output.SCORE)
    straight = attribute(IntegratedGradients(steps=200), target, x).map[0]
    guided = attribute(
        METHODS.build({"name": "guided_ig", "steps": 200, "fraction": 0.5, "apart": 1.0}), target, x
    ).map[0]
    assert straight[0] > 4
    assert guided[0] < 1
    assert float(guided.sum()) == pytest.approx(1.0, abs=0.1)
