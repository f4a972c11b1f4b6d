"""Complexity: the entropy of known maps."""

from __future__ import annotations

import math

import pytest
import scipy.stats
import torch

from heatcheck.metrics.complexity import Complexity, entropy
from heatcheck.tests.doubles.cases import case_of, drawn


@pytest.mark.parametrize(
    ("heat", "value", "share"),
    [
        ([[2.0, -2.0], [2.0, 2.0]], math.log(4), 1),
        ([[0.0, -5.0, 0.0]], 0, 0),
        ([[1.0, 0.0], [0.0, -1.0]], math.log(2), 0.5),
        (
            [[1.0, -3.0]],
            -0.25 * math.log(0.25) - 0.75 * math.log(0.75),
            (-0.25 * math.log(0.25) - 0.75 * math.log(0.75)) / math.log(2),
        ),
        ([[4.0]], 0, 0),
    ],
)
def test_complexity_of_known_maps(heat: list[list[float]], value: float, share: float) -> None:
    score = Complexity().score(case_of(torch.tensor(heat)))
    assert score.value == pytest.approx(value, abs=1e-12)
    assert score.sides == pytest.approx({"share": share}, abs=1e-12)


def test_complexity_is_scipys_entropy() -> None:
    heat = drawn(11, 13) - 0.5
    assert entropy(heat) == pytest.approx(
        scipy.stats.entropy(heat.abs().double().flatten().numpy()), abs=1e-12
    )


def test_a_flat_map_has_a_share_of_at_most_one() -> None:
    shares = []
    for height in range(1, 60):
        heat = torch.full((height, 7), 0.1)
        heat[0, 0] = -0.1  # flat in size: a map without any difference is blank
        shares.append(Complexity().score(case_of(heat)).sides["share"])
    assert max(shares) == 1
    assert min(shares) == pytest.approx(1)
