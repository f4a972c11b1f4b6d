"""Grad-CAM++: Grad-CAM whose weights favour the places where a feature map raises the score."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from heatcheck.attribution.base import METHODS
from heatcheck.attribution.cam import CAM
from heatcheck.core.registry import Citation


@METHODS.register
@dataclass(frozen=True)
class GradCAMPlusPlus(CAM):
    """Weights w_k = sum_ij a_kij ReLU(g_kij), with a = g^2 / (2 g^2 + sum_ij A g^3) and g the
    logit's gradient to A.

    The closed form holds for exp(logit) as the score: its higher derivatives are then powers of g,
    times a factor that scales the whole map.
    """

    name = "grad_cam_plus_plus"
    title = "Grad-CAM++"
    formula = (
        r"\mathrm{ReLU}\Bigl(\sum_k w_k A_k\Bigr), \quad w_k = \sum_{i,j} "
        r"a_k^{ij}\,\mathrm{ReLU}(g_k^{ij}), \quad "
        r"a_k^{ij} = \frac{(g_k^{ij})^2}{2 (g_k^{ij})^2 + \sum_{a,b} A_k^{ab} (g_k^{ab})^3}"
    )
    summary = "Grad-CAM with weights by place, so that several objects of one class all show."
    code = (
        "a = g**2 / (2 * g**2 + (A * g**3).sum((2, 3), keepdim=True))\nheatmap = ((a * "
        "g.relu()).sum((2, 3), keepdim=True) * A).sum(1).relu()"
    )
    cite = Citation(
        "Chattopadhay et al.",
        2018,
        "Grad-CAM++: generalized gradient-based visual explanations for deep "
        "convolutional networks",
        "https://arxiv.org/abs/1710.11063",
    )
    cannot = (
        "Do more than Grad-CAM where one object fills the frame; its weights rest on an "
        "exponential score that nobody trains."
    )

    def weighted(self, features: Tensor, gradient: Tensor) -> Tensor:
        square, cube = gradient**2, gradient**3
        below = 2 * square + (features * cube).sum((2, 3), keepdim=True)
        share = square / below.where(below != 0, 1.0)
        return (share * gradient.relu()).sum((2, 3), keepdim=True) * features
