"""A calibration of seconds: what this machine's passes and maps cost with a classifier, measured in
a worker before a run.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch

from heatcheck.attribution import Method, Passes, Target
from heatcheck.attribution.given import Given
from heatcheck.attribution.skimming import cost_of
from heatcheck.attribution.target import BATCH
from heatcheck.core.errors import HeatcheckError
from heatcheck.inputs import classifiers, images
from heatcheck.runs import worker
from heatcheck.runs.cells import Cell, Subject
from heatcheck.runs.device_lock import turn
from heatcheck.runs.durations import Pace, first_visit
from heatcheck.runs.specs import RunSpec

ENOUGH = 0.5  # seconds after which passes are timed no more
MOST = 5  # timed batches
CHEAP = 8.0  # seconds that a map with its scores may take to be tried as a whole
NONE = Passes()


@dataclass(frozen=True)
class MapCost:
    """What a map of a method costs: seconds, passes, bytes in the store; or why there is none."""

    seconds: float = 0.0
    passes: Passes = NONE
    bytes: int = 0
    error: str = ""


@dataclass(frozen=True)
class Calibration:
    """What was measured."""

    forward: float  # seconds of one picture forward, in a batch
    backward: float | None  # seconds forward and backward, likewise; None without gradients
    maps: tuple[MapCost, ...]  # in the order of the methods
    class_index: int  # the model's own class on the picture
    picture: int  # bytes of the picture in the store
    device: str
    threads: int
    beside: float = 0.0  # seconds of a map's scores that are no passes
    at_once: int = 1  # of the workers asked about, how many do not wait for each other here
    seconds: float = 0.0  # that it took

    def pace(self, methods: Sequence[Method]) -> Pace:
        """How fast the machine is, for an estimate; a method that fails costs nothing."""
        known = zip(methods, self.maps, strict=True)
        return Pace(self.forward, {m.digest: cost.seconds for m, cost in known}, self.beside)


def calibrate(spec: RunSpec, subject: Subject, workers: int = 1) -> Calibration:
    """Measure on one picture of a run, in a worker that has the classifier; as one of several that
    share the machine where there are several.
    """
    start = time.monotonic()
    with _sharing(workers) as at_once:
        made = _measured(spec, subject)
        beside = _beside(spec, subject, made)
    return replace(made, beside=beside, at_once=at_once, seconds=time.monotonic() - start)


def _measured(spec: RunSpec, subject: Subject) -> Calibration:
    """All but what a map's scores take beside passes."""
    with turn():
        loaded = classifiers.load(subject.classifier)
        x = loaded.to_input(subject.picture)
        index = int(loaded.probabilities(x)[0].argmax())
        references = worker.references(subject.classifier) if _compares(spec) else None
        target = loaded.target(x, index, references)
        forward = _seconds_each(target, x, gradients=False)
        backward = None
        if target.why_no_gradients() is None:
            backward = _seconds_each(target, x, gradients=True)
        maps = tuple(_cost(method, target, x) for method in spec.methods)
    packed = len(images.png(subject.picture))
    device, threads = str(loaded.device), torch.get_num_threads()
    return Calibration(forward, backward, maps, index, packed, device, threads)


def _compares(spec: RunSpec) -> bool:
    return any("reference images" in method.needs for method in spec.methods)


@contextmanager
def _sharing(workers: int) -> Iterator[int]:
    """Within this, torch has the threads that it would have beside others. Gives how many workers
    have a core, or a graphics card where there are some, to themselves.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, before // workers))
    try:
        yield min(workers, torch.cuda.device_count() or before)
    finally:
        torch.set_num_threads(before)


def _seconds_each(target: Target, x: torch.Tensor, *, gradients: bool) -> float:
    """Seconds of one picture in a batch, forward or forward and backward; the fastest batch."""
    batch = x.expand(BATCH, -1, -1, -1).contiguous()
    work = target.gradient_and_score if gradients else target.score
    work(batch)  # the first of its kind pays for more than itself
    spent: list[float] = []
    while len(spent) < MOST and sum(spent) < ENOUGH:
        target.synchronise()
        start = time.monotonic()
        work(batch)
        target.synchronise()
        spent.append(time.monotonic() - start)
    return min(spent) / BATCH


def _cost(method: Method, target: Target, x: torch.Tensor) -> MapCost:
    if isinstance(method, Given):
        return MapCost(bytes=4 * x.shape[-2] * x.shape[-1])
    try:
        start = time.monotonic()
        made = cost_of(method, target, x)
        if time.monotonic() - start < ENOUGH:  # likewise; of a long one that is a small part
            made = cost_of(method, target, x)
    except HeatcheckError as error:
        return MapCost(error=str(error))
    packed = zlib.compress(made.plane.numpy().astype("<f4").tobytes(), 1)
    return MapCost(made.seconds, made.passes, len(packed))


def _beside(spec: RunSpec, subject: Subject, made: Calibration) -> float:
    """Seconds of a map's scores that are no passes, found by trying the cheapest method's first
    visit as a whole, where that is cheap.
    """
    pace = made.pace(spec.methods)
    asked = {}
    for method, cost in zip(spec.methods, made.maps, strict=True):
        if not cost.error and not isinstance(method, Given):
            work = first_visit(spec, method)
            asked[method] = work.maps * pace.of_map(method) + work.pictures * pace.picture
    if not asked or min(asked.values()) > CHEAP:
        return 0.0
    method = min(asked, key=lambda known: asked[known])
    cell = Cell(subject, made.class_index, method, spec.alone, spec.seed)
    spent = []
    for _ in range(2):  # the first pays for what is made once
        start = time.monotonic()
        worker.run_cell(cell)
        spent.append(time.monotonic() - start)
    return max(0.0, spent[-1] - asked[method])
