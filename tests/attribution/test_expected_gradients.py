"""Expected Gradients: a linear model, and captum's Gradient SHAP."""

from __future__ import annotations

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn

from heatcheck.attribution import Target, attribute
from heatcheck.attribution.expected_gradients import ExpectedGradients
from heatcheck.core.randomness import generator
from heatcheck.tests.doubles.oracles import (
    PARITY,
    Network,
    error,
    every_network,
    ours,
    with_their_warnings,
)
from heatcheck.tests.doubles.paths import X, smooth


def test_expected_gradients_of_a_linear_model_are_the_mean_over_the_drawn_images() -> None:
    weight = torch.randn(2, 3, 12, 10, generator=torch.Generator().manual_seed(2))
    model = nn.Sequential(nn.Flatten(), nn.Linear(360, 2, bias=False))
    model[1].weight.data = weight.flatten(1)  # type: ignore[union-attr]
    references = torch.rand(3, 3, 12, 10, generator=torch.Generator().manual_seed(4))
    target = Target(model, 1, X, references=references)
    method = ExpectedGradients(samples=20)
    drawn, _ = method.draws(target, generator(0, "", method.digest, "attribution"))
    torch.testing.assert_close(
        attribute(method, target, X).map,
        (weight[1] * (X - drawn).mean(0)).sum(0),
        rtol=1e-4,
        atol=1e-5,
    )


def test_expected_gradients_without_reference_images_say_so() -> None:
    assert "other real images" in str(ExpectedGradients().check(smooth()))


@with_their_warnings
@every_network
def test_expected_gradients_are_captums_gradient_shap(
    name: str, networks: dict[str, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    net = networks[name]
    method, target = ExpectedGradients(samples=16), net.target
    stream = generator(0, "photo", method.digest, "attribution")
    assert target.references is not None
    which = torch.randint(len(target.references), (16,), generator=stream)
    places = torch.rand(16, generator=stream)
    monkeypatch.setattr(np.random, "choice", lambda count, size: which.numpy())
    monkeypatch.setattr(np.random, "uniform", lambda low, high, size: places.numpy())
    found = captum.attr.GradientShap(net.model).attribute(
        net.x, target.references, n_samples=16, stdevs=0.0, target=net.index
    )
    assert error(ours(method, net), found[0].sum(0).float().detach()) <= PARITY
