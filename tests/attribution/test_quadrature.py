"""Quadrature: adaptive nodes and fixed ones against integrals that are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Output, Target
from heatcheck.attribution.baselines import baselines
from heatcheck.attribution.quadrature import adaptive, gauss_legendre
from heatcheck.core.randomness import generator
from heatcheck.inputs.classifiers import Classifier
from heatcheck.tests.doubles.paths import X


def test_auto_is_exact_on_a_linear_model_with_the_fewest_gradients() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(360, 1)).eval()
    target = Target(model, 0, X, output=Output.SCORE)
    found = adaptive(target, torch.zeros_like(X), X)
    torch.testing.assert_close(
        found.attribution.flatten(),
        (X.flatten() * model[1].weight[0]).detach(),
        rtol=1e-4,
        atol=1e-6,
    )  # type: ignore[index]
    assert found.settled
    assert found.gradients <= 48


@pytest.mark.parametrize("photograph", [0, 12])
def test_auto_on_photographs_adds_up_and_is_the_integral(
    photograph: int, lite0: Classifier, lite0_inputs: Tensor
) -> None:
    """Against 256 midpoints; the figures for all twenty against 2000 are in docs/methods.md."""
    x = lite0_inputs[photograph : photograph + 1]
    target = lite0.target(x, int(lite0.model(x).argmax()))
    start = baselines("black", target, x, generator())
    found = adaptive(target, start, x)
    assert found.settled
    assert found.gradients <= 300
    assert found.gap < 0.01
    way, total = x - start, torch.zeros_like(x)
    for places in ((torch.arange(256) + 0.5) / 256).split(16):
        total += (
            target.gradient(start + places.reshape(-1, 1, 1, 1) * way).sum(0, keepdim=True) / 256
        )
    ours, fine = found.attribution.sum(1), (way * total).sum(1)
    assert float((ours - fine).norm() / fine.norm()) < 0.07


def test_gauss_legendre_nodes_integrate_a_polynomial_exactly() -> None:
    points, weights = gauss_legendre(4)
    np.testing.assert_allclose(float((weights * points**7).sum()), 1 / 8, rtol=1e-12)
    assert float(weights.sum()) == pytest.approx(1, abs=1e-14)
