"""Small seeded networks for inputs of any number of channels and any height and width."""

from __future__ import annotations

from typing import Any

import timm
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Method, Target

SHAPES = {  # channels, height, width
    "four channels": (4, 28, 28),
    "one channel": (1, 28, 28),
    "oblong": (3, 64, 128),
    "oblong of two channels": (2, 9, 7),
}
FEW = {"samples": 8, "steps": 8, "window": 4, "stride": 2}  # so that a map takes little time
Shape = tuple[int, int, int]


def network(shape: Shape) -> nn.Module:
    """A convolutional network of five classes."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(shape[0], 6, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 5),
    ).eval()


def transformer(shape: Shape) -> nn.Module:
    """A vision transformer of five classes."""
    torch.manual_seed(0)
    channels, height, width = shape
    patch = 4 if height % 4 == 0 else 1
    made: nn.Module = timm.models.VisionTransformer(
        (height, width), patch, channels, 5, embed_dim=24, depth=2, num_heads=2
    )
    return made.eval()


def inputs(shape: Shape, count: int) -> Tensor:
    """Pictures as such a network takes them, `[count,C,H,W]`."""
    return 2 * torch.rand(count, *shape, generator=torch.Generator().manual_seed(1)) - 1


def target(model: nn.Module, shape: Shape, index: int = 1) -> tuple[Target, Tensor]:
    """The score of one class on the first of the inputs, and that one."""
    x, references = inputs(shape, 5).split((1, 4))
    half: Any = [0.5] * shape[0]
    return Target(model, index, x, mean=half, std=half, references=references), x


def quick(name: str) -> Method:
    """A method with few samples and steps."""
    fields = METHODS[name].__dataclass_fields__
    given = {
        key: value
        for key, value in FEW.items()
        if key in fields and isinstance(fields[key].default, int)
    }
    return METHODS.build({"name": name, **given})
