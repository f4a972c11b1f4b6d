"""The engine: how a run goes, cell by cell, from its spec to the store.

Scores that compare a map with those of other images are made in a second visit to each cell, once
all maps are there; experiments on methods come last. The seam to processes is
`concurrent.futures.Executor`; what they do stands in `runs/worker.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from heatcheck.attribution import Method
from heatcheck.core.digests import digest_of
from heatcheck.core.errors import BadImage, RunProblem
from heatcheck.inputs import classifiers, images
from heatcheck.runs.cells import Cell, CellResult, Partner, Prediction, Scored, Subject
from heatcheck.runs.experiments import EXPERIMENTS
from heatcheck.runs.records import STOPPED
from heatcheck.runs.results import SeenImage
from heatcheck.runs.specs import RunSpec, SpecImage
from heatcheck.runs.store import Store
from heatcheck.runs.worker import (
    class_names,
    input_size,
    predict,
    preload,
    run_cell,
    score_map,
    try_out,
)

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    done: int
    total: int
    image: str
    method: str
    seconds_left: float | None

    def __str__(self) -> str:
        left = (
            f", about {said_seconds(self.seconds_left)} left"
            if self.seconds_left is not None
            else ""
        )
        return f"{self.done} of {self.total} steps; now {self.method} on {self.image}{left}"


def said_seconds(seconds: float) -> str:
    """A duration for people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def execute(
    spec: RunSpec,
    store: Store,
    workers: Executor,
    report: Callable[[Progress], None] = lambda progress: None,
) -> str:
    """Run a spec, or what is left of it; returns its id. A finished spec is not computed again (one
    from before there were experiments gains them), one that was asked to stop ends cancelled.

    Each cell is committed in one transaction as it ends, so a killed run goes on where it was.

    Raises:
        RunProblem: another process runs it, or an image is no longer what it was.
    """
    run = store.runs.open(spec)
    if store.runs.get(run).status == "finished" and not _untried(spec, run, store):
        return run
    with store.runs.claim(run):
        try:
            _execute(spec, run, store, workers, report)
        except _Stopped:
            store.runs.end(run, "cancelled", STOPPED)
            return run
        except BaseException as error:
            store.runs.end(
                run,
                "cancelled" if isinstance(error, KeyboardInterrupt) else "failed",
                _reason(error),
            )
            raise
        store.runs.end(run, "finished")
    return run


class _Stopped(Exception):
    """Somebody wants the run stopped."""


def _reason(error: BaseException) -> str:
    return STOPPED if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__


def _execute(
    spec: RunSpec, run: str, store: Store, workers: Executor, report: Callable[[Progress], None]
) -> None:
    found = {image.name: image for image in images.load(spec.source)}
    store.runs.note_provenance(run, workers.submit(preload, spec.classifier).result())
    size = workers.submit(input_size, spec.classifier).result()
    names = workers.submit(class_names, spec.classifier).result()
    done = store.results.done_cells(run)
    progress = _Reporter(
        spec, run, store, len(done) + len(store.results.compared_cells(run)), report
    )
    for image in spec.images:
        missing = [
            method for method in spec.methods if (image.name, spec.key_of(method)) not in done
        ]
        if not missing:
            continue
        try:
            subject = _subject(spec, image, found, size)
        except BadImage as error:  # this image's cells fail, the others go on
            store.results.save_image(run, image)
            for method in missing:
                failed = tuple(
                    Scored(metric, None, str(error))
                    for metric in spec.alone
                    if not metric.why_not(method)
                )
                store.results.save_cell(
                    run, spec, image, method, CellResult(None, error=str(error), scores=failed)
                )
                progress.step()
            continue
        prediction = _predicted(store, run, image, subject, names, workers)
        cells = [
            Cell(subject, prediction.classes[0], method, spec.alone, spec.seed)
            for method in missing
        ]
        for cell, result in _in_order(
            [partial(workers.submit, run_cell, cell) for cell in cells], cells
        ):
            if result is None:
                progress.begin(image.name, cell.method)
            else:
                store.results.save_cell(run, spec, image, cell.method, result)
                progress.step()
    if spec.compared:
        _compare(spec, run, store, workers, progress)
    _experiment(spec, run, store, workers, progress)


def _experiment(
    spec: RunSpec, run: str, store: Store, workers: Executor, progress: _Reporter
) -> None:
    """The experiments on each method: seconds a method, and none of the run's steps."""
    for method in _untried(spec, run, store):
        progress.begin("small networks", method)
        store.results.save_findings(run, spec, method, workers.submit(try_out, method).result())


def _untried(spec: RunSpec, run: str, store: Store) -> list[Method]:
    """The methods whose experiments are not all there: a run that an older version finished may
    lack some.
    """
    done = store.results.findings(run).groupby("method")["experiment"].agg(set)
    return [
        method
        for method in spec.methods
        if not set(EXPERIMENTS) <= done.get(spec.key_of(method), set())
    ]


