"""What the methods that integrate along a path share: they add up."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Output, Target, attribute
from heatcheck.attribution.baselines import baselines
from heatcheck.attribution.blurs import gaussian_blur
from heatcheck.core.randomness import generator
from heatcheck.tests.doubles.paths import X


class Quadratic(nn.Module):
    """f(x) = sum(w x^2): the integral of the gradient is w (x^2 - x'^2) on any path."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("w", torch.randn(shape, generator=torch.Generator().manual_seed(1)))

    def forward(self, x: Tensor) -> Tensor:
        return (self.w * x**2).sum((1, 2, 3))[:, None]


@pytest.mark.parametrize("name", ["integrated_gradients", "guided_ig", "blur_ig"])
def test_every_path_of_a_quadratic_adds_up_and_the_straight_one_is_exact(name: str) -> None:
    model = Quadratic(X.shape[1:])
    target = Target(model, 0, X, mean=0.5, std=0.25, output=Output.SCORE)
    method = METHODS.build({"name": name, "steps": 200})
    start = (
        gaussian_blur(X, 50.0) if name == "blur_ig" else baselines("mean", target, X, generator())
    )
    change = float(target.score(X) - target.score(start))
    made = attribute(method, target, X)
    assert float(made.map.sum()) == pytest.approx(
        change, rel=0.04
    )  # Guided IG takes the gradient at a step's start
    if (
        name != "blur_ig"
    ):  # each value's own path is one-dimensional: its integral does not depend on how it is walked
        exact = (model.w * (X[0] ** 2 - start[0] ** 2)).sum(0)
        assert float((made.map - exact).norm() / exact.norm()) < (
            1e-5 if name == "integrated_gradients" else 0.04
        )
