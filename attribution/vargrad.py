"""VarGrad: the variance of a gradient method over noisy copies of the image."""

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
class VarGrad(Noisy):
    """The attribution's variance over noisy copies, over n and not n - 1. It depends on the
    gradient's flicker, not on its mean.
    """

    name = "vargrad"
    title = "VarGrad"
    formula = r"\mathbb{V}\bigl[\nabla f(x + \mathcal{N}(0, \sigma^2))\bigr]"
    summary = "How much the gradient changes under noise, pixel by pixel."
    code = (
        "g = torch.stack([grad(x + torch.randn_like(x) * sigma / std)[0] for _ in "
        "range(samples)])\nheatmap = g.var(0, correction=0).amax(0)"
    )
    cite = Citation(
        "Adebayo et al.",
        2018,
        "Local explanation methods for deep neural networks lack sensitivity to parameter values",
        "https://arxiv.org/abs/1810.03307",
    )
    cannot = (
        "See a gradient that is large and steady: where noise changes nothing, the variance "
        "is zero."
    )

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        # Welford's way, a batch at a time: a difference of large sums would lose the digits
        mean, squares, count = torch.zeros_like(x[0]), torch.zeros_like(x[0]), 0
        for batch in self.attributions(target, x, generator):
            batch_mean = batch.mean(0)
            apart = batch_mean - mean
            count += len(batch)
            mean += apart * (len(batch) / count)
            squares += (batch - batch_mean).square().sum(0) + apart.square() * (
                len(batch) * (count - len(batch)) / count
            )
        return reduced(squares / self.samples, self.reduce)
