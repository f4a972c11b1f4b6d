"""Blur IG: gradients gathered along the path from a blurred image to the image, from coarse to
fine.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, GradientMethod
from heatcheck.attribution.blurs import gaussian_blur
from heatcheck.attribution.target import BATCH, Target
from heatcheck.core.registry import Citation, parameter


@METHODS.register
@dataclass(frozen=True)
class BlurIG(GradientMethod):
    """The integral of the gradient along the image's own blur, sigma from `widest` to zero, summed
    over channels: signed.

    Deviations are spaced by their square root, so that fine scales get most steps. Each step's
    gradient is taken half-way and weighs the image's change over the step, so that the map's sum
    tends to the score's change from the blurred image.
    """

    name = "blur_ig"
    title = "Blur IG"
    family = "gradient"
    formula = (
        r"\int_{\sigma}^{0} \nabla f\bigl(G_s * x\bigr) \odot \frac{\partial (G_s * "
        r"x)}{\partial s}\, ds"
    )
    summary = (
        "Integrated Gradients on a path of decreasing blur: no baseline colour, and no "
        "features that the image has not."
    )
    code = (
        "for near, far in pairs(sigmas):\n    step = blur(x, near) - blur(x, far)\n    "
        "heatmap += (grad(blur(x, (near + far) / 2)) * step).sum(1)[0]"
    )
    cite = Citation(
        "Xu et al.", 2020, "Attribution in scale and space", "https://arxiv.org/abs/2004.03383"
    )
    cannot = (
        "Give weight to flat areas: what blur does not change gets nothing, whatever the "
        "model makes of it."
    )
    signed = True
    complete = True
    needs = frozenset({"gradients"})
    reference = (
        "The image under a Gaussian of deviation `widest`. That is part of the question. It is "
        "much wider than the blur that insertion starts from, so no substrate is matched with it."
    )

    steps: int = parameter(
        50,
        "Steps from the widest blur to none.",
        low=1,
        high=1000,
        unit="gradients",
        why="As for Integrated Gradients.",
    )
    widest: float = parameter(
        50.0,
        "Deviation of the first blur.",
        low=1.0,
        high=500.0,
        unit="pixels",
        why="The paper's: at 224 pixels it leaves nothing but light and dark.",
    )

    def path_starts(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return gaussian_blur(x, self.widest)

    def channels(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        sigmas = self.widest * (torch.linspace(1, 0, 2 * self.steps + 1, dtype=torch.float64) ** 2)
        total, before = torch.zeros_like(x), gaussian_blur(x, float(sigmas[0]))
        many = max(1, BATCH // len(x))
        for first in range(0, self.steps, many):
            halves, changes = [], []
            for step in range(first, min(self.steps, first + many)):
                after = gaussian_blur(x, float(sigmas[2 * step + 2]))
                halves.append(gaussian_blur(x, float(sigmas[2 * step + 1])))
                changes.append(after - before)
                before = after
            gradients = target.gradient(torch.cat(halves))
            total += (gradients * torch.cat(changes)).reshape(len(halves), *x.shape).sum(0)
        return total
