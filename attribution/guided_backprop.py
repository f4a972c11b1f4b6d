"""Guided Backprop: the gradient, with every ReLU passing on only what is positive."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, GradientMethod
from heatcheck.attribution.target import Target
from heatcheck.attribution.vanilla_gradients import reduce_parameter, reduced
from heatcheck.core.registry import Citation


@METHODS.register
@dataclass(frozen=True)
class GuidedBackprop(GradientMethod):
    """The gradient to the input with negative gradients stopped at every ReLU and ReLU6, as module
    or function, in place or reused.

    It refuses a model with any other activation, where captum would hand back the plain gradient.
    It partly restores the picture itself and depends little on the upper weights (Adebayo 2018):
    sharp is not faithful.
    """

    name = "guided_backprop"
    title = "Guided Backprop"
    family = "gradient"
    formula = r"R^{l} = \mathbb{1}[A^{l} > 0]\,\max(R^{l+1}, 0)"
    summary = (
        "The gradient with only positive signals passed back through ReLUs: sharp, and "
        "nearly blind to the class."
    )
    code = (
        "# in every ReLU's backward pass:\ng = g.clamp(min=0) * (a > 0)\nheatmap = "
        "grad(x)[0].abs().amax(0)"
    )
    cite = Citation(
        "Springenberg et al.",
        2014,
        "Striving for simplicity: the all convolutional net",
        "https://arxiv.org/abs/1412.6806",
    )
    cannot = (
        "Tell classes apart well, or explain a network whose activations are not ReLU or ReLU6."
    )
    needs = frozenset({"gradients", "ReLUs"})

    reduce: str = reduce_parameter()

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return reduced(self.channels(target, x, generator)[0], self.reduce)

    def channels(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return target.guided_gradient(x)
