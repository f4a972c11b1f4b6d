"""Maps of a run computed again, and how far they and their scores lie from what the store has."""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from heatcheck.core.errors import BadImage, BadParameter
from heatcheck.core.numbers import in_full
from heatcheck.inputs import image_sets
from heatcheck.metrics import METRICS
from heatcheck.runs.brought import Brought
from heatcheck.runs.cells import Cell, CellResult
from heatcheck.runs.records import Run
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.runs.subjects import Subjects
from heatcheck.runs.worker import class_names, frame_of, preload, run_cell

TOLERANCE = 1e-4  # below it numbers that are shown may change in their last digits
MAP = "map"  # the name of the first row
AHEAD = 2  # maps that are computed while one is waited for
MACHINE = ("device", "threads", "processor", "torch", "numpy", "weights_sha256")

Place = tuple[str, str]  # an image's name and a method's key


@dataclass(frozen=True)
class Difference:
    """How far the map, or a metric with its side values, lies from what was stored."""

    name: str
    compared: int = 0  # numbers, or whole maps
    unequal: int = 0
    absolute: float = 0.0  # the largest
    relative: float = 0.0  # likewise: of the stored value, or of a map's largest one
    place: Place | None = None  # where it is furthest off, measured by the tolerance
    excess: float = 0.0  # there, in tolerances; above 1 is too much

    def and_numbers(
        self, stored: np.ndarray, now: np.ndarray, size: float, at: Place
    ) -> Difference:
        """This, and further numbers beside it; `size` is what they are held against."""
        apart = np.abs(now.astype(float) - stored.astype(float))
        apart[np.isnan(stored) & np.isnan(now)] = 0.0
        furthest = float(np.nan_to_num(apart.max(initial=0.0), nan=math.inf))
        relative = furthest / size if size > 0 else (math.inf if furthest else 0.0)
        limit = TOLERANCE * (size if self.name == MAP else 1 + size)  # of a blank map none
        excess = furthest / limit if furthest and limit else (math.inf if furthest else 0.0)
        further = excess > self.excess
        return Difference(
            self.name,
            self.compared + 1,
            self.unequal + (furthest > 0),
            max(self.absolute, furthest),
            max(self.relative, relative),
            at if further else self.place,
            max(self.excess, excess),
        )


@dataclass(frozen=True)
class Verification:
    """What came of computing maps again."""

    places: tuple[Place, ...]
    differences: tuple[Difference, ...]
    broken: tuple[str, ...]  # where one has a value and the other an error, a sentence each
    elsewhere: tuple[str, ...]  # how this machine differs from the run's, likewise
    there: int = 0  # maps that the run has

    def within(self, tolerance: float) -> bool:
        """Whether nothing is further apart than the tolerance allows."""
        most = max((one.excess for one in self.differences), default=0.0)
        return not self.broken and most * TOLERANCE <= tolerance

    @property
    def equal(self) -> bool:
        """Whether every number is the same to the last bit."""
        return not self.broken and not any(one.unequal for one in self.differences)

    @property
    def maps_kept(self) -> bool:
        """Whether the store had a map to compare; else scores alone were compared."""
        return any(one.name == MAP and one.compared for one in self.differences)


def drawn(places: Sequence[Place], wanted: float | int, seed: int) -> list[Place]:
    """Some of the places, in their order: so many, or a share of them (a float), at least one. The
    same for the same seed; a larger sample holds a smaller one.

    Raises:
        BadParameter: more are wanted than there are, or there is none.
    """
    if not places:
        raise BadParameter(
            "Expected a run with a map. This one has none yet. Go on with it by: heatcheck resume"
        )
    count = wanted if isinstance(wanted, int) else max(1, math.ceil(wanted * len(places)))
    if count > len(places):
        raise BadParameter(
            f"Expected a sample of at most {len(places)} maps, all there are. Got {count}."
        )
    chosen = set(sorted(places, key=lambda place: _lot(place, seed))[:count])
    return [place for place in places if place in chosen]


def _lot(place: Place, seed: int) -> bytes:
    return hashlib.sha256("\x1f".join((str(seed), *place)).encode()).digest()


