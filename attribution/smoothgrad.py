"""SmoothGrad: the gradient averaged over noisy copies of the image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from attribution.base import METHODS, Method
from attribution.registry import Citation, parameter
from attribution.target import BATCH, Target
from attribution.vanilla_gradients import reduce_parameter, reduced


@METHODS.register
@dataclass(frozen=True)
class SmoothGrad(Method):
    """The mean gradient over `samples` copies of the image with Gaussian noise, reduced as Vanilla Gradients are.

    `sigma` is in pixel units of [0, 1] and is divided by the model's deviation per channel. One sample without noise equals
    Vanilla Gradients exactly. Noisy copies leave the data the model knows; a large sigma explains noise.
    """

    name = "smoothgrad"
    title = "SmoothGrad"
    family = "gradient"
    formula = r"\mathbb{E}\bigl[\nabla f(x + \mathcal{N}(0, \sigma^2))\bigr]"
    summary = "The gradient averaged over noisy copies of the image."
    code = "for _ in range(samples):\n    g += grad(x + torch.randn_like(x) * sigma / std)\nheatmap = (g / samples)[0].abs().amax(0)"
    cite = Citation("Smilkov et al.", 2017, "SmoothGrad: removing noise by adding noise", "https://arxiv.org/abs/1706.03825")
    needs = frozenset({"gradients"})

    samples: int = parameter(50, "Noisy copies that are averaged.", low=1, high=1000, unit="gradients")
    sigma: float = parameter(0.15, "Deviation of the noise, as a share of the pixel range.", low=0.0, high=1.0, unit="pixel range")
    reduce: str = reduce_parameter()

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        total = torch.zeros_like(x)
        for first in range(0, self.samples, BATCH):
            count = min(BATCH, self.samples - first)
            total += target.gradient(x + self.noise(target, x, generator, count)).sum(0, keepdim=True)
        return reduced(total[0] / self.samples, self.reduce)

    def noise(self, target: Target, x: Tensor, generator: torch.Generator, count: int) -> Tensor:
        """`count` draws of the noise `[count,C,H,W]`, as the model takes it; drawn copy by copy, whatever the batch."""
        draws = torch.stack([torch.randn(x.shape[1:], generator=generator) for _ in range(count)])
        return draws.to(x) * (self.sigma / target.std)
