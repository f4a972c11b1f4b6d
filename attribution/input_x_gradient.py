"""Input x Gradient: the gradient times the input, the first term of the score's expansion around
it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, GradientMethod
from heatcheck.attribution.target import Target
from heatcheck.core.registry import Citation


@METHODS.register
@dataclass(frozen=True)
class InputXGradient(GradientMethod):
    """x times dy/dx, summed over channels: signed. x is what the model takes, so a pixel of the
    mean colour gets nothing.
    """

    name = "input_x_gradient"
    title = "Input x Gradient"
    family = "gradient"
    formula = r"x \odot \frac{\partial y}{\partial x}"
    summary = "The gradient, weighted by how far each pixel is from the mean colour."
    code = "heatmap = (x * grad(x)).sum(1)[0]"
    cite = Citation(
        "Shrikumar et al.",
        2016,
        "Not just a black box: learning important features through propagating "
        "activation differences",
        "https://arxiv.org/abs/1605.01713",
    )
    cannot = (
        "Give weight to pixels of the mean colour, whatever they mean; and it saturates as "
        "the gradient does."
    )
    signed = True
    needs = frozenset({"gradients"})
    reference = (
        "Zero after normalisation, the training data's mean colour: each value is weighted by its "
        "distance from it. That is part of the question. Deletion and insertion are matched under "
        "the substrate `mean`."
    )

    @property
    def starts_from(self) -> frozenset[str]:
        return frozenset({"mean"})

    def channels(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return x * target.gradient(x)
