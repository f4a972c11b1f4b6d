"""Centre Prior: a control that knows photographers and neither picture nor model."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, Method
from heatcheck.attribution.target import Target
from heatcheck.core.registry import Citation, parameter


@METHODS.register
@dataclass(frozen=True)
class CentrePrior(Method):
    """A fixed Gaussian in the middle of the frame. Photographers put the object there, so it scores
    well and knows nothing.
    """

    name = "centre_prior"
    title = "Centre Prior"
    family = "control"
    formula = r"\exp\Bigl(-\tfrac{1}{2}\,\lVert (i, j) - c \rVert^2 / (w \cdot (H, W))^2\Bigr)"
    summary = "A blob in the middle of every picture; neither picture nor model is asked."
    code = (
        "heatmap = torch.exp(-0.5 * ((rows / (w * H))[:, None] ** 2 + (columns / (w * "
        "W))[None] ** 2))"
    )
    cite = Citation(
        "Judd et al.",
        2012,
        "A benchmark of computational models of saliency to predict human fixations",
        "http://hdl.handle.net/1721.1/68590",
    )
    cannot = "Explain anything: it knows neither picture nor model."
    class_sensitive = False
    standard = True

    width: float = parameter(
        0.25,
        "Deviation of the blob, as a share of the side.",
        low=0.01,
        high=2.0,
        unit="sides",
        why="One deviation to each side covers the middle half of each axis.",
    )

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        rows, columns = (torch.arange(side) - (side - 1) / 2 for side in x.shape[-2:])
        height, width = x.shape[-2:]
        return torch.exp(
            -0.5
            * (
                (rows / (self.width * height))[:, None] ** 2
                + (columns / (self.width * width))[None] ** 2
            )
        )
