"""Average drop: pictures whose probabilities are known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Target
from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics.average_drop import AverageDrop
from heatcheck.tests.doubles.cases import case_of, drawn
from heatcheck.tests.doubles.small_models import Linear, OnlyDimmed


def logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


@pytest.mark.parametrize(
    ("picture", "heat", "kept"),
    [
        ([1.0, 2.0], [2.0, -1.0], 1.0),
        ([1.0, 2.0], [1.0, 2.0], 2.5),
        ([1.0, 2.0], [-3.0, 0.5], 2.0),
        ([1.0, -2.0], [4.0, 1.0], 0.5),
        ([1.0, -3.0], [1.0, 0.5], -0.5),
    ],
)
def test_average_drop_of_known_pictures(
    picture: list[float], heat: list[float], kept: float
) -> None:
    x = torch.tensor(picture).reshape(1, 1, 1, 2)
    score = AverageDrop().score(case_of(torch.tensor([heat]), x))
    clean, dimmed = logistic(sum(picture)), logistic(kept)
    assert score.value == pytest.approx(max(0.0, (clean - dimmed) / clean), abs=1e-6)
    assert score.sides == {"increase": float(dimmed > clean)}


def test_all_channels_are_dimmed_alike_and_the_cases_class_is_asked(
    tiny: nn.Module, tiny_x: Tensor
) -> None:
    heat = drawn(20, 24) - 0.3
    dimmed = tiny_x * (heat.relu() / heat.amax())
    drops = []
    for index in range(3):
        clean, less = (float(tiny(x).softmax(1)[0, index].detach()) for x in (tiny_x, dimmed))
        drops.append(1 - less / clean)
        score = AverageDrop().score(
            case_of(heat, tiny_x, target=Target(tiny, index, tiny_x, mean=0.5, std=0.25))
        )
        assert score.value == pytest.approx(max(0.0, drops[-1]), abs=1e-5)
        assert score.sides["increase"] == float(drops[-1] < 0)
    assert min(drops) < -1e-4 < 1e-4 < max(drops)


def test_a_map_without_a_positive_value_keeps_nothing() -> None:
    heat = -drawn(7, 5)
    heat[0, 0] = 0
    with pytest.raises(DegenerateMap, match="Expected a map with some positive value"):
        AverageDrop().score(case_of(heat))


@pytest.mark.parametrize("bias", [-1000.0, torch.nan, torch.inf])
def test_a_class_without_a_probability_has_nothing_to_lose(bias: float) -> None:
    x = drawn(1, 1, 7, 5)
    with pytest.raises(
        DegenerateMap, match=r"^Expected a probability above zero to lose from\. Got "
    ):
        AverageDrop().score(case_of(drawn(7, 5), x, target=Target(Linear(1.0, bias), 0, x)))


def test_a_dimmed_picture_without_a_probability_has_no_drop() -> None:
    x = torch.ones(1, 1, 7, 5)
    with pytest.raises(DegenerateMap, match=r"Got 0\.500 and, dimmed, nan"):
        AverageDrop().score(case_of(drawn(7, 5), x, target=Target(OnlyDimmed(torch.nan), 0, x)))


def test_a_class_that_vanishes_is_lost_altogether() -> None:
    x = torch.full((1, 1, 1, 2), 500.0)
    score = AverageDrop().score(
        case_of(torch.tensor([[1.0, 0.0]]), x, target=Target(Linear(1.0, -900.0), 0, x))
    )
    assert (score.value, score.sides["increase"]) == (1, 0)
