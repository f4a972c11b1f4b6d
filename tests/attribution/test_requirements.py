"""Requirements: which models are refused, and in what words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.core.errors import DoesNotApply
from heatcheck.tests.doubles.networks import VIT, fused, timm_model

X = torch.zeros(1, 3, 64, 64)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: torchvision.models.resnet18(weights=None).eval(), "has none that can be read"),
        (
            lambda: timm_model("swin_tiny_patch4_window7_224", img_size=64, window_size=2),
            "has none that can be read",
        ),
        (
            lambda: fused(timm_model("swin_tiny_patch4_window7_224", img_size=64, window_size=2)),
            "within windows",
        ),
    ],
)
def test_a_model_without_global_attention_says_so(
    build: Callable[[], nn.Module], words: str
) -> None:
    target = Target(build(), 0, X)
    assert words in str(target.why_no_attention())
    with pytest.raises(DoesNotApply, match=words):
        target.attention(X)


@pytest.mark.parametrize("cut", ["detached", "no_grad"])
def test_a_model_whose_gradients_are_cut_is_refused_with_the_reason(
    cut: str, tiny: nn.Module, tiny_x: Tensor
) -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = tiny

        def forward(self, x: Tensor) -> Tensor:
            if cut == "detached":
                return self.inner(x).detach()
            with torch.no_grad():
                return self.inner(x)

    target = Target(Cut(), 0, tiny_x)
    assert "carries none" in str(target.why_no_gradients())
    with pytest.raises(DoesNotApply, match="carries none"):
        target.gradient(tiny_x)
    with pytest.raises(DoesNotApply, match="carries none"):
        target.features(tiny_x)


@pytest.mark.parametrize(
    "name", [name for name, method in METHODS.items() if method.family != "control"]
)
def test_a_model_that_ends_in_a_softmax_is_refused(
    name: str, tiny: nn.Module, tiny_x: Tensor
) -> None:
    reason = METHODS.build(name).check(Target(nn.Sequential(tiny, nn.Softmax(1)), 0, tiny_x))
    assert "already are probabilities" in str(reason)


def test_logits_that_sum_to_one_on_a_blank_picture_are_no_probabilities() -> None:
    class OneHot(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            left = x.abs().mean((1, 2, 3))
            return torch.stack([1 + 3 * left, left], 1)

    assert Target(OneHot(), 0, torch.zeros(1, 3, 8, 8)).why_no_logits() is None


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "plain CNN": lambda: nn.Sequential(
        nn.Conv2d(3, 8, 3, 2),
        nn.ReLU(inplace=True),
        nn.Conv2d(8, 8, 3, 2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(32, 7),
    ),
    "residual": lambda: timm_model("test_resnet"),
    "depthwise, ReLU6": lambda: timm_model("tf_efficientnet_lite0"),
    "SiLU": lambda: timm_model("test_efficientnet"),
    "ViT": lambda: timm_model("vit_tiny_patch16_224", **VIT),
    "Swin": lambda: timm_model(
        "swin_tiny_patch4_window7_224",
        img_size=64,
        window_size=2,
        depths=(1, 1, 1, 1),
        embed_dim=24,
    ),
    "ConvNeXt": lambda: timm_model("test_convnext"),
    "MLP": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(3 * 64 * 64, 16), nn.ReLU(), nn.Linear(16, 7)
    ),
}


CHEAP = {
    "rise": {"samples": 32},
    "score_cam": {"channels": 16},
    "guided_ig": {"steps": 8},
    "blur_ig": {"steps": 8},
}


REFUSED = {
    "plain CNN": {"attention_gradients"},
    "residual": {"attention_gradients"},
    "depthwise, ReLU6": {"attention_gradients"},
    "SiLU": {"attention_gradients", "guided_backprop", "guided_grad_cam"},
    "ViT": {"guided_backprop", "guided_grad_cam"},
    "Swin": {"attention_gradients", "guided_backprop", "guided_grad_cam"},
    "ConvNeXt": {"attention_gradients", "guided_backprop", "guided_grad_cam"},
    "MLP": {
        "attention_gradients",
        "grad_cam",
        "guided_grad_cam",
        "grad_cam_plus_plus",
        "hires_cam",
        "layer_cam",
        "xgrad_cam",
        "score_cam",
        "inverted",
    },
}


@pytest.mark.parametrize("network", NETWORKS)
def test_each_method_explains_a_network_or_says_in_a_sentence_why_not(network: str) -> None:
    model = NETWORKS[network]().eval()
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) - 0.5
    target = Target(model, 2, x, mean=0.5, std=0.5, references=x.flip(2))
    refused = set()
    for name in METHODS:
        method = METHODS.build({"name": name, **CHEAP.get(name, {})})
        if reason := method.check(target):
            refused.add(name)
            assert reason.endswith(".")
            with pytest.raises(DoesNotApply, match="does not apply here"):
                attribute(method, target, x)
        else:
            assert attribute(method, target, x).map.shape == (64, 64)
    assert refused == REFUSED[network]
