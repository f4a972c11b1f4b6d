"""SmoothGrad-squared: the mean square of a gradient method over noisy copies of the image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS
from heatcheck.attribution.smoothgrad import Noisy
from heatcheck.attribution.target import Target
from heatcheck.attribution.vanilla_gradients import reduced
from heatcheck.core.registry import Citation


@METHODS.register
@dataclass(frozen=True)
class SmoothGradSquared(Noisy):
    """The mean squared attribution over noisy copies. Signs cannot cancel, so it ranks by size and
    keeps what flickers.
    """

    name = "smoothgrad_squared"
    title = "SmoothGrad-squared"
    formula = r"\mathbb{E}\bigl[\nabla f(x + \mathcal{N}(0, \sigma^2))^2\bigr]"
    summary = "The gradient's mean square over noisy copies: size counts, sign does not."
    code = (
        "for _ in range(samples):\n    g += grad(x + torch.randn_like(x) * sigma / std) ** "
        "2\nheatmap = (g / samples)[0].amax(0)"
    )
    cite = Citation(
        "Hooker et al.",
        2019,
        "A benchmark for interpretability methods in deep neural networks",
        "https://arxiv.org/abs/1806.10758",
    )
    cannot = (
        "Say for or against: squares lose the sign, and a gradient that flickers about zero "
        "counts as much as one that stays."
    )

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        total = torch.zeros_like(x[0])
        for batch in self.attributions(target, x, generator):
            total += batch.square().sum(0)
        return reduced(total / self.samples, self.reduce)
