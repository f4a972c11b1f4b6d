"""Networks that tests of several methods explain."""

from __future__ import annotations

from typing import Any

import pytest
import timm
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from heatcheck.attribution import Target
from heatcheck.inputs.classifiers import Classifier
from heatcheck.tests.doubles.oracles import SIDE, Network, tokens_to_grid


class Linear(nn.Module):
    """Logits that are linear in the pixels: the gradient is the weight, whatever the input."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = weight  # [classes,C,H,W]

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("nchw,kchw->nk", x, self.weight) + 1.0


@pytest.fixture
def linear() -> tuple[Target, Tensor, Tensor]:
    """A linear model's target, its image, and the weight of its class."""
    generator = torch.Generator().manual_seed(2)
    weight, x = (
        torch.randn(2, 3, 6, 5, generator=generator),
        torch.rand(1, 3, 6, 5, generator=generator),
    )
    return Target(Linear(weight), 1, x, mean=0.5, std=0.25), x, weight[1]


@pytest.fixture(scope="session")
def networks(lite0: Classifier, lite0_inputs: Tensor) -> dict[str, Network]:
    """Four kinds of network on one small photograph, by name."""
    torch.manual_seed(0)
    vit = timm.models.VisionTransformer(
        SIDE, 16, embed_dim=96, depth=3, num_heads=3, num_classes=50
    )
    nn.init.normal_(vit.head.weight, std=0.1)
    models: dict[str, tuple[nn.Module, str, Any]] = {
        "efficientnet_lite0": (lite0.model, "bn2", None),
        "resnet18": (torchvision.models.resnet18(weights=None), "layer4", None),
        # at 224 pixels the output of VGG's pooling is that of the features
        "vgg11": (torchvision.models.vgg11(weights=None), "avgpool", None),
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


@pytest.fixture(scope="session")
def resnet18() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.resnet18(weights=None).eval()


@pytest.fixture(params=("efficientnet_lite0", "resnet18"))
def network(
    request: pytest.FixtureRequest, lite0: Classifier, resnet18: nn.Module
) -> tuple[nn.Module, nn.Module, float, float]:
    """Module, its last spatial layer as a person would name it, mean, deviation."""
    if request.param == "resnet18":
        return resnet18, resnet18.layer4, 0.45, 0.225
    return lite0.model, lite0.model.bn2, 0.5, 0.5
