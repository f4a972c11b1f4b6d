"""The engine: how a run goes, cell by cell, from its spec to the store.

Scores that compare a map with those of other images are made in a second visit to each cell, once
all maps are there; experiments on methods come last. The seam to processes is
`concurrent.futures.Executor`; what they do stands in `runs/worker.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from heatcheck.attribution import Method
from heatcheck.core.errors import BadImage, DoesNotApply, LeaseLost, RunProblem
from heatcheck.inputs import image_sets, images, input_range
from heatcheck.inputs.labels import Matching, matched
from heatcheck.metrics import Curve
from heatcheck.metrics.areas import kept_walks
from heatcheck.metrics.walks import Walk
from heatcheck.runs.brought import Brought, folders_told
from heatcheck.runs.cells import Cell, CellResult, Partner, Scored, Subject, is_blank
from heatcheck.runs.experiments import EXPERIMENTS
from heatcheck.runs.keys import keyed
from heatcheck.runs.leases import Lease, Status
from heatcheck.runs.partners import partners_of
from heatcheck.runs.progress import Progress
from heatcheck.runs.provenance import facts_on, noted
from heatcheck.runs.records import STOPPED
from heatcheck.runs.results import SeenImage
from heatcheck.runs.specs import RunSpec, SpecImage
from heatcheck.runs.store import Store
from heatcheck.runs.subjects import Subjects
from heatcheck.runs.target_rules import RATHER
from heatcheck.runs.worker import (
    aim,
    class_names,
    frame_of,
    notes,
    preload,
    range_doubt,
    run_cell,
    score_map,
    try_out,
)

T = TypeVar("T")


def execute(
    spec: RunSpec,
    store: Store,
    workers: Executor,
    report: Callable[[Progress], None] = lambda progress: None,
    reserved: int | None = None,
) -> str:
    """Run a spec, or what is left of it; returns its id. A finished spec is not computed again (one
    from before there were experiments gains them), one that was asked to stop ends cancelled.

    Each cell is committed in one transaction as it ends, so a killed run goes on where it was.

    Args:
        spec: the question.
        store: where it is kept.
        workers: processes that compute.
        report: told of each step as it begins.
        reserved: the number of a lease that was reserved for this process.

    Raises:
        RunProblem: another process runs it, a worker died, or an image is no longer what it was.
    """
    run = store.runs.open(spec)
    if is_complete(spec, store):
        return run
    with store.runs.claim(run, reserved) as lease:
        try:
            _Drive(spec, lease, store, workers, report).whole()
        except _Stopped:
            _end(lease, store, Status.CANCELLED, STOPPED)
        except LeaseLost:
            lease.ended = True
            raise
        except BrokenProcessPool as error:
            problem = RunProblem(
                "A worker process ended before it answered, perhaps for want of memory. What was "
                f"done is kept. Go on with: heatcheck resume {run}"
            )
            _end(lease, store, Status.FAILED, str(problem))
            raise problem from error
        except BaseException as error:
            stopped = isinstance(error, KeyboardInterrupt)
            reason = STOPPED if stopped else str(error) or type(error).__name__
            _end(lease, store, Status.CANCELLED if stopped else Status.FAILED, reason)
            raise
        else:
            store.runs.end(lease, Status.FINISHED)
    return run


def _end(lease: Lease, store: Store, status: Status, problem: str) -> None:
    """End a run before its end. One that has all its steps was finished and stays so: what could
    not be added to it takes nothing away.
    """
    known = store.runs.get(lease.run)
    whole = known.done >= known.total
    store.runs.end(lease, Status.FINISHED if whole else status, problem)


class _Stopped(Exception):
    """Somebody wants the run stopped."""


def is_complete(spec: RunSpec, store: Store) -> bool:
    """Whether a spec's run has nothing left to do."""
    finished = store.runs.get(spec.id).status == Status.FINISHED
    return finished and not _untried(spec, store)


def _untried(spec: RunSpec, store: Store) -> dict[str, Method]:
    """The methods whose experiments are not all there, by their keys: a run that an older version
    finished may lack some.
    """
    tried = store.results.findings(spec.id).groupby("method")["experiment"].agg(set)
    return {
        key: method
        for key, method in keyed(spec.methods).items()
        if not set(EXPERIMENTS) <= tried.get(key, set())
    }


