"""The pointing game: where the strongest pixel lies."""

from __future__ import annotations

import pytest
import torch

from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics.pointing_game import PointingGame
from heatcheck.tests.doubles.masked import LEFT, case_of


@pytest.mark.parametrize(
    ("heat", "value"),
    [
        ([[3.0, 1.0], [2.0, 0.0]], 1.0),
        ([[1.0, 3.0], [2.0, 0.0]], 0.0),
        ([[3.0, 3.0], [2.0, 0.0]], 0.5),
        ([[3.0, 3.0], [2.0, 3.0]], 1 / 3),
        ([[3.0, 3.0], [3.0, 0.0]], 2 / 3),
        ([[-3.0, -9.0], [-3.5, -4.0]], 1.0),  # the strongest, not the largest in size
        ([[0.0, -9.0], [-1.0, 0.0]], 0.5),
    ],
)
def test_the_strongest_pixel_lies_on_the_object_or_not_and_ties_share(
    heat: list[list[float]], value: float
) -> None:
    assert PointingGame().score(case_of(torch.tensor(heat), LEFT)).value == pytest.approx(value)


@pytest.mark.parametrize("constant", [0.0, 2.5, -2.5])
def test_a_constant_map_points_nowhere(constant: float) -> None:
    with pytest.raises(DegenerateMap, match="The map is blank"):
        PointingGame().score(case_of(torch.full((2, 2), constant), LEFT))


def test_over_random_maps_the_pointing_game_comes_to_chance() -> None:
    mask = torch.zeros(4, 4, dtype=torch.bool)
    mask[0] = True
    draws = torch.Generator().manual_seed(0)
    values = [
        PointingGame().score(case_of(torch.rand(4, 4, generator=draws), mask)).value
        for _ in range(1000)
    ]
    assert sum(values) / len(values) == pytest.approx(0.25, abs=0.04)
