"""Class gains: two classes that look at two places."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Output, Target
from heatcheck.core.errors import DoesNotApply
from heatcheck.metrics import METRICS
from heatcheck.tests.doubles.cases import case_by, scored

GAINS = (
    "deletion_class",
    "insertion_class",
    "deletion_second_class",
    "insertion_second_class",
)


class TwoPlaces(nn.Module):
    """The first class reads one corner, the second the opposite one, or the same."""

    def __init__(self, apart: bool) -> None:
        super().__init__()
        self.apart = apart

    def forward(self, x: Tensor) -> Tensor:
        first = x[..., :4, :4].sum((1, 2, 3)) / 4
        second = x[..., -4:, -4:].sum((1, 2, 3)) / 4 if self.apart else -first
        return torch.stack([first, second], 1)


def score(name: str, apart: bool, method: str = "vanilla_gradients") -> float:
    x = torch.ones(1, 1, 12, 12)
    target = Target(TwoPlaces(apart), 0, x)
    return scored(case_by(METHODS.build(method), target, x), name, points="all").value


@pytest.mark.parametrize("name", GAINS)
def test_a_map_that_knows_its_class_gains_and_one_that_shows_the_same_for_both_does_not(
    name: str,
) -> None:
    assert score(name, apart=True) > 0.1
    assert score(name, apart=False) == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("name", GAINS)
def test_controls_are_not_asked(name: str) -> None:
    assert METRICS[name].why_not(METHODS.build("random"))


@pytest.mark.parametrize("name", GAINS)
def test_a_model_with_one_class_has_no_other(name: str) -> None:
    x = torch.ones(1, 1, 12, 12)

    class One(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[..., :4, :4].sum((1, 2, 3))[:, None]

    case = case_by(METHODS.build("vanilla_gradients"), Target(One(), 0, x, output=Output.SCORE), x)
    with pytest.raises(DoesNotApply, match="this model has one"):
        scored(case, name)
    assert scored(case, "deletion").value > 1  # others are not held up
