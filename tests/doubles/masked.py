"""Cases with a mask of the object, under a model whose logit is a function of the pixels."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from heatcheck.attribution import Attribution, Passes, Target
from heatcheck.attribution.random import Random
from heatcheck.metrics import Case

LEFT = torch.tensor([[True, False], [True, False]])


class Scored(nn.Module):
    """Two classes: the logit of the second is what a function says of the pixels `[N,C,H,W]`, that
    of the first always 1000.
    """

    def __init__(self, logit: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.logit = logit

    def forward(self, x: Tensor) -> Tensor:
        logit = self.logit(x)
        return torch.stack([torch.full_like(logit, 1000), logit], 1)


def case_of(
    heat: Tensor,
    mask: Tensor | None,
    logit: Callable[[Tensor], Tensor] | None = None,
    x: Tensor | None = None,
) -> Case:
    """By default the logit is the picture's sum, the picture twos on the left and ones
    elsewhere.
    """
    seen = torch.ones(1, 1, *heat.shape) if x is None else x
    if x is None:
        seen[..., 0] = 2
    target = Target(
        Scored(logit or (lambda pixels: pixels.sum((1, 2, 3)))), 1, seen, mean=0.5, std=0.25
    )
    return Case(target, seen, Attribution(heat, Random(), 1, 0, 0.0, Passes()), "image", mask=mask)
