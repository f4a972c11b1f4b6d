"""LayerCAM: features weighted by their own positive gradients, so that shallow layers give fine
maps.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from heatcheck.attribution.base import METHODS
from heatcheck.attribution.cam import CAM
from heatcheck.core.registry import Citation


@METHODS.register
@dataclass(frozen=True)
class LayerCAM(CAM):
    """ReLU(sum_k ReLU(g_k) A_k), element by element. Name a shallower `layer` for finer detail."""

    name = "layer_cam"
    title = "LayerCAM"
    formula = (
        r"\mathrm{ReLU}\Bigl(\sum_k \mathrm{ReLU}\Bigl(\frac{\partial y}{\partial A_k}\Bigr) "
        r"\odot A_k\Bigr)"
    )
    summary = (
        "Features times their positive gradients, place by place; meant for shallow layers too."
    )
    code = "heatmap = (g.relu() * A).sum(1).relu()"
    cite = Citation(
        "Jiang et al.",
        2021,
        "LayerCAM: exploring hierarchical class activation maps for localization",
        "https://doi.org/10.1109/TIP.2021.3089943",
    )
    cannot = (
        "Show evidence against the class: negative gradients are dropped before they can "
        "cancel anything."
    )

    def weighted(self, features: Tensor, gradient: Tensor) -> Tensor:
        return gradient.relu() * features
