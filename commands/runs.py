"""Runs: start, go on, stop, delete, list."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from heatcheck.commands.devices import compute_on
from heatcheck.commands.questions import spec_of
from heatcheck.commands.scale import check_together
from heatcheck.commands.stores import id_in, opened, run_in
from heatcheck.core.errors import BadParameter, HeatcheckError, StoreProblem

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from heatcheck.runs.progress import Progress
    from heatcheck.runs.specs import RunSpec
    from heatcheck.runs.store import Store


def run(arguments: argparse.Namespace) -> None:
    """Evaluate methods on images."""
    check_together(arguments)
    compute_on(arguments.device)
    with opened(arguments.store) as store:
        if arguments.dry_run:
            _estimate(spec_of(arguments), store, arguments)
        else:
            execute(spec_of(arguments), store, arguments, fresh=arguments.fresh)


def _estimate(spec: RunSpec, store: Store, arguments: argparse.Namespace) -> None:
    """Say what a run would be."""
    from heatcheck.commands.deciding import decided_by
    from heatcheck.commands.dry_run import print_estimate

    decided_by(spec, store)  # a comparison that is none is refused as the run would
    with worker_processes() as pool:
        lines = (f"run {spec.id} would be {_size(spec)}, {spec.classifier}", *_known_before(spec))
        print("\n".join(lines), flush=True)
        print_estimate(spec, store, pool, arguments.workers or 1, fresh=arguments.fresh)


def resume(arguments: argparse.Namespace) -> None:
    """Go on with a run."""
    check_together(arguments)
    compute_on(arguments.device)
    with opened(arguments.store) as store:
        known = run_in(store, arguments.run)
        execute(known.question, store, arguments, reserved=arguments.lease)


def execute(
    spec: RunSpec,
    store: Store,
    arguments: argparse.Namespace,
    *,
    fresh: bool = False,
    reserved: int | None = None,
) -> None:
    """Run a spec, or what is left of it, by the workers that a command was told, and print how far
    it is and how it ended.
    """
    from heatcheck.commands.deciding import decided_by
    from heatcheck.runs import engine, processes

    shard, decided = getattr(arguments, "shard", None), decided_by(spec, store)
    if fresh and any(known.id == spec.id for known in store.runs.all()):
        store.runs.delete(spec.id)
    run = store.runs.open(spec)
    with (
        _begun_or_cancelled(store, run),
        _to_go_on_with("the same command" if shard else f"heatcheck resume {run}"),
        workers_of(arguments, spec.classifier) as workers,
    ):
        known = [*_known_before(spec), *_of_maps_that_stay(spec, store)]
        print("\n".join((f"run {spec.id}: {_size(spec)}, {spec.classifier}", *known)), flush=True)
        told = set(known)
        progress = _progress_of(store, run, told)
        engine.execute(spec, store, workers, progress, reserved, shard, decided)
        if store.runs.get(run).status == "cancelled":  # two steps are on their way, for nobody
            processes.end_at_once()
    _print_end(store, spec.id, told)


def _size(spec: RunSpec) -> str:
    """`20 images x 7 methods x 1 metric`."""
    from heatcheck.drawing.labels import plural

    counts = {"image": spec.images, "method": spec.methods, "metric": spec.metrics}
    return " x ".join(plural(len(named), noun) for noun, named in counts.items())


def _known_before(spec: RunSpec) -> list[str]:
    """What there is to say of a run's images before its network is loaded: how they make samples,
    were drawn, and what of their folder was left out; a line each.
    """
    from heatcheck.inputs import image_sets

    notes: tuple[str, ...] = ()
    with suppress(HeatcheckError):  # a finished run needs no folder
        notes = spec.image_notes(image_sets.read(spec.source))
    return [line for line in (spec.grouping, *notes) if line]


def _of_maps_that_stay(spec: RunSpec, store: Store) -> list[str]:
    """That a run which has ended drops no maps, where it was asked to keep some only."""
    from heatcheck.runs.specs import KEEP_ALL

    if spec.keep_maps == KEEP_ALL or store.runs.get(spec.id).status != "finished":
        return []
    return ["This run has ended already: its maps stay. heatcheck prune drops maps."]


def _print_news(store: Store, run: str, told: set[str]) -> None:
    """Print what is said of a run by now and was not before, a line each: how the outputs are read,
    which class is explained, notes on the network and on labels.
    """
    from heatcheck.runs.asked import asked_of

    known = store.runs.get(run)
    for line in (asked_of(known), *known.notes, *known.image_notes):
        if line not in told:
            told.add(line)
            print(line, flush=True)


@contextmanager
def _begun_or_cancelled(store: Store, run: str) -> Iterator[None]:
    """A run whose command ends before it begins does not wait for ever."""
    try:
        yield
    except BaseException:
        with suppress(HeatcheckError):
            known = store.runs.get(run)
            if known.status == "waiting" and not known.started_by:  # nobody else is to start it
                store.runs.ask_to_stop(run)
        raise


@contextmanager
def _to_go_on_with(command: str) -> Iterator[None]:
    """A person who stops the command, or whose store fails, is told how to go on with its run."""
    try:
        yield
    except StoreProblem as problem:
        raise StoreProblem(f"{problem} Then go on with: {command}") from problem
    except KeyboardInterrupt as stop:
        stop.add_note(f"go on with: {command}")
        raise


@contextmanager
def workers_of(arguments: argparse.Namespace, classifier: str) -> Iterator[Executor]:
    """The workers that a command was told: processes here, or those of a cluster."""
    if address := arguments.cluster:
        from heatcheck.runs import cluster

        with cluster.joined(address, classifier) as workers:
            yield workers
    else:
        with worker_processes(arguments.workers or 1) as local:
            yield local


@contextmanager
def worker_processes(count: int = 1) -> Iterator[Executor]:
    """Worker processes of a command; they end at once when its run fails or is stopped."""
    from heatcheck.runs import processes

    with processes.local_workers(count) as workers:
        try:
            yield workers
        except BaseException:  # steps that still run would not be kept
            processes.end_at_once()
            raise


def _progress_of(store: Store, run: str, told: set[str]) -> Callable[[Progress], None]:
    """What prints how far a run is, after what is said of it once its network is there. Where
    nobody reads any more (`heatcheck run | head`) the run is asked to stop, and keeps what is done.
    """
    news = True

    def print_progress(progress: Progress) -> None:
        nonlocal news
        try:
            if news:
                _print_news(store, run, told)
            news = False
            if sys.stdout.isatty():
                print(f"\r\x1b[K{progress}", end="", flush=True)
            else:
                print(progress, flush=True)
        except BrokenPipeError:
            store.runs.ask_to_stop(run)

    return print_progress


def _print_end(store: Store, run: str, told: set[str]) -> None:
    ended = store.runs.get(run)
    if sys.stdout.isatty():
        print()
    if ended.status == "cancelled":
        print(f"stopped after {ended.so_far}; go on with: heatcheck resume {run}")
        return
    _print_news(store, run, told)
    if ended.status == "interrupted":  # a shard
        print(ended.problem)
        print(run)
        return
    failed = f"{ended.failures} score{'s' * (ended.failures != 1)} failed"
    if ended.failures:
        from heatcheck.judgement import failures

        print("\n".join(failures.reasons(store.results.table(run))))
    print(f"{ended.so_far}, {failed}; read it with: heatcheck show {run}")
    print(run)


def cancel(arguments: argparse.Namespace) -> None:
    """Stop a run after the step it is at."""
    with opened(arguments.store) as store:
        run = id_in(store, arguments.run)
        status = store.runs.ask_to_stop(run)
    how = "stops after the step it is at" if status == "running" else "is cancelled"
    print(f"run {run} {how}; go on with: heatcheck resume {run}")


def delete(arguments: argparse.Namespace) -> None:
    """Delete a run with all its scores and maps."""
    with opened(arguments.store) as store:
        run = id_in(store, arguments.run)
        if not arguments.yes:
            raise BadParameter(
                f"Expected --yes to delete run {run} with all its scores and maps. It "
                f"cannot be undone. Say: heatcheck delete {run} --yes"
            )
        store.runs.delete(run)
    print(f"run {run} and its scores and maps are deleted")


def list_runs(arguments: argparse.Namespace) -> None:
    """The runs in the store, newest first."""
    with opened(arguments.store) as store:
        runs, foreign = store.runs.all(), store.runs.foreign()
    if not runs and not foreign:
        print("No runs yet. Start one with: heatcheck run")
    for known in runs:
        print(
            f"{known.id}  {known.status:<11}  {known.so_far}  {known.failures} "
            f"failed  {known.asked_at:%Y-%m-%d %H:%M}  "
            f"{known.spec.classifier}, {_size(known.spec)}"
        )
    for other in foreign:
        print(f"{other.id}  made by another version: {other.reason}")
