"""Skimming: it counts the passes of a whole map, and lets few pictures through the model."""

from __future__ import annotations

import time

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Passes, Target, attribute
from heatcheck.attribution.skimming import LOOKED_AT, cost_of
from heatcheck.core.errors import DoesNotApply


@pytest.mark.parametrize("name", METHODS)
def test_passes_are_those_of_the_map_itself(
    name: str, tiny: nn.Module, tiny_target: Target, tiny_x: Tensor
) -> None:
    method = METHODS.build(name)
    references = torch.cat([tiny_x, tiny_x.flip(3)])
    target = Target(tiny, 1, tiny_x, mean=0.5, std=0.25, references=references)
    if method.check(target):
        with pytest.raises(DoesNotApply, match=f"{method.title} does not apply here"):
            cost_of(method, target, tiny_x)
        return
    whole = attribute(method, target, tiny_x)
    cost = cost_of(method, target, tiny_x)
    assert cost.passes == whole.passes
    assert cost.plane.shape == whole.map.shape


class Counted(nn.Module):
    """Counts its pictures, and lasts 20 ms for each."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures = 0

    def forward(self, x: Tensor) -> Tensor:
        self.pictures += len(x)
        time.sleep(0.02 * len(x))
        return torch.stack([x.sum((1, 2, 3)), x[:, 0].sum((1, 2))], 1)


@pytest.mark.parametrize(
    ("spec", "passes"),
    [
        ({"name": "smoothgrad", "samples": 200}, Passes(200, 200)),
        ({"name": "rise", "samples": 300}, Passes(300, 0)),
    ],
    ids=["gradients", "forward"],
)
def test_what_is_left_out_counts_as_long_as_what_was_looked_at(
    spec: dict[str, object], passes: Passes, tiny_x: Tensor
) -> None:
    model, method = Counted(), METHODS.build(spec)
    target = Target(model, 0, tiny_x)
    method.check(target)  # asks the model, once
    model.pictures = 0
    cost = cost_of(method, target, tiny_x)
    assert cost.passes == passes
    assert model.pictures == LOOKED_AT
    assert cost.seconds >= 0.02 * passes.forward
