"""XGrad-CAM: Grad-CAM whose weights are averages of the gradient, weighted by the activation."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from heatcheck.attribution.base import METHODS
from heatcheck.attribution.cam import CAM
from heatcheck.core.registry import Citation

TINY = 1e-8  # below which a feature map counts as empty


@METHODS.register
@dataclass(frozen=True)
class XGradCAM(CAM):
    """Weights w_k = sum_ij g_kij A_kij / sum_ij A_kij: of all weights by channel, those nearest to
    conserving the score.
    """

    name = "xgrad_cam"
    title = "XGrad-CAM"
    formula = (
        r"\mathrm{ReLU}\Bigl(\sum_k w_k A_k\Bigr), \quad "
        r"w_k = \sum_{i,j} \frac{A_k^{ij}}{\sum_{a,b} A_k^{ab}}\, \frac{\partial "
        r"y}{\partial A_k^{ij}}"
    )
    summary = "Grad-CAM with the gradient averaged where a feature map fires."
    code = (
        "w = (g * A).sum((2, 3), keepdim=True) / A.sum((2, 3), keepdim=True)\nheatmap = (w * "
        "A).sum(1).relu()"
    )
    cite = Citation(
        "Fu et al.",
        2020,
        "Axiom-based Grad-CAM: towards accurate visualization and explanation of CNNs",
        "https://arxiv.org/abs/2008.02312",
    )
    cannot = (
        "Be trusted on features with both signs: its weights divide by their sum, which may "
        "be near zero."
    )

    def weighted(self, features: Tensor, gradient: Tensor) -> Tensor:
        total = features.sum((2, 3), keepdim=True)
        weights = (gradient * features).sum((2, 3), keepdim=True) / total.where(
            total.abs() > TINY, 1.0
        )
        return weights * features
