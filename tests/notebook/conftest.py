"""A seeded network and pictures as a notebook has them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.tests.doubles.runs import without_experiments
from heatcheck.tests.doubles.small_runs import picture

SPOTS = ((2, 2), (20, 4), (10, 22), (24, 24), (6, 14), None)


class Reds(nn.Module):
    """Class 0 where the picture has red, the more the surer; a batch norm and dropout in it, so
    that training and evaluation differ.
    """

    def __init__(self) -> None:
        super().__init__()
        self.red = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.drop(self.norm(self.red(x)).relu())
        return 40 * self.head(x.mean((2, 3)))


@pytest.fixture
def network() -> nn.Module:
    """In training mode, as after training."""
    torch.manual_seed(3)
    made = Reds()
    made.norm.running_mean.uniform_(-0.5, 0.5)  # type: ignore[union-attr, operator]
    made.norm.running_var.uniform_(0.5, 2.0)  # type: ignore[union-attr, operator]
    return made


@pytest.fixture(scope="session")
def pictures() -> np.ndarray:
    """Six of grey boxes, five with a red spot, `[6,32,32,3]` uint8."""
    return np.stack([picture(spot, place) for place, spot in enumerate(SPOTS)])


@pytest.fixture
def planted() -> Iterator[None]:
    """The experiments on small networks take long and are tested elsewhere."""
    with without_experiments():
        yield
