"""Drawn points: no bias, and an error that is what it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from heatcheck.metrics.drawn_points import drawn, estimate, strata
from heatcheck.metrics.orders import STEPS


def _exact(curve: np.ndarray) -> float:
    return float(np.trapezoid(curve, dx=1 / STEPS))


def _area(curve: np.ndarray, count: int, seed: int) -> tuple[float, float]:
    plan = drawn(lambda place: float(curve[place]), count, torch.Generator().manual_seed(seed))
    places = next(plan)
    with pytest.raises(StopIteration) as end:
        next(plan)
    chosen = end.value.value
    assert chosen.places == tuple(places)
    assert chosen.area is not None
    return chosen.area, chosen.error


@pytest.mark.parametrize("count", [5, 9, 33])
def test_strata_cover_the_inner_points_once_and_each_gives_one(count: int) -> None:
    bounds = strata(count)
    assert (bounds[0], bounds[-1], len(bounds)) == (1, STEPS, count + 1)
    assert (np.diff(bounds) >= 1).all()
    places = next(drawn(lambda place: 0.0, count, torch.Generator().manual_seed(1)))
    assert (places[0], places[-1]) == (0, STEPS)
    assert all(
        low <= at < high
        for low, at, high in zip(bounds[:-1], places[1:-1], bounds[1:], strict=True)
    )


@pytest.mark.parametrize("count", [5, 9, 17])
def test_a_straight_line_has_its_area_exactly(count: int) -> None:
    line = np.linspace(0.9, 0.1, STEPS + 1)
    area, error = _area(line, count, 3)
    assert area == pytest.approx(0.5, abs=1e-12)
    assert error == pytest.approx(0, abs=1e-12)


def test_areas_of_curves_that_bend_and_jump_are_right_on_average() -> None:
    """Points at even places would be off by more than three hundredths on the first of these."""
    places = np.linspace(0, 1, STEPS + 1)
    jump = (places > 0.003).astype(float)
    for curve in (np.exp(-12 * places), jump, np.sin(9 * places) ** 2):
        areas = np.array([_area(curve, 9, seed)[0] for seed in range(1500)])
        off = areas.mean() - _exact(curve)
        assert abs(off) < 4 * areas.std() / np.sqrt(len(areas)) + 1e-12


def test_the_slope_of_the_neighbours_makes_a_smooth_curve_sharp() -> None:
    curve = np.exp(-3 * np.linspace(0, 1, STEPS + 1))
    areas = np.array([_area(curve, 9, seed)[0] for seed in range(300)])
    assert areas.std() < 0.003  # three times as much without it


def test_the_standard_error_is_that_of_rough_curves() -> None:
    noise = np.random.default_rng(0)
    off, errors = [], []
    for seed in range(400):
        steps = noise.normal(0, 0.03, STEPS + 1).cumsum()
        area, error = _area(steps, 9, seed)
        off.append(area - _exact(steps))
        errors.append(error)
    assert np.std(off) == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=0.2)
    assert (
        np.mean(np.abs(off) <= 2 * np.array(errors)) > 0.8
    )  # few points tell little of the error itself


def test_an_estimate_is_linear_in_the_curve() -> None:
    places = np.array([0, 10, 60, 110, 140, 200, STEPS])
    first, second = np.random.default_rng(1).random((2, len(places)))
    area = estimate(places, 2 * first - second)[0]
    assert area == pytest.approx(2 * estimate(places, first)[0] - estimate(places, second)[0])
