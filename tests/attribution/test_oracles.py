"""The other methods against captum and torchcam: the same module object, the same draws; where
conventions differ, the test says how.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import captum.attr
import numpy as np
import pytest
import timm
import torch
import torch.nn.functional as F
import torchcam.methods
import torchvision
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Method, Target, attribute
from heatcheck.attribution.expected_gradients import ExpectedGradients
from heatcheck.attribution.grad_cam_plus_plus import GradCAMPlusPlus
from heatcheck.attribution.score_cam import ScoreCAM
from heatcheck.attribution.smoothgrad import Noisy
from heatcheck.core.randomness import generator
from heatcheck.inputs.classifiers import Classifier

PARITY = 1e-4
SIDE = 96  # pixels: parity does not depend on it, and Score-CAM asks 1280 times
NETWORKS = ("efficientnet_lite0", "resnet18", "vgg11", "vit")

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*:UserWarning", "ignore:.*:FutureWarning"
)  # the oracles' own


class Network(NamedTuple):
    """A network, the layer that a person would name for a CAM, how its output folds to a grid, and
    an input.
    """

    model: nn.Module
    layer: str
    fold: Callable[[Tensor], Tensor] | None
    x: Tensor
    index: int

    @property
    def target(self) -> Target:
        references = (
            torch.rand(5, *self.x.shape[1:], generator=torch.Generator().manual_seed(5)) - 0.5
        )
        return Target(self.model, self.index, self.x, mean=0.5, std=0.5, references=references)


def tokens_to_grid(tokens: Tensor) -> Tensor:
    side = SIDE // 16
    return tokens[:, 1:].transpose(1, 2).reshape(len(tokens), -1, side, side)


@pytest.fixture(scope="module")
def networks(lite0: Classifier, lite0_inputs: Tensor) -> dict[str, Network]:
    torch.manual_seed(0)
    vit = timm.models.VisionTransformer(
        SIDE, 16, embed_dim=96, depth=3, num_heads=3, num_classes=50
    )
    nn.init.normal_(vit.head.weight, std=0.1)
    models: dict[str, tuple[nn.Module, str, Any]] = {
        "efficientnet_lite0": (lite0.model, "bn2", None),
        "resnet18": (torchvision.models.resnet18(weights=None), "layer4", None),
        "vgg11": (
            torchvision.models.vgg11(weights=None),
            "avgpool",
            None,
        ),  # at 224 pixels its output is that of the features
        "vit": (vit, "blocks.2.norm1", tokens_to_grid),
    }
    x = F.interpolate(lite0_inputs[3:4], SIDE, mode="bilinear", antialias=True)
    made = {}
    for name, (model, layer, fold) in models.items():
        for module in model.modules():
            if isinstance(module, nn.ReLU):
                module.inplace = False  # captum's hooks need it; ours do not
        model.eval()
        made[name] = Network(model, layer, fold, x, int(model(x).argmax()))
    return made


def error(ours: Tensor, oracle: Tensor) -> float:
    assert oracle.abs().max() > 0
    return float((ours - oracle).abs().max() / oracle.abs().max())


def ours(method: Method, net: Network) -> Tensor:
    return attribute(method, net.target, net.x, about="photo").map


def large(coarse: Tensor, x: Tensor) -> Tensor:
    return F.interpolate(coarse.reshape(1, 1, *coarse.shape[-2:]), x.shape[-2:], mode="bilinear")[
        0, 0
    ].detach()


every_network = pytest.mark.parametrize("name", NETWORKS)
with_plain_relus = pytest.mark.parametrize("name", ["resnet18", "vgg11"])


@every_network
def test_vanilla_gradients(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    oracle = (
        captum.attr.Saliency(net.model)
        .attribute(net.x.clone().requires_grad_(), net.index)[0]
        .amax(0)
    )
    assert error(ours(METHODS.build("vanilla_gradients"), net), oracle) <= PARITY


@every_network
def test_input_x_gradient(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    oracle = (
        captum.attr.InputXGradient(net.model)
        .attribute(net.x.clone().requires_grad_(), net.index)[0]
        .sum(0)
        .detach()
    )
    assert error(ours(METHODS.build("input_x_gradient"), net), oracle) <= PARITY


@every_network
def test_integrated_gradients(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    black = torch.full_like(net.x, -1.0)
    found = captum.attr.IntegratedGradients(net.model).attribute(
        net.x, black, net.index, n_steps=50, method="gausslegendre", internal_batch_size=16
    )
    assert (
        error(ours(METHODS.build("integrated_gradients"), net), found[0].sum(0).float()) <= PARITY
    )


@with_plain_relus
def test_guided_backprop(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    oracle = (
        captum.attr.GuidedBackprop(net.model)
        .attribute(net.x.clone().requires_grad_(), net.index)[0]
        .abs()
        .amax(0)
    )
    assert error(ours(METHODS.build("guided_backprop"), net), oracle) <= PARITY


def test_where_captum_hands_back_the_plain_gradient_guided_backprop_does_not(
    networks: dict[str, Network],
) -> None:
    net = networks["efficientnet_lite0"]  # ReLU6
    guided = (
        captum.attr.GuidedBackprop(net.model)
        .attribute(net.x.clone().requires_grad_(), net.index)[0]
        .abs()
        .amax(0)
    )
    plain = ours(METHODS.build("vanilla_gradients"), net)
    assert error(guided, plain) <= PARITY
    assert error(ours(METHODS.build("guided_backprop"), net), plain) > 0.1


@with_plain_relus
def test_guided_grad_cam(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    explainer = captum.attr.GuidedGradCam(net.model, net.model.get_submodule(net.layer))
    oracle = explainer.attribute(
        net.x.clone().requires_grad_(), net.index, interpolate_mode="bilinear"
    )[0]
    # captum signs the product by Guided Backprop; ours is reduced as Vanilla Gradients are
    assert (
        error(ours(METHODS.build("guided_grad_cam"), net), oracle.abs().amax(0).detach()) <= PARITY
    )


@every_network
def test_occlusion(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    found = captum.attr.Occlusion(net.model).attribute(
        net.x, (3, 32, 32), (3, 16, 16), 0.0, net.index, perturbations_per_eval=16
    )
    assert (
        error(ours(METHODS.build("occlusion"), net), found[0, 0]) <= PARITY
    )  # captum gives each channel the same


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


@every_network
@pytest.mark.parametrize(
    ("ours_is", "captums"),
    [("smoothgrad", "smoothgrad"), ("smoothgrad_squared", "smoothgrad_sq"), ("vargrad", "vargrad")],
)
def test_the_three_kinds_of_noise_tunnel(
    ours_is: str,
    captums: str,
    name: str,
    networks: dict[str, Network],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = networks[name]
    method = METHODS.build({"name": ours_is, "samples": 12})
    assert isinstance(method, Noisy)
    noise = method.noise(net.target, net.x, generator(0, "photo", method.digest, "attribution"), 12)
    monkeypatch.setattr(torch, "normal", lambda mean, std: noise)
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(net.model))
    found = tunnel.attribute(
        net.x, nt_type=captums, nt_samples=12, stdevs=1.0, target=net.index, abs=False
    )[0].detach()
    assert error(ours(method, net), found.abs().amax(0)) <= PARITY


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


def torchcams(kind: Any, net: Network, **options: Any) -> Tensor:
    with kind(
        net.model, net.layer, input_shape=net.x.shape[1:], reshape_transform=net.fold, **options
    ) as extractor:
        scores = net.model(net.x.clone().requires_grad_())
        (coarse,) = extractor(net.index, scores, normalized=False)
    return large(coarse, net.x)


@every_network
@pytest.mark.parametrize(
    ("ours_is", "kind"),
    [
        ("grad_cam", torchcam.methods.GradCAM),
        ("xgrad_cam", torchcam.methods.XGradCAM),
        ("layer_cam", torchcam.methods.LayerCAM),
    ],
)
def test_torchcams_maps(ours_is: str, kind: Any, name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    assert error(ours(METHODS.build(ours_is), net), torchcams(kind, net)) <= PARITY


@every_network
def test_grad_cam_is_captums(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    if net.fold:
        return  # captum folds no tokens
    coarse = captum.attr.LayerGradCam(net.model, net.model.get_submodule(net.layer)).attribute(
        net.x, net.index, relu_attributions=True
    )
    assert error(ours(METHODS.build("grad_cam"), net), large(coarse, net.x)) <= PARITY


@every_network
def test_grad_cam_plus_plus_divides_where_torchcam_divides_a_copy(
    name: str, networks: dict[str, Network]
) -> None:
    """torchcam 0.5 divides `alpha[mask]`, a copy: its weights are sum g^2 ReLU(g). Without the
    division ours are the same.
    """

    class Undivided(GradCAMPlusPlus):
        def weighted(self, features: Tensor, gradient: Tensor) -> Tensor:
            return (gradient**2 * gradient.relu()).sum((2, 3), keepdim=True) * features

    net = networks[name]
    oracle = torchcams(torchcam.methods.GradCAMpp, net)
    undivided = large(Undivided().coarse(net.target, net.x), net.x)
    assert error(undivided, oracle) <= PARITY
    assert error(ours(GradCAMPlusPlus(), net) / 1.0, oracle) > PARITY


def test_grad_cam_plus_plus_by_hand() -> None:
    features = torch.tensor([[[[1.0, 2.0], [0.0, 3.0]]]])
    gradient = torch.tensor([[[[0.5, -1.0], [2.0, 0.0]]]])
    total = 1 * 0.125 + 2 * -1.0 + 0 * 8.0
    weight = 0.25 / (0.5 + total) * 0.5 + 4.0 / (8.0 + total) * 2.0
    torch.testing.assert_close(GradCAMPlusPlus().weighted(features, gradient), weight * features)


@every_network
def test_score_cam(name: str, networks: dict[str, Network]) -> None:
    """torchcam stretches a map to [0, 1] and enlarges it then; the paper, and we, enlarge first."""

    class StretchedFirst(ScoreCAM):
        def masks(self, maps: Tensor, x: Tensor) -> Tensor:
            low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
            stretched = (maps - low) / (high - low + 1e-8)
            return F.interpolate(stretched[:, None], x.shape[-2:], mode="bilinear")

    net = networks[name]
    oracle = torchcams(torchcam.methods.ScoreCAM, net, batch_size=16)
    assert error(StretchedFirst().attribute(net.target, net.x, generator()), oracle) <= PARITY  # type: ignore[arg-type]


def test_hires_cam_is_grad_cam_where_the_features_are_averaged(
    networks: dict[str, Network],
) -> None:
    net = networks["efficientnet_lite0"]
    places = (SIDE // 32) ** 2
    assert (
        error(
            places * ours(METHODS.build("hires_cam"), net),
            ours(METHODS.build("grad_cam"), net) * places,
        )
        <= PARITY
    )