def _compare(spec: RunSpec, run: str, store: Store, workers: Executor, progress: _Reporter) -> None:
    """The second visit to each cell, once all maps are there: what compares a map with those of
    other images.
    """
    seen = {image.name: image for image in store.results.images(run)}
    done = store.results.compared_cells(run)
    for image in spec.images:
        missing = [
            method for method in spec.methods if (image.name, spec.key_of(method)) not in done
        ]
        cells, answers = [], []
        for method in missing:
            heat, own = store.results.map(run, image.name, spec.key_of(method)), seen[image.name]
            made = CellResult(
                heat,
                error=""
                if heat is not None
                else "There is no map to compare: see its other scores.",
            )
            picture = images.from_png(own.picture) if own.picture else np.zeros((1, 1, 3), np.uint8)
            cell = Cell(
                Subject(spec.classifier, picture, image.digest),
                own.target or 0,
                method,
                spec.compared,
                spec.seed,
                partners=_partners(spec, run, store, seen, image, method)
                if heat is not None
                else (),
                curves=store.results.walked(run, spec, image, method) if heat is not None else (),
            )
            cells.append(cell)
            answers.append(partial(workers.submit, score_map, cell, made))
        for cell, scores in _in_order(answers, cells):
            if scores is None:
                progress.begin(image.name, cell.method)
            else:
                store.results.save_comparison(run, spec, image, cell.method, scores)
                progress.step()


def ring(spec: RunSpec) -> list[SpecImage]:
    """The run's images in a seeded circle: each is compared with those that follow it. Another
    image changes few neighbours.
    """
    return sorted(spec.images, key=lambda image: digest_of([spec.seed, image.digest, "ring"]))


def _partners(
    spec: RunSpec,
    run: str,
    store: Store,
    seen: Mapping[str, SeenImage],
    image: SpecImage,
    method: Method,
) -> tuple[Partner, ...]:
    """The images that follow in the ring and have a map by this method, as many as the run's
    metrics want.
    """
    circle = ring(spec)
    here = circle.index(image)
    wanted = max(metric.partners for metric in spec.compared)
    found: list[Partner] = []
    for other in (*circle[here + 1 :], *circle[:here]):
        if len(found) == wanted:
            break
        heat, known = store.results.map(run, other.name, spec.key_of(method)), seen[other.name]
        if heat is not None and known.picture is not None and known.target is not None:
            found.append(Partner(images.from_png(known.picture), known.target, heat))
    return tuple(found)


class _Reporter:
    """Says how far a run is, and stops it where somebody wants that."""

    def __init__(
        self, spec: RunSpec, run: str, store: Store, done: int, report: Callable[[Progress], None]
    ) -> None:
        self.run, self.store, self.report = run, store, report
        self.done, self.total, self.fresh, self.started = done, spec.steps, 0, time.monotonic()

    def begin(self, image: str, method: Method) -> None:
        """A step begins. Raises _Stopped where the run is to end before it."""
        pace = (time.monotonic() - self.started) / self.fresh if self.fresh else None
        progress = Progress(
            self.done,
            self.total,
            image,
            method.title,
            pace * (self.total - self.done) if pace else None,
        )
        self.store.runs.note_progress(self.run, str(progress))
        self.report(progress)
        if self.store.runs.stop_asked(self.run):
            raise _Stopped

    def step(self) -> None:
        """A step is committed."""
        self.done += 1
        self.fresh += 1


def _in_order(
    starts: Sequence[Callable[[], Future[T]]], cells: Sequence[Cell]
) -> Iterator[tuple[Cell, T | None]]:
    """Each cell twice: with None as it starts, with its answer as it ends. One is always queued
    behind the one that runs.
    """
    waiting = [start() for start in starts[:2]]
    for place, cell in enumerate(cells):
        yield cell, None
        answer = waiting[place].result()
        if place + 2 < len(cells):
            waiting.append(starts[place + 2]())
        yield cell, answer


def _subject(spec: RunSpec, image: SpecImage, found: dict[str, images.Image], size: int) -> Subject:
    if image.name not in found:
        raise RunProblem(
            f"Expected image {image.name!r} in {spec.source}. It is gone. Put it back, or "
            "start a new run."
        )
    encoded = found[image.name].encoded()
    if images.digest(encoded) != image.digest:
        raise RunProblem(
            f"Expected image {image.name!r} as it was when the run began. Its bytes have "
            "changed. Start a new run."
        )
    return Subject(
        spec.classifier,
        images.picture(encoded, size, image.name),
        image.digest,
        found[image.name].mask(size),
    )


def _predicted(
    store: Store,
    run: str,
    image: SpecImage,
    subject: Subject,
    names: tuple[str, ...],
    workers: Executor,
) -> Prediction:
    prediction = workers.submit(predict, subject).result()
    label = classifiers.class_of(image.label, names) if image.label else None
    store.results.save_image(
        run,
        image,
        picture=images.png(subject.picture),
        label=label,
        label_name=names[label] if label is not None else image.label,
        target=prediction.classes[0],
        target_name=names[prediction.classes[0]],
        probability=prediction.probabilities[0],
    )
    return prediction
