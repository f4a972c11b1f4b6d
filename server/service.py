"""What the server process holds: the store, the workbench, and the runs it started. One of each,
whoever asks.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from socket import gethostname

from platformdirs import user_log_path

from heatcheck.core.errors import HeatcheckError, LeaseLost, RunProblem, RunTaken
from heatcheck.inputs import classifiers, cutouts, image_sets
from heatcheck.inputs.sizes import CROP, checked_fit
from heatcheck.runs import engine, specs
from heatcheck.runs.draws import MANY
from heatcheck.runs.extensions import copy_what_stays
from heatcheck.runs.leases import Lease, Status, lease_seconds
from heatcheck.runs.queue import at_once
from heatcheck.runs.records import SERVER, Run
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.server.blobs import Blobs
from heatcheck.server.looks import Looks
from heatcheck.server.so_far import Standings, so_far
from heatcheck.server.workbench import Workbench

log = logging.getLogger("heatcheck.service")
STARTING = 120.0  # seconds that a process may take until it holds its run by itself
GAVE_UP = (1, 2)  # what a process returns that met an error: an unforeseen one, or a known one
LONGEST = 600  # characters of its last words
PATIENCE = 5.0  # seconds that a process may take to end


@dataclass(frozen=True, eq=False)
class Started:
    """A run that this server has started, with the lease that it reserved for its process."""

    run: str
    lease: int
    process: subprocess.Popen[bytes]
    told: Path  # what it says
    said_before: int  # bytes of it that others had said

    @property
    def last_words(self) -> str:
        """The last line that the process said, without the program's name before it."""
        with suppress(OSError), self.told.open("rb") as words:
            words.seek(self.said_before)
            lines = words.read().decode("utf-8", "replace").strip().splitlines()
            return lines[-1].removeprefix("heatcheck: ")[:LONGEST] if lines else ""
        return ""


_started: dict[str, Started] = {}  # by the run's id
_ending = threading.Event()  # set when the server stops


@lru_cache(maxsize=1)
def store() -> Store:
    """The store that pages read."""
    return Store()


@lru_cache(maxsize=1)
def workbench() -> Workbench:
    """The workbench that Compare asks."""
    return Workbench(store())


@lru_cache(maxsize=1)
def blobs() -> Blobs:
    """The bytes that browsers fetch."""
    return Blobs()


@lru_cache(maxsize=1)
def looks() -> Looks:
    """What open pages wait for."""
    return Looks()


@lru_cache(maxsize=1)
def standings() -> Standings:
    """The standings of runs that are under way."""
    return Standings(lambda run: so_far(store(), run))


def classifier() -> str:
    """The classifier that `heatcheck serve` was told, or the default."""
    return os.environ.get("HEATCHECK_CLASSIFIER", classifiers.DEFAULT)


def image_source() -> str:
    """The image set that `heatcheck serve` was told, or the sample photographs."""
    return os.environ.get("HEATCHECK_IMAGES", image_sets.SAMPLES)


def image_sources() -> list[str]:
    """The image sets to choose from: the one that was told, and those that come with Heatcheck."""
    packaged = [image_sets.SAMPLES, *([image_sets.CUTOUTS] if cutouts.STAMPS.is_dir() else [])]
    return list(dict.fromkeys([image_source(), *packaged]))


def fit() -> str:
    """How `heatcheck serve` was told to bring pictures to the classifier's input."""
    return checked_fit(os.environ.get("HEATCHECK_FIT") or CROP)


def classifier_choices() -> list[str]:
    """The classifiers to choose from: those that are here, and the one that was told."""
    return list(dict.fromkeys([classifier(), *classifiers.here()]))


def other_networks(classifier: str) -> list[str]:
    """The networks whose maps may be scored beside a classifier's: the packaged ones, without
    it.
    """
    return [name for name in classifiers.here() if name != classifier]


def why_not_in_compare(run: Run) -> str | None:
    """Why Compare cannot show a run's images as the run saw them, in a sentence; None where it
    can.
    """
    if run.spec.source != image_sets.absolute(image_source()):
        return (
            f"Compare shows the images of {image_source()}, and this run is of "
            f"{run.spec.source}. Start the server with its images."
        )
    if run.spec.classifier not in classifier_choices():
        return "Compare does not have this run's classifier. Start the server with it."
    if run.spec.fit != fit():
        return (
            f"Compare fits pictures by {fit()}, and this run by {run.spec.fit}. Start the server "
            f"with --fit {run.spec.fit}."
        )
    return None


def default_spec() -> RunSpec:
    """The run that starts by itself: the standard methods and metrics; a sample of a large set."""
    found = image_sets.read(image_source())
    sample = MANY if len(found.images) > MANY else 0
    return specs.ask(classifier(), image_source(), fit=fit(), sample=sample, found=found)


def start_run(spec: RunSpec) -> str:
    """Have a run worked on, at once or when those that were asked for before it have ended; its id.
    One that is finished, waits, or that a process works on is left alone, however often it is asked
    for.
    """
    run = store().runs.open(spec)
    if engine.is_complete(spec, store()):
        return run
    if store().runs.get(run).status == Status.FINISHED:  # an older version's; it takes seconds
        with suppress(RunTaken):  # somebody else was quicker
            _launch(run, store().runs.reserve(run, SERVER))
        return run
    store().queue.join(run)
    start_waiting()
    return run


