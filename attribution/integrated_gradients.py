"""Integrated Gradients: gradients gathered along the straight path from a baseline to the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from attribution.base import METHODS, Method
from attribution.registry import Citation, parameter
from attribution.target import BATCH, Target

BASELINES = {
    "black": lambda pixels: torch.zeros_like(pixels),
    "white": lambda pixels: torch.ones_like(pixels),
    "mean": lambda pixels: pixels.mean((2, 3), keepdim=True).expand_as(pixels),
}


@METHODS.register
@dataclass(frozen=True)
class IntegratedGradients(Method):
    """(x - x') times the integral of the gradient from the baseline x' to x, summed over channels: signed, in logits.

    The integral is Gauss-Legendre over `steps` nodes. "Black" means black pixels, not zero after normalisation. The map's sum
    should equal score(x) - score(x'); on networks that are far from smooth along the path, fifty nodes leave a gap.
    """

    name = "integrated_gradients"
    title = "Integrated Gradients"
    family = "gradient"
    formula = r"(x - x') \int_0^1 \nabla f\bigl(x' + \alpha (x - x')\bigr)\, d\alpha"
    summary = "The score's change from a baseline to the image, shared out among the pixels along a straight path."
    code = (
        "alphas, weights = gauss_legendre(steps)\n"
        "path = baseline + alphas[:, None, None, None] * (x - baseline)\n"
        "heatmap = ((x - baseline) * (weights[:, None, None, None] * grad(path)).sum(0)).sum(1)[0]"
    )
    cite = Citation("Sundararajan et al.", 2017, "Axiomatic attribution for deep networks", "https://arxiv.org/abs/1703.01365")
    signed = True
    needs = frozenset({"gradients"})

    steps: int = parameter(50, "Points on the path at which the gradient is taken.", low=1, high=2000, unit="gradients")
    baseline: str = parameter("black", "Where the path starts.", choices=tuple(BASELINES))

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        start = self.start(target, x)
        alphas, weights = nodes(self.steps)
        total = torch.zeros_like(x)
        for a, w in zip(alphas.to(x).split(BATCH), weights.to(x).split(BATCH), strict=True):
            path = start + a.reshape(-1, 1, 1, 1) * (x - start)
            total += (w.reshape(-1, 1, 1, 1) * target.gradient(path)).sum(0, keepdim=True)
        return ((x - start) * total).sum(1)[0]

    def start(self, target: Target, x: Tensor) -> Tensor:
        """The baseline as the model takes it, `[1,C,H,W]`."""
        return target.to_input(BASELINES[self.baseline](target.to_pixels(x)))


def nodes(steps: int) -> tuple[Tensor, Tensor]:
    """Gauss-Legendre nodes and weights on [0, 1], each `[steps]`."""
    points, weights = np.polynomial.legendre.leggauss(steps)
    return torch.from_numpy((points + 1) / 2), torch.from_numpy(weights / 2)
