"""Grad-CAM: which feature maps of the last spatial layer raise the score, and where they fire."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from heatcheck.attribution.base import METHODS
from heatcheck.attribution.cam import CAM
from heatcheck.core.registry import Citation


@METHODS.register
@dataclass(frozen=True)
class GradCAM(CAM):
    """ReLU(sum_k alpha_k A_k) with alpha_k the spatial mean of dy/dA_k, bilinearly enlarged to the
    image.

    Only what stands above the layer is differentiated. Its grain is the layer's grid (7 x 7 on most
    networks at 224 pixels), so it looks smooth whatever the model does; large areas are exactly
    zero, and their order under deletion is a coin's.
    """

    name = "grad_cam"
    title = "Grad-CAM"
    formula = (
        r"\mathrm{ReLU}\Bigl(\sum_k \alpha_k A_k\Bigr), \quad \alpha_k = \frac{1}{Z} "
        r"\sum_{i,j} \frac{\partial y}{\partial A_k^{ij}}"
    )
    summary = "The last spatial feature maps, weighted by how much each raises the class's score."
    code = (
        "(g,) = torch.autograd.grad(y, A)  # A: [1,K,h,w]\nalpha = g.mean((2, 3), keepdim=True)\n"
        "heatmap = F.interpolate((alpha * A).sum(1, keepdim=True).relu(), x.shape[-2:], "
        "mode='bilinear')"
    )
    cite = Citation(
        "Selvaraju et al.",
        2017,
        "Grad-CAM: visual explanations from deep networks via gradient-based localization",
        "https://arxiv.org/abs/1610.02391",
    )
    cannot = (
        "Show detail finer than the layer's grid, or explain a network without a layer over "
        "places, such as an MLP."
    )
    standard = True

    def weighted(self, features: Tensor, gradient: Tensor) -> Tensor:
        return gradient.mean((2, 3), keepdim=True) * features
