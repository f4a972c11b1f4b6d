"""The engine: how a run goes from its spec to the store.

It keeps workers busy with the jobs of `runs/schedule.py` and commits their answers as they come.
The seam to processes and clusters is `concurrent.futures.Executor`; what they do stands in
`runs/worker.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from heatcheck.attribution import Method
from heatcheck.core.errors import LeaseLost, RunProblem
from heatcheck.inputs import image_sets, input_range
from heatcheck.inputs.labels import matched
from heatcheck.runs.brought import Brought, folders_told
from heatcheck.runs.experiments import EXPERIMENTS
from heatcheck.runs.jobs import Job, Sight
from heatcheck.runs.keys import keyed
from heatcheck.runs.leases import Lease, Status
from heatcheck.runs.partners import by_sample, ring
from heatcheck.runs.prefixes import Prefix
from heatcheck.runs.progress import Progress
from heatcheck.runs.provenance import DECIDED, facts_on, noted
from heatcheck.runs.records import STOPPED
from heatcheck.runs.schedule import Ground, Schedule
from heatcheck.runs.specs import KEEP_ALL, KEEP_NONE, RunSpec, SpecImage
from heatcheck.runs.store import Store
from heatcheck.runs.subjects import Subjects
from heatcheck.runs.worker import class_names, frame_of, notes, preload, range_doubt

Decided = Callable[[Sequence[str], bool], str]
LOOK = 5.0  # seconds between two looks whether the run is to stop, while no answer comes
TOGETHER = 64  # answers that are committed in one transaction, at most
MANY = 1000  # maps that are dropped in one transaction
LOST = 6  # jobs in a row over which workers died: then it is not the jobs


def execute(
    spec: RunSpec,
    store: Store,
    workers: Executor,
    report: Callable[[Progress], None] = lambda progress: None,
    reserved: int | None = None,
    shard: tuple[int, int] | None = None,
    decided: Decided | None = None,
) -> str:
    """Run a spec, or what is left of it; returns its id. A finished spec is not computed again (one
    from before there were experiments gains them), one that was asked to stop ends cancelled.

    Answers are committed as they come, a step whole or not at all, so a killed run goes on where it
    was. A step whose worker died is tried once more, then it is kept as failed.

    Args:
        spec: the question.
        store: where it is kept.
        workers: what computes. Its `count`, where it has one, says how many jobs it does at a time.
        report: told of how far the run is, after each commit.
        reserved: the number of a lease that was reserved for this process.
        shard: `(i, n)`: make the first visits of each n-th image alone, from the i-th on, counted
            from 1; the run is left open, to be merged with the other shards.
        decided: of a spec with `until`: what is said, in a sentence, of the comparison after the
            first visits to so many images, given by name in their order; empty while it is not
            decided. Told that these are the last images it says how it stands.

    Raises:
        RunProblem: `decided` is missing or cannot be had in shards, another process runs it,
            workers died again and again, or an image is no longer what it was.
    """
    if bool(spec.until) != (decided is not None) or (spec.until and shard):
        raise RunProblem(
            "Expected a run that stops once a comparison is decided to be run as a whole, from the "
            f"command line. Got one until {spec.until or 'nothing'}. Say: heatcheck run"
        )
    run = store.runs.open(spec)
    if is_complete(spec, store):
        return run
    with store.runs.claim(run, reserved) as lease:
        try:
            drive = _Drive(spec, lease, store, workers, report)
            if shard is not None:
                drive.shard(*shard)
                lease.release(SHARD.format(*shard))
                return run
            if decided is not None:
                drive.until(decided)
            else:
                drive.whole()
        except _Stopped:
            _end(lease, store, Status.CANCELLED, STOPPED)
        except LeaseLost:
            lease.ended = True
            raise
        except BrokenProcessPool as error:
            problem = RunProblem(
                "Worker processes ended before they answered, one after the other, perhaps for "
                f"want of memory. What was done is kept. Go on with: heatcheck resume {run}"
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


SHARD = (
    "Shard {} of {} is done. Bring all shards into one store with heatcheck merge, which compares "
    "their images and ends the run."
)


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
    """A process's work on one run."""

    def __init__(
        self,
        spec: RunSpec,
        lease: Lease,
        store: Store,
        workers: Executor,
        report: Callable[[Progress], None],
    ) -> None:
        self.spec, self.lease, self.store, self.workers = spec, lease, store, workers
        self.report, self.started, self.fresh = report, time.monotonic(), 0
        self.done = store.runs.get(lease.run).done
        self.lost = 0  # jobs in a row over which workers died

    def whole(self) -> None:
        """Everything that is left. Raises _Stopped where somebody wants that."""
        circle = ring(self.spec)
        self._go(circle, circle, _untried(self.spec, self.store))

    def shard(self, number: int, of: int) -> None:
        """The first visits of every n-th image of the circle. Raises as `whole`."""
        self._stream(Schedule(self._ground(), ring(self.spec)[number - 1 :: of], ()))

    def until(self, decided: Decided) -> None:
        """The images of the circle one after the other until a comparison is decided, then what is
        left to do with those alone. Raises as `whole`.

        Images that were begun behind the decision go again: what is kept is what was looked at.
        """
        circle, run, said = ring(self.spec), self.lease.run, ""
        order = by_sample(self.spec, circle)
        ground = self._ground()
        visits = Prefix([image.name for image in order], list(keyed(self.spec.methods)))
        schedule = Schedule(ground, order, ())

        def enough() -> bool:
            nonlocal said
            while not said and visits.add(schedule.visited):
                said = decided(visits.whole, False)
            return bool(said)

        self._stream(schedule, enough)
        whole = visits.whole
        seen = {image.name for image in self.store.results.images(run, pictures=False)}
        if behind := [name for name in visits.behind if name in seen]:
            self._leave_out(behind)
        told = {DECIDED: said or decided(whole, True)}
        self.store.runs.note_provenance(self.lease, told)
        looked_at = set(whole)
        circle = [image for image in circle if image.name in looked_at]
        self._go((), circle, _untried(self.spec, self.store), ground)

    def _leave_out(self, names: Sequence[str]) -> None:
        def write() -> None:
            with self.store.results.writing(self.lease) as writer:
                writer.leave_out(names)

        self.store.database.patience.kept(write)

    def _go(
        self,
        order: Sequence[SpecImage],
        circle: Sequence[SpecImage],
        untried: Mapping[str, Method],
        ground: Ground | None = None,
    ) -> None:
        """The first visits to images, the second visits to those of a circle, and experiments."""
        ground = ground or self._ground()
        kept = kept_of(self.spec, circle)
        compared = circle if self.spec.compared else ()
        self._stream(Schedule(ground, order, compared, untried, kept))
        if kept is not None:
            self._drop_maps(kept)
        sentences = self._asked(notes, self.spec.classifier)  # now of batches too
        self.store.runs.note_provenance(self.lease, noted({}, sentences))

    def _drop_maps(self, kept: Collection[str]) -> None:
        """Drop the maps that are not to be kept and are still there: of a run that went on."""
        there = self.store.results.mapped_cells(self.lease.run)
        left = [cell for cell in sorted(there) if cell[0] not in kept]
        for start in range(0, len(left), MANY):
            self.store.database.patience.kept(partial(self._dropped, left[start : start + MANY]))

    def _dropped(self, cells: Sequence[tuple[str, str]]) -> None:
        with self.store.results.writing(self.lease) as writer:
            for name, key in cells:
                writer.drop_map(name, key)

    def _asked(self, question: Callable[..., Any], *args: Any) -> Any:
        """A worker's answer, waited for; asked once more where it died."""
        try:
            return self.workers.submit(question, *args).result()
        except BrokenProcessPool:
            return self.workers.submit(question, *args).result()

    def _ground(self) -> Ground:
        """What is to be known before the first job: the network, the images, what labels mean."""
        spec, runs, run = self.spec, self.store.runs, self.lease.run
        found = image_sets.read(spec.source)
        depth = facts_on(found, runs.get(run).provenance)
        provenance = self._asked(preload, spec.classifier)
        runs.note_provenance(self.lease, {**provenance, **folders_told(spec)})
        frame = replace(self._asked(frame_of, spec.classifier), fit=spec.fit)
        names = self._asked(class_names, spec.classifier)
        meant = matched((image.label for image in found.by_name.values()), names)
        told = noted(depth, images=spec.image_notes(found, meant.sentence))
        runs.note_provenance(self.lease, told)
        against = spec.target.fixed(names).against
        brought = Brought(spec, found.by_name)
        subjects = Subjects(spec, found.by_name, frame)
        first = subjects.pictures(spec.images, input_range.PICTURES)
        runs.note_provenance(
            self.lease, noted({}, self._asked(range_doubt, spec.classifier, first))
        )
        return Ground(
            spec, run, self.store.results, found.by_name, subjects, brought, names, meant, against
        )

    # -- the stream of jobs ------------------------------------------------------------------------

    def _stream(self, schedule: Schedule, enough: Callable[[], bool] = lambda: False) -> None:
        """Keep the workers busy until nothing is left, or enough is done; commit what they answer
        as it comes.
        """
        flying: dict[Future[Any], Job] = {}
        landed: SimpleQueue[Future[Any]] = SimpleQueue()
        again: list[Job] = []
        try:
            while not enough():
                self._check_stop()
                ahead = self._ahead()
                while len(flying) < ahead and (
                    job := again.pop() if again else schedule.next(ahead)
                ):
                    work, given = job.call()
                    future = self.workers.submit(work, *given)
                    flying[future] = job
                    future.add_done_callback(landed.put)
                if not flying:
                    break
                answers = [self._next(landed)]
                while not landed.empty() and len(answers) < TOGETHER:
                    answers.append(landed.get())
                again += self._land(schedule, [(flying.pop(one), one) for one in answers])
        finally:
            for future in flying:  # what has not begun is for nobody
                future.cancel()

    def _next(self, landed: SimpleQueue[Future[Any]]) -> Future[Any]:
        """The next answer, waited for; a stop that is asked for meanwhile, or workers that are
        gone, end the wait.
        """
        while True:
            try:
                return landed.get(timeout=LOOK)
            except Empty:
                self._check_stop()
                self._ahead()

    def _ahead(self) -> int:
        """How many jobs are with the workers at a time: one that each is at and one that waits."""
        return int(getattr(self.workers, "ahead", 2 * getattr(self.workers, "count", 1)))

    def _land(self, schedule: Schedule, ended: Sequence[tuple[Job, Future[Any]]]) -> list[Job]:
        """Commit answers in one transaction; the jobs that are to be tried again. Raises the first
        error that ends the run, after what came with it is kept.
        """
        answers: list[tuple[Job, Any]] = []
        again: list[Job] = []
        fatal: BaseException | None = None
        for job, future in ended:
            try:
                answers.append((job, self._answer(job, future)))
            except _Again:
                again.append(job)
            except BaseException as error:
                fatal = fatal or error
        if answers:
            self._keep(schedule, answers)
        if fatal is not None:
            raise fatal
        return again

    def _answer(self, job: Job, future: Future[Any]) -> Any:
        """What a job gave. Raises _Again where its worker died for the first time,
        BrokenProcessPool where workers die over whatever they are at.
        """
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            job.tries += 1
            self.lost += 1
            if self.lost >= LOST:
                raise error
            if job.tries == 1:
                raise _Again
            return job.lost()
        if not isinstance(job, Sight):  # reading an image is no proof
            self.lost = 0
        return future.result() if error is None else job.failed(error)

    def _keep(self, schedule: Schedule, answers: Sequence[tuple[Job, Any]]) -> None:
        """Commit answers; done again where the store goes away meanwhile."""
        steps = sum(job.steps for job, _ in answers)
        self.done, self.fresh = self.done + steps, self.fresh + steps
        progress, dropped = self._progress(answers[-1][0]), schedule.dropped()

        def write() -> None:
            with self.store.results.writing(self.lease) as writer:
                for job, answer in answers:
                    job.keep(writer, answer)
                for name, key in dropped:
                    writer.drop_map(name, key)
                writer.progress(str(progress))

        self.store.database.patience.kept(write)
        for job, answer in answers:
            schedule.ended(job, answer)
            if job.steps:
                self.report(replace(progress, last=job.title))

    def _progress(self, job: Job) -> Progress:
        pace = (time.monotonic() - self.started) / self.fresh if self.fresh else 0.0
        left = pace * (self.spec.steps - self.done) or None
        return Progress(self.spec.so_far(self.done), job.title, left)

    def _check_stop(self) -> None:
        if self.store.runs.stop_asked(self.lease.run):
            raise _Stopped


def kept_of(spec: RunSpec, circle: Sequence[SpecImage]) -> Collection[str] | None:
    """The images whose maps are kept: the first of the circle; None for all."""
    if spec.keep_maps == KEEP_ALL:
        return None
    most = 0 if spec.keep_maps == KEEP_NONE else int(spec.keep_maps)
    return {image.name for image in circle[:most]}


class _Again(Exception):
    """A job is to be tried once more."""
