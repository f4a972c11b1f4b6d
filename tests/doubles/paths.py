"""A smooth network and a picture, for methods that integrate along a path."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from heatcheck.attribution import Target

X = torch.rand(1, 3, 12, 10, generator=torch.Generator().manual_seed(0)) - 0.3


class Smooth(nn.Module):
    """Two smooth layers, two classes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(torch.nn.functional.softplus(self.first(x)).mean((2, 3))).sin()


def smooth() -> Target:
    return Target(Smooth().eval(), 0, X, mean=0.5, std=0.25)
