"""Edges: a control that knows the picture and not the model."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.attribution.base import METHODS, Method
from heatcheck.attribution.target import Target
from heatcheck.core.registry import Citation

SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])


@METHODS.register
@dataclass(frozen=True)
class Edges(Method):
    """The length of the Sobel gradient of the picture's brightness. A saliency map that looks like
    this may be an edge detector.
    """

    name = "edges"
    title = "Edges"
    family = "control"
    formula = r"\sqrt{(S_x * x)^2 + (S_y * x)^2}"
    summary = "Where the picture has edges; no model is asked."
    code = (
        "gray = x.mean(1, keepdim=True)\nheatmap = torch.hypot(F.conv2d(gray, sobel_x), "
        "F.conv2d(gray, sobel_y))"
    )
    cite = Citation(
        "Adebayo et al.",
        2018,
        "Sanity checks for saliency maps",
        "https://arxiv.org/abs/1810.03292",
    )
    cannot = "Explain anything: it never asks the model."
    class_sensitive = False
    standard = True

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        gray = F.pad(target.to_pixels(x).mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
        kernels = torch.stack([SOBEL, SOBEL.T])[:, None].to(gray)
        across, down = F.conv2d(gray, kernels)[0]
        return torch.hypot(across, down)
