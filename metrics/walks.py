"""Walks after RISE (Petsiuk 2018, arXiv:1806.07421): the class's probability while pixels change in
the order of a map.

All channels of a pixel change together. The walks of a case go in step, round by round, so that
their points fill the model's batches; points that two walks share, the ends first of all, are
evaluated once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from heatcheck.attribution.outputs import Output
from heatcheck.attribution.target import BATCH
from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics import adaptive_points, drawn_points
from heatcheck.metrics.base import Case, Curve, mean_curve
from heatcheck.metrics.orders import (
    STEPS,
    case_ranks,
    counts,
    misplaced,
    pooled,
    ranks,
    reversed_order,
    spread,
)
from heatcheck.metrics.reference_maps import reference_map
from heatcheck.metrics.substrates import CLEAN, end

ADAPTIVE, ALL = "adaptive", "all"  # words for the points that are evaluated
# points that are drawn, by their word: one in each of so many strata
DRAWN = {f"drawn-{count}": count for count in (5, 7, 9, 11, 13, 17, 25, 33)}
POINTS = (ADAPTIVE, ALL, *DRAWN)


@dataclass(frozen=True)
class Walk:
    """From which picture to which, in which order, by how large squares."""

    start: str  # the name of an end: CLEAN or a substrate
    stop: str
    order: str = "own"  # own, last first, misplaced, or the name of a reference map
    patch: int = 1


@dataclass(frozen=True, eq=False)
class Sampled:
    """The curve of a walk as far as it was evaluated."""

    curve: Curve
    auc: float  # its area; of drawn points an unbiased estimate, not the area under the line
    error: float  # standard error of the area, in probability
    places: tuple[int, ...] = ()  # on the grid, where they were drawn


def error_of(curves: Sequence[Sampled], weights: Sequence[float]) -> float:
    """The standard error of a weighted sum of areas. Curves whose points were drawn together are
    summed first: what they share at those points is no error of their difference.
    """
    places = curves[0].places
    if places and all(curve.places == places for curve in curves):
        heights = np.array([curve.curve.probabilities for curve in curves])
        return drawn_points.estimate(np.array(places), np.array(weights) @ heights)[1]
    errors = np.array([curve.error for curve in curves])
    return float(np.linalg.norm(np.array(weights) * errors))


def mean_of(curves: Iterable[Sampled]) -> Sampled:
    """The mean of curves at the points that any of them has, and of their areas."""
    listed = list(curves)
    if len(listed) == 1:
        return listed[0]
    weights = [1 / len(listed)] * len(listed)
    area = sum(sampled.auc for sampled in listed) / len(listed)
    lines, places = [sampled.curve for sampled in listed], listed[0].places
    if places and all(sampled.places == places for sampled in listed):
        mean = Curve(
            lines[0].fractions,
            tuple(np.mean([line.probabilities for line in lines], axis=0).tolist()),
            tuple(np.mean([line.energy_gaps for line in lines], axis=0).tolist()),
        )
        return Sampled(mean, area, error_of(listed, weights), places)
    return Sampled(mean_curve(lines), area, error_of(listed, weights))


class Reading(NamedTuple):
    """What the model says of one picture of a walk."""

    probability: float
    energy: float  # nats


class Place(NamedTuple):
    """Where a picture lies: so many squares into a walk; 0 into an end, by whose name all walks
    share it.
    """

    where: Walk | str
    squares: int


@dataclass(frozen=True, eq=False)
class _Track:
    """A walk on one case: its order, its grid, and what has been read so far by all walks of the
    case.
    """

    walk: Walk
    places: Tensor  # [H,W] int32: when a pixel changes
    counts: list[int]  # squares that have changed, at each point of the grid
    readings: dict[Place, Reading]

    def at(self, count: int) -> Place:
        if count in (0, self.counts[-1]):
            return Place(self.walk.stop if count else self.walk.start, 0)
        return Place(self.walk, count)

    def place(self, index: int) -> Place:
        return self.at(self.counts[index])

    def probability(self, index: int) -> float:
        return self.readings[self.place(index)].probability


def walk_together(
    case: Case, walks: Iterable[Walk], points: int | str, tolerance: float
) -> dict[Walk, Sampled]:
    """The curves of several walks of one case, in step. What has been read stays with the case.

    A curve does not depend on which others are walked beside it: only the batches do.

    Args:
        case: the map, the image and the model.
        walks: what is walked.
        points: of the grid: a number of even ones, or one of POINTS. Drawn ones are the same for
            all methods and orders of an image on a substrate, so that differences stay sharp.
        tolerance: what two standard errors of an adaptive area may be, in probability.
    """
    tracks = {walk: _track(case, walk) for walk in sorted(walks, key=repr)}
    running = {walk: _plan(case, walk, points, tolerance) for walk in tracks}
    ended: dict[Walk, adaptive_points.Chosen] = {}
    while running:
        wanted: dict[Place, _Track | None] = {}
        for walk, plan in list(running.items()):
            try:
                wanted |= {tracks[walk].place(index): tracks[walk] for index in next(plan)}
            except StopIteration as end_of_plan:
                ended[walk] = end_of_plan.value
                del running[walk]
        _read(case, wanted)
    return {walk: _sampled(case, tracks[walk], chosen) for walk, chosen in ended.items()}


def read_counts(case: Case, walk: Walk, replaced: Sequence[int]) -> list[float]:
    """The probability once so many squares of a walk have changed, for each count.

    Raises:
        DegenerateMap: the model gives NaN or infinity.
    """
    track = _track(case, walk)
    places = [track.at(count) for count in replaced]
    _read(case, dict.fromkeys(places, track))
    probabilities = [track.readings[place].probability for place in places]
    if not np.isfinite(probabilities).all():
        raise DegenerateMap(
            "Expected finite probabilities along the curve. Got NaN or infinity from the model."
        )
    return probabilities


def reading(case: Case, end_of_curve: str) -> Reading:
    """What the model says of an end of a curve: the clean image, or a substrate."""
    place = Place(end_of_curve, 0)
    _read(case, {place: None})
    return _readings(case)[place]


def order_of(case: Case, order: str, patch: int) -> Tensor:
    """Each square's place `[h,w]` in an order of the case."""
    return case.once(("order", order, patch), lambda: _order_of(case, order, patch))


