"""Sparseness: the Gini index of known maps."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch

from heatcheck.metrics.sparseness import Sparseness, gini
from heatcheck.tests.doubles.cases import case_of, drawn


@pytest.mark.parametrize(
    ("heat", "value"),
    [
        ([[2.0, 2.0], [-2.0, 2.0]], 0),
        ([[0.0, 0.0, 0.0], [0.0, -5.0, 0.0]], 5 / 6),
        ([[1.0, -3.0]], 1 / 4),
        ([[3.0, 1.0]], 1 / 4),
        ([[4.0]], 0),
    ],
)
def test_gini_index_of_known_maps(heat: list[list[float]], value: float) -> None:
    assert Sparseness().score(case_of(torch.tensor(heat))).value == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(("height", "width"), [(1, 2), (7, 5), (11, 13)])
def test_gini_index_is_half_the_mean_difference_over_the_mean(height: int, width: int) -> None:
    heat = drawn(height, width) ** 3 - 0.2
    values = heat.abs().double().flatten().numpy()
    assert gini(heat) == pytest.approx(
        np.abs(values[:, None] - values).mean() / (2 * values.mean()), abs=1e-12
    )
    moments = scipy.stats.lmoment(
        values, order=[1, 2], standardize=False
    )  # unbiased in a small sample, where the index is not
    assert gini(heat) == pytest.approx(
        moments[1] / moments[0] * (values.size - 1) / values.size, abs=1e-12
    )


def test_a_flat_map_is_never_less_sparse_than_zero() -> None:
    assert min(gini(torch.full((height, 7), 0.1)) for height in range(1, 60)) == 0
