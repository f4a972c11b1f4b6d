"""Curves after RISE (Petsiuk 2018, arXiv:1806.07421): the class's probability while pixels change
in the order of a map.

All channels of a pixel change together. The curves of a case are walked in step, round by round, so
that their points fill the model's batches; points that two curves share, the ends first of all, are
evaluated once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from heatcheck.attribution.target import BATCH
from heatcheck.core.errors import DegenerateMap
from heatcheck.core.registry import Citation, parameter
from heatcheck.metrics import adaptive_points
from heatcheck.metrics.base import Case, Curve, Metric, Side, mean_curve
from heatcheck.metrics.orders import (
    STEPS,
    case_ranks,
    counts,
    misplaced,
    pooled,
    ranks,
    reversed_order,
    spread,
    tie_share,
)
from heatcheck.metrics.substrates import CLEAN, end

ADAPTIVE, ALL = "adaptive", "all"
RISE = Citation(
    "Petsiuk et al.",
    2018,
    "RISE: randomized input sampling for explanation of black-box models",
    "https://arxiv.org/abs/1806.07421",
)
AUC_ERROR = Side(
    "probability",
    "Standard error of the area from the points that were not evaluated; 0 with all of them.",
)
TIES = Side("share", "Pixels whose value another pixel has too; their order is drawn.")


@dataclass(frozen=True)
class Walk:
    """One curve: from which picture to which, in which order, by how large squares."""

    start: str  # the name of an end: CLEAN or a substrate
    stop: str
    order: str = "own"  # own, last first, misplaced, or other 0, other 1: the map of another image
    patch: int = 1


@runtime_checkable
class CarriesItsCurve(Protocol):
    """A metric whose score carries the curve of the map itself, which other metrics may use."""

    name: ClassVar[str]

    @property
    def walk(self) -> Walk:
        """The curve that it is read off, and that its score carries."""


@dataclass(frozen=True)
class CurveMetric(Metric):
    """A metric that is read off curves; what curve metrics have in common."""

    points: int | str = parameter(
        ADAPTIVE,
        "Points of the 225-point grid that are evaluated: a number of even ones, all, or "
        "as many as the tolerance takes.",
        low=2,
        high=STEPS + 1,
        words=(ADAPTIVE, ALL),
        unit="points",
        why="About 35 points give the area of 225 to within the tolerance.",
    )
    tolerance: float = parameter(
        0.005,
        "What two standard errors of an adaptive area may be.",
        low=0.0005,
        high=0.1,
        unit="probability",
        why="Well below the differences between methods.",
    )
    patch: int = parameter(
        1,
        "Side of the squares that change together.",
        low=1,
        high=64,
        unit="pixels",
        why="Single pixels are the protocol's; 16 shows what is left when grain is taken away.",
    )

    def walks(self, case: Case) -> Mapping[str, Walk]:
        """The curves that the metric is read off, by what they are to it."""
        raise NotImplementedError

    def curves(self, case: Case) -> Mapping[str, Sampled]:
        """Those curves. Those of the case's other metrics that are read at the same points are
        walked beside them.
        """
        own = self.walks(case)
        beside = [
            other.walks(case)
            for other in case.together
            if isinstance(other, CurveMetric) and self._alike(other, case)
        ]
        found = walk_together(
            case,
            {walk for walks in (own, *beside) for walk in walks.values()},
            self.points,
            self.tolerance,
        )
        for role, walk in own.items():
            if not np.isfinite(found[walk].curve.probabilities).all():
                raise DegenerateMap(
                    f"Expected finite probabilities along the curve ({role}). Got NaN or "
                    "infinity from the model."
                )
        return {role: found[walk] for role, walk in own.items()}

    def _alike(self, other: CurveMetric, case: Case) -> bool:
        return (other.points, other.tolerance) == (self.points, self.tolerance) and bool(
            case.others or not other.needs
        )


@dataclass(frozen=True, eq=False)
class Sampled:
    """A curve as far as it was evaluated."""

    curve: Curve
    error: float  # standard error of its area

    @property
    def auc(self) -> float:
        """Its area."""
        return self.curve.auc


def joint_error(curves: Iterable[Sampled]) -> float:
    """The standard error of a sum or difference of areas."""
    return float(np.sqrt(sum(one.error**2 for one in curves)))


def mean_of(curves: Iterable[Sampled]) -> Sampled:
    """The mean of curves at the points that any of them has; its area is the mean of their
    areas.
    """
    listed = list(curves)
    return Sampled(mean_curve([one.curve for one in listed]), joint_error(listed) / len(listed))


def own_sides(case: Case, own: Sampled) -> dict[str, float]:
    """The side values that deletion and insertion share."""
    return {
        "auc_error": own.error,
        "points": float(len(own.curve.fractions)),
        "tie_share": tie_share(case.map),
        "out_of_distribution": own.curve.out_of_distribution,
    }


OWN_SIDES = {
    "auc_error": AUC_ERROR,
    "points": Side("points", "Points of the curve that were evaluated."),
    "tie_share": TIES,
    "out_of_distribution": Side(
        "nats",
        "Mean over the curve of how much less the model finds in the pictures than in "
        "the clean one, for any class.",
    ),
}


# -- walking ---------------------------------------------------------------------------------------

Reading = tuple[float, float]  # probability and energy
Place = tuple[Any, int]  # a walk and a count of pixels, or the name of an end and 0


@dataclass(frozen=True, eq=False)
class _Track:
    """A walk on one case: its order, its grid, and what has been read so far by all walks of the
    case.
    """

    walk: Walk
    places: Tensor  # [H,W] int32
    counts: list[int]
    readings: dict[Place, Reading]

    def at(self, count: int) -> Place:
        if count in (0, self.counts[-1]):
            return (self.walk.stop if count else self.walk.start, 0)
        return (self.walk, count)

    def place(self, index: int) -> Place:
        return self.at(self.counts[index])

    def read(self, index: int) -> float:
        return self.readings[self.place(index)][0]


def walk_together(
    case: Case, walks: Iterable[Walk], points: int | str, tolerance: float
) -> dict[Walk, Sampled]:
    """The curves of several walks of one case, in step. What has been read stays with the case.

    A curve does not depend on which others are walked beside it: only the batches do.
    """
    tracks = {walk: _track(case, walk) for walk in sorted(walks, key=repr)}
    running = {walk: _plan(track, points, tolerance) for walk, track in tracks.items()}
    done: dict[Walk, adaptive_points.Chosen] = {}
    while running:
        wanted: dict[Place, _Track] = {}
        for walk, plan in list(running.items()):
            try:
                wanted |= {tracks[walk].place(index): tracks[walk] for index in next(plan)}
            except StopIteration as ended:
                done[walk] = ended.value
                del running[walk]
        _read(case, wanted)
    return {walk: _sampled(tracks[walk], chosen, case) for walk, chosen in done.items()}


def read_counts(case: Case, walk: Walk, replaced: Sequence[int]) -> list[float]:
    """The probability once so many squares of a walk have changed, for each count."""
    track = _track(case, walk)
    places = [track.at(count) for count in replaced]
    _read(case, dict.fromkeys(places, track))
    read = [track.readings[place][0] for place in places]
    if not np.isfinite(read).all():
        raise DegenerateMap(
            "Expected finite probabilities along the curve. Got NaN or infinity from the model."
        )
    return read


def order_of(case: Case, walk: Walk) -> Tensor:
    """Each square's place `[h,w]` in the order of a walk."""

    def own() -> Tensor:
        return (
            case_ranks(case)
            if walk.patch == 1
            else ranks(pooled(case.map, walk.patch), case.generator("ties"))
        )

    if walk.order == "own":
        return own()
    if walk.order == "last first":
        return reversed_order(own())
    if walk.order == "misplaced":
        return misplaced(own())
    number = int(walk.order.removeprefix("other "))
    return ranks(pooled(case.others[number].map, walk.patch), case.generator("ties"))


