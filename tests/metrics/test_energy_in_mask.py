"""Energy in the object: the share of the positive part."""

from __future__ import annotations

import pytest
import torch

from heatcheck.metrics.energy_in_mask import EnergyInMask, share_on
from heatcheck.tests.doubles.masked import LEFT, case_of


@pytest.mark.parametrize(
    ("heat", "value"),
    [
        ([[3.0, 1.0], [0.0, 0.0]], 0.75),
        ([[3.0, 1.0], [-5.0, 0.0]], 0.75),  # what speaks against the class is no energy
        ([[3.0, -7.0], [2.0, 0.0]], 1.0),
        ([[-3.0, 7.0], [0.0, 0.0]], 0.0),
        ([[2.5, 1.0], [0.0, 1.5]], 0.5),  # even: chance
    ],
)
def test_energy_is_the_share_of_the_positive_part(heat: list[list[float]], value: float) -> None:
    assert EnergyInMask().score(case_of(torch.tensor(heat), LEFT)).value == pytest.approx(
        value, abs=1e-12
    )


def test_energy_of_an_even_map_is_chance_and_a_tiny_or_huge_map_loses_nothing() -> None:
    mask = torch.zeros(11, 13, dtype=torch.bool)
    mask[2:7, 3:9] = True
    assert share_on(mask, torch.full((11, 13), 1e-30)) == pytest.approx(30 / 143)
    heat = torch.rand(11, 13, generator=torch.Generator().manual_seed(0))
    assert share_on(mask, heat * 1e38) == pytest.approx(share_on(mask, heat), rel=1e-6)
    assert share_on(mask, heat) + share_on(~mask, heat) == pytest.approx(1)
