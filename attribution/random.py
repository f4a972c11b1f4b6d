"""Random: a control that knows nothing."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, Method
from heatcheck.attribution.target import Target
from heatcheck.core.registry import Citation


@METHODS.register
@dataclass(frozen=True)
class Random(Method):
    """Independent uniform values. Its scores are what scattered pixels buy, whatever the image."""

    name = "random"
    title = "Random"
    family = "control"
    formula = r"m_{ij} \sim \mathcal{U}(0, 1)"
    summary = "Noise. What scores no better has shown nothing."
    code = "heatmap = torch.rand(H, W)"
    cite = Citation(
        "Hooker et al.",
        2019,
        "A benchmark for interpretability methods in deep neural networks",
        "https://arxiv.org/abs/1806.10758",
    )
    cannot = "Explain anything: it is noise."
    class_sensitive = False
    standard = True

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return torch.rand(x.shape[-2:], generator=generator)