def _order_of(case: Case, order: str, patch: int) -> Tensor:
    if order == "last first":
        return reversed_order(order_of(case, "own", patch))
    if order == "misplaced":
        return misplaced(order_of(case, "own", patch))
    if order == "own":
        return (
            case_ranks(case)
            if patch == 1
            else ranks(pooled(case.map, patch), case.generator("ties"))
        )
    return ranks(pooled(reference_map(case, order), patch), case.generator("ties"))


def remember(case: Case, walk: Walk, curve: Curve) -> None:
    """Take a curve that was walked before, so that its points are not evaluated again."""
    track = _track(case, walk)
    indices = {count / track.counts[-1]: index for index, count in enumerate(track.counts)}
    clean = reading(case, CLEAN).energy
    gaps = curve.energy_gaps or (math.nan,) * len(curve.fractions)
    for fraction, probability, gap in zip(curve.fractions, curve.probabilities, gaps, strict=True):
        track.readings[track.place(indices[fraction])] = Reading(probability, clean - gap)


def _readings(case: Case) -> dict[Place, Reading]:
    return case.once("readings", dict)


def _track(case: Case, walk: Walk) -> _Track:
    def make() -> _Track:
        order = order_of(case, walk.order, walk.patch)
        places = spread(order, walk.patch, *case.x.shape[-2:]).to(case.x.device, torch.int32)
        # a map that several orders share is walked once
        alike = case.once(("tracks", walk.start, walk.stop, walk.patch), list[_Track])
        known = next((track for track in alike if torch.equal(track.places, places)), None)
        if known:
            return known
        alike.append(_Track(walk, places, counts(order.numel()), _readings(case)))
        return alike[-1]

    return case.once(("track", walk), make)


def _plan(case: Case, walk: Walk, points: int | str, tolerance: float) -> adaptive_points.Plan:
    track = _track(case, walk)
    if points == ADAPTIVE:
        if case.target.output is Output.SCORE:
            return _in_own_unit(track, tolerance)
        return adaptive_points.adaptive(track.probability, tolerance)
    if points in DRAWN:
        draws = case.generator(f"points {walk.start} {walk.stop}", whatever_method=True)
        return drawn_points.drawn(track.probability, DRAWN[str(points)], draws)
    number = STEPS + 1 if isinstance(points, str) else points
    return adaptive_points.fixed([round(place) for place in np.linspace(0, STEPS, number)])


def _in_own_unit(track: _Track, tolerance: float) -> adaptive_points.Plan:
    """The plan for a plain score: the tolerance is a share of the change from end to end."""

    def change() -> float:
        return abs(track.probability(0) - track.probability(STEPS)) or 1.0

    chosen = yield from adaptive_points.adaptive(
        lambda index: track.probability(index) / change(), tolerance
    )
    return replace(chosen, error=chosen.error * change())


def _read(case: Case, wanted: Mapping[Place, _Track | None]) -> None:
    """Evaluate what is wanted and not known; an end of a curve needs no track."""
    readings = _readings(case)
    missing = [(place, track) for place, track in wanted.items() if place not in readings]
    for first in range(0, len(missing), BATCH):
        batch = missing[first : first + BATCH]
        probabilities, energies = case.target.readings(
            torch.cat([_picture(case, place, track) for place, track in batch])
        )
        for (place, _), probability, energy in zip(
            batch, probabilities.tolist(), energies.tolist(), strict=True
        ):
            readings[place] = Reading(probability, energy)


def _picture(case: Case, place: Place, track: _Track | None) -> Tensor:
    """The picture at a place, `[1,C,H,W]`."""
    where, squares = place
    if track is None or not isinstance(where, Walk):
        return end(case, str(where))
    return torch.where(track.places < squares, end(case, where.stop), end(case, where.start))


def _sampled(case: Case, track: _Track, chosen: adaptive_points.Chosen) -> Sampled:
    clean = reading(case, CLEAN).energy
    at = [track.readings[track.place(index)] for index in chosen.places]
    curve = Curve(
        fractions=tuple(track.counts[index] / track.counts[-1] for index in chosen.places),
        probabilities=tuple(place.probability for place in at),
        energy_gaps=() if math.isnan(clean) else tuple(clean - place.energy for place in at),
    )
    if chosen.area is None:
        return Sampled(curve, curve.auc, chosen.error)
    return Sampled(curve, chosen.area, chosen.error, chosen.places)
