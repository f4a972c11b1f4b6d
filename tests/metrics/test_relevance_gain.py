"""Symmetric relevance gain: it turns with the map."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from heatcheck.attribution import Target
from heatcheck.tests.doubles.cases import case_of, drawn, scored


def test_a_map_and_its_negative_have_opposite_gains(tiny_target: Target, tiny_x: Tensor) -> None:
    heat = torch.randperm(480, generator=torch.Generator().manual_seed(0)).reshape(20, 24) / 480
    there, back = (
        scored(case_of(signed, tiny_x, tiny_target), "relevance_gain", points="all")
        for signed in (heat, -heat)
    )
    assert there.value == pytest.approx(-back.value, abs=1e-7)
    assert abs(there.value) > 1e-5


def test_the_gain_of_what_the_model_sums_is_that_of_its_closed_form() -> None:
    x = 0.1 * drawn(1, 1, 4, 4)
    score = scored(case_of(x[0, 0], x), "relevance_gain", points="all")
    rising = torch.cat([torch.zeros(1), x.flatten().double().sort().values.cumsum(0)])
    last_first = (rising[-1] - rising).sigmoid()  # the weakest go first: what is left of the sum
    first_first = rising.flip(0).sigmoid()  # of n pixels the strongest k are gone
    areas = [float(torch.trapezoid(p, dx=1 / 16)) for p in (last_first, first_first)]
    assert score.sides["last_first"] == pytest.approx(areas[0], abs=1e-6)
    assert score.value == pytest.approx(areas[0] - areas[1], abs=1e-6)
