"""Guided Grad-CAM: Guided Backprop where Grad-CAM is positive."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, Method
from heatcheck.attribution.cam import layer_parameter
from heatcheck.attribution.grad_cam import GradCAM
from heatcheck.attribution.target import Target
from heatcheck.attribution.vanilla_gradients import reduce_parameter, reduced
from heatcheck.core.registry import Citation


@METHODS.register
@dataclass(frozen=True)
class GuidedGradCAM(Method):
    """Guided Backprop's gradient times the enlarged Grad-CAM, channel by channel, reduced as
    Vanilla Gradients are.
    """

    name = "guided_grad_cam"
    title = "Guided Grad-CAM"
    family = "CAM"
    formula = (
        r"\mathrm{guided}(x) \odot \mathrm{upsample}\Bigl(\mathrm{ReLU}\bigl(\sum_k \alpha_k "
        r"A_k\bigr)\Bigr)"
    )
    summary = "Grad-CAM says where, Guided Backprop draws it finely."
    code = "heatmap = (guided_grad(x)[0] * grad_cam(x)).abs().amax(0)"
    cite = Citation(
        "Selvaraju et al.",
        2017,
        "Grad-CAM: visual explanations from deep networks via gradient-based localization",
        "https://arxiv.org/abs/1610.02391",
    )
    cannot = (
        "Be more faithful than its parts: its detail is Guided Backprop's, which comes from "
        "the picture more than from the model."
    )
    needs = frozenset({"gradients", "spatial features", "ReLUs"})

    layer: str = layer_parameter()
    reduce: str = reduce_parameter()

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        where = GradCAM(layer=self.layer).attribute(target, x, generator)
        return reduced(target.guided_gradient(x)[0] * where, self.reduce)
