"""Maps of captum and torchcam beside ours, of the same module object.

Where conventions differ, the test says how.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from heatcheck.attribution import Method, Target, attribute

PARITY = 1e-4  # of the oracle's largest value
SIDE = 96  # pixels: parity does not depend on it, and Score-CAM asks 1280 times
NETWORKS = ("efficientnet_lite0", "resnet18", "vgg11", "vit")
IMAGES = range(5)  # of the sample photographs

# captum's and torchcam's own
with_their_warnings = pytest.mark.filterwarnings("ignore:.*:UserWarning", "ignore:.*:FutureWarning")
every_network = pytest.mark.parametrize("name", NETWORKS)
with_plain_relus = pytest.mark.parametrize("name", ["resnet18", "vgg11"])


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


def error(ours: Tensor, oracle: Tensor) -> float:
    assert oracle.abs().max() > 0
    return float((ours - oracle).abs().max() / oracle.abs().max())


def ours(method: Method, net: Network) -> Tensor:
    return attribute(method, net.target, net.x, about="photo").map


def large(coarse: Tensor, x: Tensor) -> Tensor:
    return F.interpolate(coarse.reshape(1, 1, *coarse.shape[-2:]), x.shape[-2:], mode="bilinear")[
        0, 0
    ].detach()


def torchcams(kind: Any, net: Network, **options: Any) -> Tensor:
    with kind(
        net.model, net.layer, input_shape=net.x.shape[1:], reshape_transform=net.fold, **options
    ) as extractor:
        scores = net.model(net.x.clone().requires_grad_())
        (coarse,) = extractor(net.index, scores, normalized=False)
    return large(coarse, net.x)
