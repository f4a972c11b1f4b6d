"""Adaptive points: the area to a tolerance, and the error that is left."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

GRID = 225


def smooth(index: int) -> float:
    return float(np.exp(-8 * index / 224))


def jump(index: int) -> float:
    return 1.0 if index < 100 else 0.0


def flat(index: int) -> float:
    return 0.25


def plan(read: Callable[[int], float], tolerance: float) -> tuple[tuple[int, ...], float, int]:
    """The points chosen, the error left, the rounds taken; `read` may be asked only for what was
    evaluated.
    """
    from heatcheck.metrics.adaptive_points import adaptive

    known: dict[int, float] = {}
    steps, rounds = adaptive(known.__getitem__, tolerance), 0
    while True:
        try:
            known.update({index: read(index) for index in next(steps)})
            rounds += 1
        except StopIteration as ended:
            assert set(ended.value.places) == set(known)
            return ended.value.places, ended.value.error, rounds


@pytest.mark.parametrize("read", [smooth, jump, flat])
@pytest.mark.parametrize("tolerance", [0.02, 0.005, 0.001])
def test_adaptive_points_give_the_area_to_the_tolerance(
    read: Callable[[int], float], tolerance: float
) -> None:
    places, error, _ = plan(read, tolerance)
    exact = np.trapezoid([read(index) for index in range(GRID)], dx=1 / 224)
    found = np.trapezoid([read(index) for index in places], np.array(places) / 224)
    assert list(places) == sorted(set(places))
    assert (places[0], places[-1]) == (0, 224)
    assert abs(found - exact) <= tolerance
    assert 2 * error <= tolerance
    assert len(places) >= 29


def test_points_go_where_the_curve_is_rough() -> None:
    assert len(plan(flat, 0.0005)[0]) == 29
    assert plan(flat, 0.0005)[1:] == (0.0, 1)
    places, error, rounds = plan(jump, 0.0005)
    assert {99, 100} <= set(places)  # halved down to neighbours, where nothing is left to err
    assert error < 0.00025
    assert rounds > 3
    assert len(places) < 80
    assert max(np.diff(places)) == 8


def _at(path: np.ndarray, place: int) -> float:
    return float(path[place])


def test_the_error_that_is_carried_is_the_error_that_is_made() -> None:
    """On Brownian paths, for which it is derived, its square is the mean square of the true
    error.
    """
    ratios = []
    draws = np.random.default_rng(0)
    for _ in range(400):
        path = np.cumsum(draws.normal(size=GRID)) / 60
        places, error, _ = plan(partial(_at, path), 0.02)
        off = np.trapezoid(path[list(places)], np.array(places) / 224) - np.trapezoid(
            path, dx=1 / 224
        )
        ratios.append(off / error)
    assert 0.85 < np.sqrt(np.mean(np.square(ratios))) < 1.25
    assert abs(np.mean(ratios)) < 0.2
