"""Vanilla Gradients: how much the score moves when a pixel moves."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, GradientMethod
from heatcheck.attribution.target import Target
from heatcheck.core.registry import Citation, parameter

REDUCTIONS = {
    "max_abs": lambda gradient: gradient.abs().amax(0),
    "sum": lambda gradient: gradient.sum(0),
}


def reduced(gradient: Tensor, by: str) -> Tensor:
    """A gradient `[C,H,W]` -> a map `[H,W]`: `max_abs` over channels (Simonyan), or the signed
    `sum`.
    """
    return REDUCTIONS[by](gradient)


def reduce_parameter() -> str:
    """The field by which gradient methods choose how channels become one plane."""
    return parameter(
        "max_abs",
        "How channels become one plane: largest absolute value, or signed sum.",
        choices=tuple(REDUCTIONS),
        why="The papers take the largest absolute value. sum keeps the sign.",
    )


@METHODS.register
@dataclass(frozen=True)
class VanillaGradients(GradientMethod):
    """The gradient of the class's logit to the input, `[C,H,W]`, reduced to `[H,W]` by `reduce`.

    Misleads where the network saturates: a pixel the score no longer reacts to gets nothing,
    however much it matters.
    """

    name = "vanilla_gradients"
    title = "Vanilla Gradients"
    family = "gradient"
    formula = r"\frac{\partial y}{\partial x}"
    summary = "Sensitivity of the class's score to each pixel, at the image itself."
    code = (
        "x.requires_grad_()\ny = model(x)[0, c]\n(g,) = torch.autograd.grad(y, x)\nheatmap = "
        "g[0].abs().amax(0)"
    )
    cite = Citation(
        "Simonyan et al.",
        2013,
        "Deep inside convolutional networks: visualising image classification models and "
        "saliency maps",
        "https://arxiv.org/abs/1312.6034",
    )
    cannot = (
        "See what a saturated network no longer reacts to; on ReLU networks it also shows "
        "the kinks as speckle."
    )
    needs = frozenset({"gradients"})
    standard = True

    reduce: str = reduce_parameter()

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return reduced(self.channels(target, x, generator)[0], self.reduce)

    def channels(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return target.gradient(x)