def extend_run(run: str, spec: RunSpec) -> str:
    """Start a run that asks what another one asks and more; its id. What stays the same is copied
    from that one.
    """
    with suppress(RunTaken):  # it is under way already
        copy_what_stays(store(), store().runs.get(run), spec)
    return start_run(spec)


def start_next(run: str) -> None:
    """Let a run that waits be the next to start. Raises RunProblem where it waits no more."""
    store().queue.move_to_front(run)
    start_waiting()


def start_waiting() -> None:
    """Start the runs that wait, as many as this host works on at once."""
    while not _ending.is_set() and (taken := store().queue.take(at_once())):
        _launch(*taken)


def _launch(run: str, lease: int) -> None:
    """Start a claimed run in a process of its own, the way the command line does."""
    command = [sys.executable, "-P", "-m", "heatcheck.cli", "resume", run, "--lease", str(lease)]
    environment = {**os.environ, "HEATCHECK_DATABASE_URL": store().url}  # it may hold a password
    told = user_log_path("heatcheck", ensure_exists=True) / f"run-{run}.log"
    try:
        with told.open("ab") as log_:
            said_before = log_.tell()
            process = subprocess.Popen(
                command,
                env=environment,
                stdout=log_,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        problem = (
            f"The run could not be started: {error}. Try again, or from a terminal: "
            f"heatcheck resume {run}"
        )
        store().runs.release(run, lease, problem)
        raise RunProblem(problem) from error
    started = Started(run, lease, process, told, said_before)
    _started[run] = started
    threading.Thread(target=_attend, args=(started,), name=f"run {run}", daemon=True).start()


def _attend(started: Started) -> None:
    """Hold a run's lease until its process does, reap the process, let go of what it held, and
    start what waits.
    """
    until = time.monotonic() + STARTING
    while started.process.poll() is None:
        try:
            started.process.wait(lease_seconds() / 6)
        except subprocess.TimeoutExpired:
            if time.monotonic() < until:
                with suppress(HeatcheckError):
                    store().runs.renew(started.run, started.lease)
    try:
        _let_go(started)
    except HeatcheckError:  # the store does not answer; soon the lease is stale
        _ending.wait(lease_seconds())
    _start_what_waits()
    if _started.get(started.run) is started:
        del _started[started.run]


def _start_what_waits() -> None:
    """As `start_waiting`, where there is no page to tell."""
    try:
        start_waiting()
    except HeatcheckError as error:
        log.warning("the next run did not start: %s", error)


def _let_go(started: Started) -> None:
    """Note why a process gave up, where it could not note that itself, or else that the run may be
    taken up.
    """
    if started.process.returncode in GAVE_UP:
        lease = Lease(store().database, started.run, started.lease, Status.RUNNING)
        reason = started.last_words or "Its process ended without a word."
        with suppress(LeaseLost):  # it has noted its end
            store().runs.end(lease, Status.FAILED, reason)
    else:
        store().runs.release(started.run, started.lease, _killed(started.process.returncode))


def _killed(code: int | None) -> str:
    """What ended a process that nobody here asked to end; empty where none did."""
    if code is None or code >= 0 or -code == signal.SIGTERM:
        return ""
    want = ", perhaps for want of memory" if -code == signal.SIGKILL else ""
    return f"Its process was ended by signal {-code}{want}. Start it again: it goes on from there."


def wake() -> None:
    """When the server starts: the worker; then, since a page comes first, the runs that a server
    here had started and that did not come to their end, before those that it was asked for; and the
    default run where the store is empty.
    """
    workbench().warm(classifier())
    if _ending.is_set() or os.environ.get("HEATCHECK_AUTOSTART", "1") == "0":
        return
    try:
        runs = store().runs.all()
        for run in runs:
            if run.started_by == SERVER and run.host == gethostname():
                if run.status == Status.RUNNING:  # its process lives on, or has just died
                    threading.Thread(target=_follow, args=(run,), daemon=True).start()
                elif run.status == Status.INTERRUPTED:
                    _take_up(run)
        spec = default_spec()
        status = next((run.status for run in store().runs.all() if run.id == spec.id), None)
        if not runs or status == Status.WAITING:
            start_run(spec)
    except HeatcheckError as error:
        log.warning("the default run did not start: %s", error)
    _start_what_waits()


def _follow(run: Run) -> None:
    """Wait until a run's process is dead, then go on with it, or with what waits."""
    try:
        while store().runs.get(run.id).status == Status.RUNNING:
            time.sleep(lease_seconds() / 6)
        _take_up(run)
    except HeatcheckError as error:
        log.warning("run %s was not followed: %s", run.id, error)
    _start_what_waits()


def _take_up(run: Run) -> None:
    """Have an interrupted run go on before those that wait; one that was asked to stop is
    cancelled.
    """
    try:
        if store().runs.get(run.id).status != Status.INTERRUPTED:
            return
        if store().runs.stop_asked(run.id):
            store().runs.ask_to_stop(run.id)
        else:
            store().queue.join(store().runs.open(run.question), first=True)
    except HeatcheckError as error:
        log.warning("run %s was not taken up: %s", run.id, error)


def rest() -> None:
    """When the server stops: its worker and the runs it started; they go on from where they were at
    the next start.
    """
    _ending.set()
    workbench().stop()
    started = list(_started.values())
    for one in started:
        one.process.terminate()
    for one in started:
        with suppress(subprocess.TimeoutExpired, HeatcheckError):
            one.process.wait(PATIENCE)
            store().runs.release(one.run, one.lease)
