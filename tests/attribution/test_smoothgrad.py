"""SmoothGrad: its noise, and captum's Noise Tunnel on the same draws."""

from __future__ import annotations

import captum.attr
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.attribution.smoothgrad import Noisy, SmoothGrad
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.randomness import generator
from heatcheck.tests.doubles.oracles import (
    IMAGES,
    PARITY,
    Network,
    error,
    ours,
    with_their_warnings,
)


def test_smoothgrad_with_one_sample_and_no_noise_is_the_gradient(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    smooth = attribute(SmoothGrad(samples=1, sigma=0.0), tiny_target, tiny_x)
    assert torch.equal(smooth.map, attribute(VanillaGradients(), tiny_target, tiny_x).map)


def test_smoothgrads_noise_is_in_pixel_units() -> None:
    x = torch.zeros(1, 3, 64, 64)
    target = Target(nn.Identity(), 0, x, std=(0.1, 0.2, 0.4))
    noise = SmoothGrad(sigma=0.15).noise(target, x, torch.Generator().manual_seed(0), 8)
    torch.testing.assert_close(
        noise.std((0, 2, 3)), torch.tensor([1.5, 0.75, 0.375]), rtol=0.02, atol=0.0
    )


def chunks(x: Tensor) -> tuple[Tensor, ...]:
    return x.split(16)


@with_their_warnings
@pytest.mark.parametrize("image", IMAGES)
def test_smoothgrad_equals_the_mean_of_captums_gradients_on_the_same_noise(
    network: tuple[nn.Module, nn.Module, float, float], image: int, lite0_inputs: Tensor
) -> None:
    model, _, mean, std = network
    x = lite0_inputs[image : image + 1]
    index = int(model(x).argmax())
    target = Target(model, index, x, mean=mean, std=std)
    method = SmoothGrad(samples=20)
    noise = method.noise(target, x, generator(0, "photo", method.digest, "attribution"), 20)
    saliency = captum.attr.Saliency(model)
    grads = [
        saliency.attribute(part.clone().requires_grad_(), index, abs=False)
        for part in chunks(x + noise)
    ]
    oracle = torch.cat(grads).mean(0).abs().amax(0)
    assert error(attribute(method, target, x, about="photo").map, oracle) <= PARITY


@with_their_warnings
@pytest.mark.parametrize("of", ["input_x_gradient", "guided_backprop"])
def test_noise_tunnel_around_other_methods(
    of: str, networks: dict[str, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    net = networks["resnet18"]
    method = METHODS.build({"name": "smoothgrad", "samples": 12, "of": of})
    assert isinstance(method, Noisy)
    noise = method.noise(net.target, net.x, generator(0, "photo", method.digest, "attribution"), 12)
    monkeypatch.setattr(torch, "normal", lambda mean, std: noise)
    inner = (
        captum.attr.InputXGradient(net.model)
        if of == "input_x_gradient"
        else captum.attr.GuidedBackprop(net.model)
    )
    found = (
        captum.attr.NoiseTunnel(inner)
        .attribute(net.x, nt_type="smoothgrad", nt_samples=12, stdevs=1.0, target=net.index)[0]
        .detach()
    )
    assert error(ours(method, net), found.abs().amax(0)) <= PARITY
