"""What class activation maps share: spatial features, weighted, summed, rectified, enlarged to the
image.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.attribution.base import Method
from heatcheck.attribution.target import Target
from heatcheck.core.registry import parameter


def layer_parameter() -> str:
    """The field that names a layer."""
    return parameter(
        "",
        "The layer whose features are weighted; empty finds the last spatial one.",
        why="The papers use the last spatial layer. How it is found: [decision "
        "005](decisions/005-the-spatial-layer.md).",
    )


@dataclass(frozen=True)
class CAM(Method):
    """ReLU(sum_k W_k A_k), bilinearly enlarged: each kind says what the weights W are."""

    family = "CAM"
    needs = frozenset({"gradients", "spatial features"})

    layer: str = layer_parameter()

    @abstractmethod
    def weighted(self, features: Tensor, gradient: Tensor) -> Tensor:
        """Features and the score's gradient to them, `[1,K,h,w]` -> the weighted features,
        `[1,K,h,w]`.
        """

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return enlarged(self.coarse(target, x), x)

    def coarse(self, target: Target, x: Tensor) -> Tensor:
        """The map on the layer's own grid, `[h,w]`."""
        features, gradient = target.features(x, self.layer)
        return self.weighted(features, gradient).sum(1)[0].relu()


def enlarged(coarse: Tensor, x: Tensor) -> Tensor:
    """A map `[h,w]` at the size of the image `x[N,C,H,W]`, bilinear."""
    return F.interpolate(
        coarse[None, None], size=x.shape[-2:], mode="bilinear", align_corners=False
    )[0, 0]
