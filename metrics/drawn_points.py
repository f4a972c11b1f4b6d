"""Drawn points: an area from few points, without bias, for scores that are averaged over images.

The inner points of the grid are cut into strata, somewhat narrower where few pixels have changed,
and one point is drawn in each; the two ends are known. What a curve does within a stratum is taken
for its slope there, read off the points of the two neighbouring strata, which were drawn without
regard to it: so the correction is zero on average, whatever the curve, and the estimate has the
mean of the whole grid's area.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache

import numpy as np
import torch

from heatcheck.metrics.adaptive_points import Chosen, Plan
from heatcheck.metrics.orders import STEPS

LEAN = 1.2  # how much narrower the strata are at the beginning; 1 is even
# of the variance of a Brownian path within a stratum, what the slope leaves: measured on 80 whole
# curves with 5, 7 and 9 strata, 0.09 to 0.11
LEFT = 0.1


@cache
def strata(count: int, lean: float = LEAN) -> np.ndarray:
    """Where `count` strata begin, and where the last ends: `count + 1` places from 1 to STEPS."""
    shares = np.linspace(0, 1, count + 1) ** lean
    return np.round(1 + shares * (STEPS - 1)).astype(int)


def draw(count: int, draws: torch.Generator) -> tuple[int, ...]:
    """Both ends and a point in each of `count` strata, in order."""
    bounds = strata(count)
    inner = (
        int(torch.randint(int(low), int(high), (), generator=draws))
        for low, high in itertools.pairwise(bounds)
    )
    return (0, *inner, STEPS)


def drawn(read: Callable[[int], float], count: int, draws: torch.Generator) -> Plan:
    """Yields the ends and one point in each of `count` strata, after which `read` knows them;
    returns them with the area and its standard error.
    """
    places = draw(count, draws)
    yield list(places)
    area, error = estimate(np.array(places), np.array([read(place) for place in places]))
    return Chosen(places, error, area)


def estimate(places: np.ndarray, heights: np.ndarray) -> tuple[float, float]:
    """The area and its standard error from the curve's heights at both ends and at one point a
    stratum, all in order.
    """
    bounds = strata(len(places) - 2)
    widths, centres = np.diff(bounds), (bounds[:-1] + bounds[1:] - 1) / 2
    before, at, after = places[:-2], places[1:-1], places[2:]
    slopes = (heights[2:] - heights[:-2]) / (after - before)
    inner = heights[1:-1] - slopes * (at - centres)
    area = ((heights[0] + heights[-1]) / 2 + float(widths @ inner)) / STEPS
    line = heights[:-2] + slopes * (at - before)
    roughness = (heights[1:-1] - line) ** 2 * (after - before) / ((at - before) * (after - at))
    return float(area), float(np.sqrt(LEFT * float(widths**3 @ roughness)) / STEPS)
