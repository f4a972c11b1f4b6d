"""Grad-CAM: a known network, captum's, and why it does not apply."""

from __future__ import annotations

import captum.attr
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.attribution.grad_cam import GradCAM
from heatcheck.core.errors import DoesNotApply
from heatcheck.tests.doubles.oracles import (
    IMAGES,
    PARITY,
    Network,
    error,
    every_network,
    large,
    ours,
    with_their_warnings,
)


def test_grad_cam_of_a_known_network_is_the_weighted_feature_map() -> None:
    class Known(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            a = self.features(x)
            return torch.stack(
                [2 * a[:, 0].mean((1, 2)) - a[:, 1].mean((1, 2)), a[:, 2].mean((1, 2))], 1
            )

    x = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    made = attribute(METHODS.build("grad_cam"), Target(Known(), 0, x), x)
    torch.testing.assert_close(made.map, (2 * x[0, 0] - x[0, 1]).relu() / 16)


def test_grad_cam_says_why_it_does_not_apply(tiny_x: Tensor) -> None:
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 20 * 24, 3))
    with pytest.raises(DoesNotApply, match="needs a layer with a spatial output"):
        attribute(METHODS.build("grad_cam"), Target(flat, 0, tiny_x), tiny_x)


def test_a_layer_that_is_not_there_is_named(tiny_target: Target, tiny_x: Tensor) -> None:
    with pytest.raises(DoesNotApply, match="no layer 'thrid'"):
        attribute(METHODS.build({"name": "grad_cam", "layer": "thrid"}), tiny_target, tiny_x)


@with_their_warnings
@every_network
def test_grad_cam_is_captums(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    if net.fold:
        return  # captum folds no tokens
    coarse = captum.attr.LayerGradCam(net.model, net.model.get_submodule(net.layer)).attribute(
        net.x, net.index, relu_attributions=True
    )
    assert error(ours(METHODS.build("grad_cam"), net), large(coarse, net.x)) <= PARITY


@with_their_warnings
@pytest.mark.parametrize("image", IMAGES)
def test_grad_cam_equals_captums(
    network: tuple[nn.Module, nn.Module, float, float], image: int, lite0_inputs: Tensor
) -> None:
    model, layer, mean, std = network
    x = lite0_inputs[image : image + 1]
    index = int(model(x).argmax())
    coarse = captum.attr.LayerGradCam(model, layer).attribute(
        x.clone().requires_grad_(), index, relu_attributions=True
    )
    oracle = captum.attr.LayerAttribution.interpolate(
        coarse, x.shape[-2:], interpolate_mode="bilinear"
    )[0, 0].detach()
    assert oracle.abs().max() > 0
    assert (
        error(attribute(GradCAM(), Target(model, index, x, mean=mean, std=std), x).map, oracle)
        <= PARITY
    )
