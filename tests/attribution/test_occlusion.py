"""Occlusion: a linear model, and captum's."""

from __future__ import annotations

import captum.attr
import torch
from torch import nn

from heatcheck.attribution import METHODS, Output, Target, attribute
from heatcheck.tests.doubles.oracles import (
    PARITY,
    Network,
    error,
    every_network,
    ours,
    with_their_warnings,
)
from heatcheck.tests.doubles.paths import X, smooth


def test_occlusion_of_a_linear_model_is_the_mean_over_the_windows() -> None:
    weight = torch.randn(1, 3, 12, 10, generator=torch.Generator().manual_seed(2))
    model = nn.Sequential(nn.Flatten(), nn.Linear(360, 1, bias=False))
    model[1].weight.data = weight.flatten(1)  # type: ignore[union-attr]
    heat = attribute(
        METHODS.build({"name": "occlusion", "window": 1, "stride": 1}),
        Target(model, 0, X, output=Output.SCORE),
        X,
    ).map
    torch.testing.assert_close(heat, (weight[0] * X[0]).sum(0), rtol=1e-3, atol=1e-5)


def test_a_stride_larger_than_the_window_is_refused() -> None:
    assert "never be hidden" in str(
        METHODS.build({"name": "occlusion", "window": 4, "stride": 5}).check(smooth())
    )


@with_their_warnings
@every_network
def test_occlusion(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    found = captum.attr.Occlusion(net.model).attribute(
        net.x, (3, 32, 32), (3, 16, 16), 0.0, net.index, perturbations_per_eval=16
    )
    assert (
        error(ours(METHODS.build("occlusion"), net), found[0, 0]) <= PARITY
    )  # captum gives each channel the same


@with_their_warnings
def test_occlusion_with_windows_that_do_not_divide_the_image(networks: dict[str, Network]) -> None:
    net = networks["resnet18"]
    found = captum.attr.Occlusion(net.model).attribute(
        net.x, (3, 30, 30), (3, 17, 17), 0.0, net.index, perturbations_per_eval=16
    )
    assert (
        error(
            ours(METHODS.build({"name": "occlusion", "window": 30, "stride": 17}), net), found[0, 0]
        )
        <= PARITY
    )