class _Drive:
    """A process's work on one run: all cells, then their comparisons, then the experiments."""

    def __init__(
        self,
        spec: RunSpec,
        lease: Lease,
        store: Store,
        workers: Executor,
        report: Callable[[Progress], None],
    ) -> None:
        self.spec, self.lease, self.store, self.workers = spec, lease, store, workers
        self.methods = keyed(spec.methods)
        self.against: int | None = None  # the class that the target is held against
        self.done = store.results.done_cells(lease.run)
        self.compared = store.results.compared_cells(lease.run)
        self.progress = _Reporter(spec, lease, store, len(self.done) + len(self.compared), report)

    def whole(self) -> None:
        """Everything that is left. Raises _Stopped where somebody wants that."""
        self._visit()
        if self.spec.compared:
            self._compare()
        for key, method in _untried(self.spec, self.store).items():
            self.progress.begin("small networks", method)
            findings = self.workers.submit(try_out, method, *self._first()).result()
            self.store.results.save_findings(self.lease, key, findings)
        sentences = self.workers.submit(notes, self.spec.classifier).result()  # now of batches too
        self.store.runs.note_provenance(self.lease, noted({}, sentences))

    def _first(self) -> tuple[Subject | None, int]:
        """The first image of the run that could be read, and its class: experiments on the run's
        own network use it.
        """
        seen = {image.name: image for image in self.store.results.images(self.lease.run)}
        for image in self.spec.images:
            known = seen.get(image.name)
            if known and known.picture is not None and known.target is not None:
                picture = images.from_png(known.picture)
                return Subject(self.spec.classifier, picture, image.digest), known.target
        return None, 0

    def _visit(self) -> None:
        """The first visit to each cell: its map, and all scores that need nothing else."""
        spec, workers, results = self.spec, self.workers, self.store.results
        found = image_sets.read(spec.source)
        files = found.by_name
        depth = facts_on(found, self.store.runs.get(self.lease.run).provenance)
        provenance = workers.submit(preload, spec.classifier).result()
        self.store.runs.note_provenance(self.lease, {**provenance, **folders_told(spec)})
        frame = replace(workers.submit(frame_of, spec.classifier).result(), fit=spec.fit)
        names = workers.submit(class_names, spec.classifier).result()
        meant = matched((image.label for image in files.values()), names)
        told = noted(depth, images=spec.image_notes(found, meant.sentence))
        self.store.runs.note_provenance(self.lease, told)
        self.against = spec.target.fixed(names).against
        targets = results.targets(self.lease.run)
        brought, subjects = Brought(spec, files), Subjects(spec, files, frame)
        first = subjects.pictures(spec.images, input_range.PICTURES)
        doubts = workers.submit(range_doubt, spec.classifier, first).result()
        self.store.runs.note_provenance(self.lease, noted({}, doubts))
        for image in spec.images:
            missing = self._missing(image, self.done)
            if not missing:
                continue
            try:
                subject = subjects.of(image)
                if image.name not in targets:
                    targets[image.name] = self._aim(image, subject, names, meant)
            except (BadImage, DoesNotApply) as error:  # this image's cells fail, the others go on
                results.save_image(self.lease, image)
                for key, method in missing.items():
                    results.save_cell(self.lease, image, key, _failed(spec, method, str(error)))
                    self.progress.step()
                continue
            cells = {
                key: Cell(
                    subject,
                    targets[image.name],
                    method,
                    spec.alone,
                    spec.seed,
                    against=self.against,
                    given=brought.of(method, image.name),
                )
                for key, method in missing.items()
            }
            starts = [partial(workers.submit, run_cell, cell) for cell in cells.values()]
            for key, result in _in_order(starts, list(cells)):
                if result is None:
                    self.progress.begin(image.name, self.methods[key])
                else:
                    results.save_cell(self.lease, image, key, result)
                    self.progress.step()

    def _compare(self) -> None:
        """The second visit to each cell, once all maps are there: what compares a map with those of
        other images.
        """
        results, run = self.store.results, self.lease.run
        seen = {image.name: image for image in results.images(run)}
        for image in self.spec.images:
            starts, keys = [], []
            for key, method in self._missing(image, self.compared).items():
                heat, known = results.map(run, image.name, key), seen[image.name]
                why = (
                    "" if heat is not None else "There is no map to compare: see its other scores."
                )
                picture = (
                    images.from_png(known.picture)
                    if known.picture
                    else np.zeros((1, 1, 3), np.uint8)
                )
                cell = Cell(
                    Subject(self.spec.classifier, picture, image.digest),
                    known.target or 0,
                    method,
                    self.spec.compared,
                    self.spec.seed,
                    partners=self._partners(seen, image, key) if heat is not None else (),
                    curves=self._walked(image, key) if heat is not None else (),
                    against=self.against,
                )
                starts.append(
                    partial(self.workers.submit, score_map, cell, CellResult(heat, error=why))
                )
                keys.append(key)
            for key, scores in _in_order(starts, keys):
                if scores is None:
                    self.progress.begin(image.name, self.methods[key])
                else:
                    results.save_comparison(self.lease, image, key, scores)
                    self.progress.step()

    def _missing(self, image: SpecImage, there: set[tuple[str, str]]) -> dict[str, Method]:
        return {
            key: method for key, method in self.methods.items() if (image.name, key) not in there
        }

    def _walked(self, image: SpecImage, key: str) -> tuple[tuple[Walk, Curve], ...]:
        """The curves of a cell's own map that are stored, by what was walked."""
        walks = kept_walks(self.spec.metrics)
        curves = self.store.results.curves_of(self.lease.run, image.name, key, walks)
        return tuple((walks[metric], curve) for metric, curve in curves.items())

    def _partners(
        self, seen: Mapping[str, SeenImage], image: SpecImage, key: str
    ) -> tuple[Partner, ...]:
        """The images whose maps by this method are tried on this one: see `partners_of`."""
        wanted = max(metric.partners for metric in self.spec.compared)
        return partners_of(self.spec, image, wanted, lambda other: self._lent(seen[other], key))

    def _lent(self, known: SeenImage, key: str) -> Partner | None:
        """What an image lends to others by a method; None where it has no map, or a blank one."""
        heat = self.store.results.map(self.lease.run, known.name, key)
        if heat is None or is_blank(heat) or known.picture is None or known.target is None:
            return None
        return Partner(images.from_png(known.picture), known.target, heat)

    def _aim(
        self, image: SpecImage, subject: Subject, names: tuple[str, ...], meant: Matching
    ) -> int:
        """The class that is explained on a clean image, kept: a run that goes on explains the
        same. Raises DoesNotApply where the rule has none.
        """
        label = meant.of(image.label)
        aimed = self.workers.submit(aim, subject, self.spec.target, label).result()
        other = aimed.answer != aimed.class_index
        self.store.results.save_image(
            self.lease,
            image,
            picture=images.png(subject.picture),
            label=label,
            label_name=names[label] if label is not None else image.label,
            target=aimed.class_index,
            target_name=self._called(aimed.class_index, names),
            probability=aimed.probability,
            answer=aimed.answer if other else None,
            answer_name=names[aimed.answer] if other else None,
        )
        return aimed.class_index

    def _called(self, class_index: int, names: tuple[str, ...]) -> str:
        """What is explained, by name."""
        name = names[class_index]
        return name if self.against is None else f"{name}{RATHER}{names[self.against]}"


