"""A small network and a picture for the laboratory's questions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Output
from heatcheck.inputs import classifiers
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.sizes import Size
from heatcheck.runs.cells import Subject

SIDE = 16


class Blocks(nn.Module):
    """Two convolutions, three classes."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Conv2d(channels, 6, 3, padding=1), nn.Conv2d(6, 8, 2, 2)
        self.head = nn.Linear(8, 3)
        nn.init.normal_(self.first.weight, std=2.0)  # so that few steps are no integral

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = nn.functional.softplus(self.second(nn.functional.softplus(self.first(x))))
        return self.head(hidden.mean((2, 3)))


def subject(
    monkeypatch: pytest.MonkeyPatch,
    model: nn.Module,
    channels: int = 3,
    output: Output = Output.SOFTMAX,
) -> tuple[Subject, Classifier]:
    middle = (0.5,) * channels
    loaded = Classifier(
        "small",
        "small",
        model.eval(),
        Size(SIDE, SIDE),
        middle,
        middle,
        ("cat", "dog", "fox"),
        "",
        "",
        torch.device("cpu"),
        output=output,
    )
    monkeypatch.setattr(classifiers, "load", lambda name: loaded)
    pixels = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, channels), np.uint8)
    return Subject("small", pixels, "a" * 64), loaded