def _track(case: Case, walk: Walk) -> _Track:
    def make() -> _Track:
        order = order_of(case, walk)
        places = spread(order, walk.patch, *case.x.shape[-2:]).to(case.x.device, torch.int32)
        return _Track(walk, places, counts(order.numel()), case.once("readings", dict))

    return case.once(("track", walk), make)


def _plan(track: _Track, points: int | str, tolerance: float) -> adaptive_points.Plan:
    if points == ADAPTIVE:
        return adaptive_points.adaptive(track.read, tolerance)
    number = STEPS + 1 if isinstance(points, str) else points
    return adaptive_points.fixed([round(place) for place in np.linspace(0, STEPS, number)])


def _read(case: Case, wanted: Mapping[Place, _Track]) -> None:
    """Evaluate what is wanted and not known."""
    readings: dict[Place, Reading] = case.once("readings", dict)
    missing = [(place, track) for place, track in wanted.items() if place not in readings]
    for first in range(0, len(missing), BATCH):
        batch = missing[first : first + BATCH]
        probabilities, energies = case.target.readings(
            torch.cat([_frame(case, place, track) for place, track in batch])
        )
        found = zip(probabilities.tolist(), energies.tolist(), strict=True)
        readings.update({place: reading for (place, _), reading in zip(batch, found, strict=True)})


def _frame(case: Case, place: Place, track: _Track) -> Tensor:
    """The picture at a place, `[1,C,H,W]`."""
    where, count = place
    if not isinstance(where, Walk):
        return end(case, where)
    return torch.where(track.places < count, end(case, where.stop), end(case, where.start))


def _sampled(track: _Track, chosen: adaptive_points.Chosen, case: Case) -> Sampled:
    if (CLEAN, 0) not in track.readings:
        _read(case, {(CLEAN, 0): track})
    clean = track.readings[CLEAN, 0][1]
    read = [track.readings[track.place(index)] for index in chosen.places]
    fractions = tuple(track.counts[index] / track.counts[-1] for index in chosen.places)
    return Sampled(
        Curve(fractions, tuple(p for p, _ in read), tuple(clean - energy for _, energy in read)),
        chosen.error,
    )


def remember(case: Case, walk: Walk, curve: Curve) -> None:
    """Take a curve that was walked before, so that its points are not evaluated again."""
    track = _track(case, walk)
    at = {count / track.counts[-1]: index for index, count in enumerate(track.counts)}
    clean = (
        float(case.target.readings(case.x)[1])
        if (CLEAN, 0) not in track.readings
        else track.readings[CLEAN, 0][1]
    )
    for fraction, probability, gap in zip(
        curve.fractions, curve.probabilities, curve.energy_gaps, strict=True
    ):
        track.readings[track.place(at[fraction])] = (probability, clean - gap)


def kept_walks(metrics: Sequence[Metric]) -> dict[str, Walk]:
    """Of these metrics those whose score carries the map's own curve, with what was walked for it:
    what a second visit to a cell need not walk again.
    """
    return {metric.name: metric.walk for metric in metrics if isinstance(metric, CarriesItsCurve)}
