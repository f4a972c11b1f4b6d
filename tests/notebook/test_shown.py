"""What a notebook shows of runs that are not of colour pictures and the class on top."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
import torch
from torch import nn

import heatcheck

pytestmark = pytest.mark.usefixtures("planted")  # experiments take long, and have their tests
FEW: dict[str, Any] = {
    "methods": ["vanilla_gradients", "random"],
    "metrics": ["deletion"],
    "points": 3,
    "progress": False,
}


def small(channels: int) -> nn.Module:
    torch.manual_seed(0)
    layers = (nn.Conv2d(channels, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(*layers, nn.Linear(4, 3))


def test_pictures_of_other_channels_are_drawn_as_png() -> None:
    result = heatcheck.evaluate(small(5), torch.rand(2, 5, 16, 16), **FEW)
    pictures = re.findall(r'data:image/png;base64,([^"]+)', result._repr_html_())
    assert len(pictures) == 4  # the picture, two maps, the legend
    assert all(base64.b64decode(one).startswith(b"\x89PNG") for one in pictures)


def test_what_the_model_sees_is_told_from_the_class_that_is_explained() -> None:
    model, pictures = small(3), torch.rand(2, 3, 16, 16)
    with torch.no_grad():
        model.get_parameter("4.bias").copy_(torch.tensor([9.0, 0.0, 0.0]))
    named = {"classes": ["cat", "dog", "fox"], **FEW}
    assert ", seen as cat<" in heatcheck.evaluate(model, pictures, **named)._repr_html_()
    other = heatcheck.evaluate(model, pictures, target="class:dog", **named)
    assert ", seen as cat; explained: dog<" in other._repr_html_()
