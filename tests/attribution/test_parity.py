"""The four methods against captum: the same module object, the same noise, the same nodes."""

from __future__ import annotations

import captum.attr
import pytest
import torch
import torchvision
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.attribution.grad_cam import GradCAM
from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.attribution.smoothgrad import SmoothGrad
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.randomness import generator
from heatcheck.inputs.classifiers import Classifier

PARITY = 1e-4
MODELS = ("efficientnet_lite0", "resnet18")
IMAGES = range(5)

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*:UserWarning", "ignore:.*:FutureWarning"
)  # captum's own


@pytest.fixture(scope="module")
def resnet18() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None).eval()


@pytest.fixture(params=MODELS)
def network(
    request: pytest.FixtureRequest, lite0: Classifier, resnet18: nn.Module
) -> tuple[nn.Module, nn.Module, float, float]:
    """Module, its last spatial layer as a person would name it, mean, deviation."""
    if request.param == "resnet18":
        return resnet18, resnet18.layer4, 0.45, 0.225
    return lite0.model, lite0.model.bn2, 0.5, 0.5


def error(ours: Tensor, oracle: Tensor) -> float:
    return float((ours - oracle).abs().max() / oracle.abs().max())


def chunks(x: Tensor) -> tuple[Tensor, ...]:
    return x.split(16)


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


@pytest.mark.parametrize("image", IMAGES)
def test_integrated_gradients_equal_captums(
    network: tuple[nn.Module, nn.Module, float, float], image: int, lite0_inputs: Tensor
) -> None:
    model, _, mean, std = network
    x = lite0_inputs[image : image + 1]
    index = int(model(x).argmax())
    black = torch.full_like(x, (0 - mean) / std)
    oracle = captum.attr.IntegratedGradients(model).attribute(
        x, black, index, n_steps=50, method="gausslegendre", internal_batch_size=16
    )
    ours = attribute(
        IntegratedGradients(steps=50), Target(model, index, x, mean=mean, std=std), x
    ).map
    assert error(ours, oracle[0].sum(0).float()) <= PARITY


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


def test_the_registry_holds_the_methods_that_are_compared() -> None:
    assert {"vanilla_gradients", "integrated_gradients", "smoothgrad", "grad_cam"} <= set(METHODS)
