"""Curves as values."""

from __future__ import annotations

import pytest

from heatcheck.metrics import Curve
from heatcheck.metrics.base import mean_curve


def test_the_mean_of_curves_has_the_mean_of_their_areas() -> None:
    one = Curve((0.0, 0.5, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 1.0))
    other = Curve((0.0, 0.25, 1.0), (1.0, 1.0, 0.5), (0.0, 0.0, 3.0))
    mean = mean_curve([one, other])
    assert mean.fractions == (0.0, 0.25, 0.5, 1.0)
    assert mean.probabilities == pytest.approx((1.0, 0.75, 0.5 * (1 - 0.5 / 3), 0.25))
    assert mean.auc == pytest.approx((one.auc + other.auc) / 2)
    assert mean.out_of_distribution == pytest.approx(
        (one.out_of_distribution + other.out_of_distribution) / 2
    )