def verify(
    run: Run, store: Store, pool: Executor, wanted: float | int, seed: int = 0
) -> Verification:
    """Compute some maps of a run again, with the scores that need no other image, and compare.

    Times are left out, and maps that are not kept. Errors are compared as errors.

    Raises:
        BadParameter: the sample is wrong. RunProblem: images or weights are not what they were.
    """
    spec = run.question
    there = store.results.done_cells(run.id)
    names = [image.name for image in spec.images]
    listed = [(name, key) for name in names for key in spec.keyed if (name, key) in there]
    places = drawn(listed, wanted, seed)
    facts = pool.submit(preload, spec.classifier).result()
    table = store.results.table(run.id)
    stored = dict(list(table[table["metric"].map(_is_compared(spec))].groupby(["image", "method"])))
    differences = {name: Difference(name) for name in (MAP, *(m.name for m in spec.alone))}
    broken: list[str] = []
    for place, now in _again(spec, store, pool, run.id, places):
        heat = store.results.map(run.id, *place)
        if heat is not None and now.map is not None:
            size = float(np.abs(heat).max())
            differences[MAP] = differences[MAP].and_numbers(heat, now.map, size, place)
        elif heat is not None:
            broken.append(f"{_at(place)}: a map before, now an error: {now.error}")
        before = stored.get(place, table.iloc[:0])
        broken += _compare(place, before, _numbers(now), differences)
    kept = tuple(one for one in differences.values() if one.compared)
    elsewhere = _elsewhere(run, facts)
    return Verification(tuple(places), kept, tuple(broken), elsewhere, len(listed))


def _again(
    spec: RunSpec, store: Store, pool: Executor, run: str, places: Sequence[Place]
) -> Iterator[tuple[Place, CellResult]]:
    """Each place with what comes of it now."""
    frame = replace(pool.submit(frame_of, spec.classifier).result(), fit=spec.fit)
    against = spec.target.fixed(pool.submit(class_names, spec.classifier).result()).against
    files = image_sets.read(spec.source).by_name
    subjects, brought = Subjects(spec, files, frame), Brought(spec, files)
    targets = store.results.targets(run)
    images = {image.name: image for image in spec.images}
    waiting: deque[tuple[Place, Future[CellResult] | CellResult]] = deque()
    for place in places:
        name, key = place
        method = spec.keyed[key]
        try:
            subject = subjects.of(images[name])
            if name not in targets:
                raise BadImage("The run has no class to explain on this image.")
            cell = Cell(
                subject,
                targets[name],
                method,
                spec.alone,
                spec.seed,
                against=against,
                given=brought.of(method, name),
            )
            waiting.append((place, pool.submit(run_cell, cell)))
        except BadImage as error:
            waiting.append((place, CellResult(None, error=str(error))))
        while len(waiting) > AHEAD:
            yield _answered(*waiting.popleft())
    while waiting:
        yield _answered(*waiting.popleft())


def _answered(place: Place, answer: Future[CellResult] | CellResult) -> tuple[Place, CellResult]:
    return place, answer if isinstance(answer, CellResult) else answer.result()


# -- numbers ---------------------------------------------------------------------------------------

Number = tuple[float, str]  # a value, and why there is none


def _numbers(now: CellResult) -> dict[str, Number]:
    """The values of a result by their names, side values among them."""
    found: dict[str, Number] = {}
    for scored in now.scores:
        name = scored.metric.name
        found[name] = (scored.score.value if scored.score else math.nan, scored.error)
        for side, value in (scored.score.sides if scored.score else {}).items():
            found[f"{name}.{side}"] = (value, "")
    return found


def _compare(
    place: Place, before: pd.DataFrame, now: Mapping[str, Number], into: dict[str, Difference]
) -> list[str]:
    """Add a place's values to the differences; what has a value here and an error there."""
    broken = []
    for row in before.itertuples():
        value, error = now.get(row.metric, (math.nan, "there is none"))
        if bool(row.error) != bool(error):
            was, is_now = row.error or in_full(row.value), error or in_full(value)
            broken.append(f"{_at(place)}, {row.metric}: was {was}; is {is_now}")
        elif not error:
            numbers = np.array([row.value], float), np.array([value], float)
            size = 0.0 if math.isnan(row.value) else abs(row.value)
            metric = row.metric.partition(".")[0]
            into[metric] = into[metric].and_numbers(*numbers, size, place)
    return broken


def _is_compared(spec: RunSpec) -> Mapping[str, bool]:
    """Of each value by its name, whether it is compared: what a first visit measures, and no time
    or memory.
    """
    known: dict[str, bool] = {}
    for metric in spec.metrics:
        alone = metric in spec.alone
        known[metric.name] = alone and metric.sampled
        for side, about in METRICS[metric.name].sides.items():
            known[f"{metric.name}.{side}"] = alone and (metric.sampled or about.unit == "passes")
    return known


def _at(place: Place) -> str:
    return f"{place[0]}, {place[1]}"


def _elsewhere(run: Run, facts: Mapping[str, str]) -> tuple[str, ...]:
    """How this machine differs from the run's."""
    return tuple(
        f"{name.replace('_', ' ')}: {run.provenance[name]} then, {facts[name]} now"
        for name in MACHINE
        if name in run.provenance and name in facts and run.provenance[name] != facts[name]
    )
