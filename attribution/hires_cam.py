"""HiResCAM: every feature weighted by its own gradient, place by place."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from heatcheck.attribution.base import METHODS
from heatcheck.attribution.cam import CAM
from heatcheck.core.registry import Citation


@METHODS.register
@dataclass(frozen=True)
class HiResCAM(CAM):
    """ReLU(sum_k g_k A_k), element by element. Where a linear layer follows the features, it is the
    score's exact share of each place.
    """

    name = "hires_cam"
    title = "HiResCAM"
    formula = r"\mathrm{ReLU}\Bigl(\sum_k \frac{\partial y}{\partial A_k} \odot A_k\Bigr)"
    summary = "Features times their own gradients; nothing is averaged away."
    code = "heatmap = (g * A).sum(1).relu()"
    cite = Citation(
        "Draelos and Carin",
        2020,
        "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional "
        "neural networks",
        "https://arxiv.org/abs/2011.08891",
    )
    cannot = (
        "Differ from Grad-CAM where a global average pooling follows: there both are one "
        "map, up to a factor."
    )

    def weighted(self, features: Tensor, gradient: Tensor) -> Tensor:
        return gradient * features
