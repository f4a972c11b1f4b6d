"""Occlusion: how much the score falls when a square of the image is hidden."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, Method
from heatcheck.attribution.target import BATCH, Target
from heatcheck.core.registry import Citation, parameter

FILLS = {
    "mean": lambda target, x: torch.zeros_like(x),
    "black": lambda target, x: target.to_input(torch.zeros_like(x)),
    "white": lambda target, x: target.to_input(torch.ones_like(x)),
}


@METHODS.register
@dataclass(frozen=True)
class Occlusion(Method):
    """The logit's fall when a `window` x `window` square is filled, averaged over the squares that
    cover a pixel: signed.

    Squares start every `stride` pixels; the last ones are cut off at the border. "mean" is zero as
    the model takes it, its training data's mean colour.
    """

    name = "occlusion"
    title = "Occlusion"
    family = "perturbation"
    formula = r"m_{ij} = \operatorname{mean}_{W \ni (i,j)} \bigl[f(x) - f(x_{\setminus W})\bigr]"
    summary = "Hide a square, see how far the score falls, move on; no gradients."
    code = (
        "for rows, columns in squares:\n    hidden = x.clone(); hidden[..., rows, columns] = "
        "fill\n    heatmap[rows, columns] += f(x) - f(hidden)"
    )
    cite = Citation(
        "Zeiler and Fergus",
        2014,
        "Visualizing and understanding convolutional networks",
        "https://arxiv.org/abs/1311.2901",
    )
    cannot = (
        "Show anything smaller than its window, or evidence that two places share: hiding "
        "either alone changes little."
    )
    signed = True
    reference = (
        "No path: what hides a square is `fill`, by default zero after normalisation, which is the "
        "substrate `mean`. That is part of the question."
    )

    window: int = parameter(
        32,
        "Side of the hidden square.",
        low=1,
        high=2000,
        unit="pixels",
        why="A seventh of 224: one cell of a usual CAM.",
    )
    stride: int = parameter(
        16,
        "Step from one square to the next; at most the window, or pixels stay unseen.",
        low=1,
        high=2000,
        unit="pixels",
        why="Half the window, so that most pixels are hidden four times.",
    )
    fill: str = parameter(
        "mean",
        "What hides the square.",
        choices=tuple(FILLS),
        why="Zero as the model takes it: what it has seen most.",
    )

    def check(self, target: Target) -> str | None:
        if self.stride > self.window:
            return (
                f"its stride of {self.stride} is larger than its window of {self.window}, so "
                "pixels between the squares would never be hidden."
            )
        return super().check(target)

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        fill, whole = FILLS[self.fill](target, x), target.score(x)
        heat, cover = (
            torch.zeros(x.shape[-2:], device=x.device),
            torch.zeros(x.shape[-2:], device=x.device),
        )
        squares = [
            (rows, columns)
            for rows in self.starts(x.shape[-2])
            for columns in self.starts(x.shape[-1])
        ]
        for first in range(0, len(squares), BATCH):
            part = squares[first : first + BATCH]
            hidden = x.repeat(len(part), 1, 1, 1)
            for place, (rows, columns) in enumerate(part):
                hidden[place, :, rows, columns] = fill[0, :, rows, columns]
            for fall, (rows, columns) in zip(whole - target.score(hidden), part, strict=True):
                heat[rows, columns] += fall
                cover[rows, columns] += 1
        return heat / cover

    def starts(self, side: int) -> list[slice]:
        """The squares' extents along a side, so that every pixel is covered."""
        count = -(-max(0, side - self.window) // self.stride) + 1
        return [
            slice(place * self.stride, min(side, place * self.stride + self.window))
            for place in range(count)
        ]
