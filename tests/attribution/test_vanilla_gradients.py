"""Vanilla Gradients: a linear model, and captum's Saliency."""

from __future__ import annotations

import captum.attr
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.tests.doubles.oracles import (
    IMAGES,
    PARITY,
    Network,
    error,
    every_network,
    ours,
    with_their_warnings,
)


def test_the_gradient_of_a_linear_model_is_its_weight(
    linear: tuple[Target, Tensor, Tensor],
) -> None:
    target, x, weight = linear
    torch.testing.assert_close(attribute(VanillaGradients(), target, x).map, weight.abs().amax(0))
    torch.testing.assert_close(
        attribute(VanillaGradients(reduce="sum"), target, x).map, weight.sum(0)
    )


@with_their_warnings
@every_network
def test_vanilla_gradients(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    oracle = (
        captum.attr.Saliency(net.model)
        .attribute(net.x.clone().requires_grad_(), net.index)[0]
        .amax(0)
    )
    assert error(ours(METHODS.build("vanilla_gradients"), net), oracle) <= PARITY


@with_their_warnings
@pytest.mark.parametrize("image", IMAGES)
def test_vanilla_gradients_equal_captums_saliency(
    network: tuple[nn.Module, nn.Module, float, float], image: int, lite0_inputs: Tensor
) -> None:
    model, _, mean, std = network
    x = lite0_inputs[image : image + 1]
    index = int(model(x).argmax())
    oracle = captum.attr.Saliency(model).attribute(x.clone().requires_grad_(), index)[0].amax(0)
    assert (
        error(
            attribute(VanillaGradients(), Target(model, index, x, mean=mean, std=std), x).map,
            oracle,
        )
        <= PARITY
    )
