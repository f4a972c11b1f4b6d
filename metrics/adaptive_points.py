"""Which points of a curve to evaluate, so that its area is known to a tolerance.

Between two known points a curve is taken for a Brownian bridge: a path that wanders at random,
pinned at both ends. Its roughness s is read off how far midpoints lie from the line between their
neighbours (the variance of that distance over a width of w steps is s w / 4). The area between the
curve and the line over a width of w then has the variance s (w^3 - w) / 12. The sum over all gaps
is the variance of the area; gaps that hold most of it are halved until two standard errors are
within the tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from heatcheck.metrics.orders import STEPS

# gaps of the first round; 224 is 14 times a power of two, so that halving meets every point
START = 14
# how much a gap's own midpoint counts in its roughness, the rest coming from its neighbours
OWN = 0.5
# the share of a gap's variance that halving it leaves; a quarter if it stayed as rough, less as the
# roughest gaps are picked
LEFT = 0.1


@dataclass(frozen=True)
class Chosen:
    """The points that were evaluated, the standard error of the area that they leave, and the area
    itself where it is another than that under the line through them.
    """

    places: tuple[int, ...]  # on the grid of STEPS + 1
    error: float = 0.0
    area: float | None = None


@dataclass(frozen=True)
class _Gap:
    """Two neighbouring known points of the grid, and how rough the curve is between them."""

    begin: int
    end: int
    roughness: float

    @property
    def middle(self) -> int:
        return (self.begin + self.end) // 2

    @property
    def variance(self) -> float:
        """Of the area between the curve and the line."""
        width = self.end - self.begin
        return self.roughness * (width**3 - width) / 12 / STEPS**2

    def halves(self, roughness: float) -> tuple[_Gap, _Gap]:
        return _Gap(self.begin, self.middle, roughness), _Gap(self.middle, self.end, roughness)


Plan = Generator[list[int], None, Chosen]  # yields points to evaluate, returns all of them


def fixed(places: list[int]) -> Plan:
    """The plan that evaluates these points and no more."""
    yield places
    return Chosen(tuple(places))


def adaptive(read: Callable[[int], float], tolerance: float) -> Plan:
    """Yields points of the grid to evaluate next, after which `read` knows them; returns the points
    with the area's standard error.
    """
    width = STEPS // START
    yield list(range(0, STEPS + 1, width // 2))
    wide = [_Gap(begin, begin + width, 0.0) for begin in range(0, STEPS, width)]
    rough = [_roughness(gap, read) for gap in wide]
    padded = [rough[0], *rough, rough[-1]]
    gaps = [
        half
        for place, gap in enumerate(wide)
        for half in gap.halves(
            OWN * rough[place] + (1 - OWN) * (padded[place] + padded[place + 2]) / 2
        )
    ]
    while worst := _worst(gaps, tolerance):
        yield [gap.middle for gap in worst]
        gaps = [
            half
            for gap in gaps
            for half in (
                gap.halves(OWN * _roughness(gap, read) + (1 - OWN) * gap.roughness)
                if gap in worst
                else (gap,)
            )
        ]
    places = (0, *(gap.end for gap in gaps))
    return Chosen(places, sum(gap.variance for gap in gaps) ** 0.5)


def _roughness(gap: _Gap, read: Callable[[int], float]) -> float:
    """How rough the curve is between two points, by how far its midpoint lies from the line."""
    off = read(gap.middle) - (read(gap.begin) + read(gap.end)) / 2
    return 4 * off * off / (gap.end - gap.begin)


def _worst(gaps: list[_Gap], tolerance: float) -> list[_Gap]:
    """The fewest gaps to halve until two standard errors should be within the tolerance; none where
    they are.
    """
    allowed = (tolerance / 2) ** 2
    left = sum(gap.variance for gap in gaps)
    worst: list[_Gap] = []
    for gap in sorted(gaps, key=lambda gap: -gap.variance):
        if not (left > allowed and gap.variance > 0):  # NaN ends it too
            break
        worst.append(gap)
        left -= (1 - LEFT) * gap.variance
    return worst