def _failed(spec: RunSpec, method: Method, why: str) -> CellResult:
    """A cell whose image cannot be read."""
    metrics = [metric for metric in spec.alone if not metric.why_not(method)]
    return CellResult(
        None, error=why, scores=tuple(Scored(metric, None, why) for metric in metrics)
    )


class _Reporter:
    """Says how far a run is, and stops it where somebody wants that."""

    def __init__(
        self,
        spec: RunSpec,
        lease: Lease,
        store: Store,
        done: int,
        report: Callable[[Progress], None],
    ) -> None:
        self.spec, self.lease, self.store, self.report = spec, lease, store, report
        self.done, self.total, self.fresh, self.started = done, spec.steps, 0, time.monotonic()

    def begin(self, image: str, method: Method) -> None:
        """A step begins. Raises _Stopped where the run is to end before it."""
        pace = (time.monotonic() - self.started) / self.fresh if self.fresh else None
        progress = Progress(
            self.spec.so_far(self.done),
            image,
            method.title,
            pace * (self.total - self.done) if pace else None,
        )
        self.store.runs.note_progress(self.lease, str(progress))
        self.report(progress)
        if self.store.runs.stop_asked(self.lease.run):
            raise _Stopped

    def step(self) -> None:
        """A step is committed."""
        self.done += 1
        self.fresh += 1


def _in_order(
    starts: Sequence[Callable[[], Future[T]]], keys: Sequence[str]
) -> Iterator[tuple[str, T | None]]:
    """Each key twice: with None as its work starts, with its answer as it ends. One is always
    queued behind the one that runs.
    """
    waiting = [start() for start in starts[:2]]
    for place, key in enumerate(keys):
        yield key, None
        answer = waiting[place].result()
        if place + 2 < len(keys):
            waiting.append(starts[place + 2]())
        yield key, answer
