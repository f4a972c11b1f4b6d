"""RISE: the class's probability under random masks, averaged over the masks that show a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.attribution.base import METHODS, Method
from heatcheck.attribution.target import BATCH, Target
from heatcheck.core.registry import Citation, parameter


@METHODS.register
@dataclass(frozen=True)
class RISE(Method):
    """sum_k p(x * M_k) M_k / (samples * share), M_k coarse random grids, enlarged bilinearly and
    shifted at random.

    It weighs by the class's probability, as published, not by the logit. Hidden pixels become zero
    as the model takes them, its training data's mean colour.
    """

    name = "rise"
    title = "RISE"
    family = "perturbation"
    formula = r"\frac{1}{N p} \sum_{k=1}^{N} f(x \odot M_k)\, M_k"
    summary = (
        "Thousands of random masks, each weighted by what the model still sees through it; "
        "no gradients."
    )
    code = (
        "for mask in masks:\n    heatmap += model(x * mask).softmax(1)[0, c] * mask\nheatmap "
        "/= len(masks) * share"
    )
    cite = Citation(
        "Petsiuk et al.",
        2018,
        "RISE: randomized input sampling for explanation of black-box models",
        "https://arxiv.org/abs/1806.07421",
    )
    cannot = (
        "Be cheap or exact: a map is an average of random masks, and its noise falls with "
        "the root of their number."
    )

    reference = (
        "No path: hidden pixels become zero after normalisation, which is the substrate `mean`. "
        "That is part of the question."
    )

    samples: int = parameter(
        2000,
        "Random masks.",
        low=1,
        high=20000,
        unit="forward passes",
        why="Half of the paper's 4000, for the time; the noise is 1.4 times as large.",
    )
    grid: int = parameter(
        7, "Cells of a mask along a side.", low=2, high=64, unit="cells", why="The paper's."
    )
    share: float = parameter(
        0.5,
        "Share of a mask's cells that show the image.",
        low=0.05,
        high=0.95,
        unit="cells",
        why="The paper's.",
    )

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        heat = torch.zeros(x.shape[-2:], device=x.device)
        for first in range(0, self.samples, BATCH):
            masks = self.masks(x, generator, min(BATCH, self.samples - first))
            heat += (target.probability(x * masks)[:, None, None] * masks[:, 0]).sum(0)
        return heat / (self.samples * self.share)

    def masks(self, x: Tensor, generator: torch.Generator, count: int) -> Tensor:
        """`count` masks `[count,1,H,W]` in [0, 1]; drawn mask by mask, whatever the batch."""
        height, width = x.shape[-2:]
        rows, columns = -(-height // self.grid), -(-width // self.grid)
        masks = []
        for _ in range(count):
            cells = (torch.rand(1, 1, self.grid, self.grid, generator=generator) < self.share).to(
                x.dtype
            )
            large = F.interpolate(
                cells,
                size=((self.grid + 1) * rows, (self.grid + 1) * columns),
                mode="bilinear",
                align_corners=False,
            )
            top = int(torch.randint(rows, (1,), generator=generator))
            left = int(torch.randint(columns, (1,), generator=generator))
            masks.append(large[..., top : top + height, left : left + width])
        return torch.cat(masks).to(x.device)
