"""What the server process holds: the store, the workbench, and the runs it started. One of each,
whoever asks.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from functools import lru_cache

from platformdirs import user_log_path

from heatcheck.core.errors import HeatcheckError
from heatcheck.inputs import classifiers, images
from heatcheck.runs import specs
from heatcheck.runs.records import Run
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.server.workbench import Workbench

log = logging.getLogger("heatcheck.service")
_processes: list[subprocess.Popen[bytes]] = []


@lru_cache(maxsize=1)
def store() -> Store:
    """The store that pages read."""
    return Store()


@lru_cache(maxsize=1)
def workbench() -> Workbench:
    """The workbench that Compare asks."""
    return Workbench(store())


def classifier() -> str:
    """The classifier that `heatcheck serve` was told, or the default."""
    return os.environ.get("HEATCHECK_CLASSIFIER", classifiers.DEFAULT)


def image_source() -> str:
    """The image set that `heatcheck serve` was told, or the sample photographs."""
    return os.environ.get("HEATCHECK_IMAGES", images.SAMPLES)


def classifier_choices() -> list[str]:
    """The classifiers to choose from: those that are here, and the one that was told."""
    return list(dict.fromkeys([classifier(), *classifiers.here()]))


def why_not_in_compare(run: Run) -> str | None:
    """Why Compare cannot show a run's images as the run saw them, in a sentence; None where it
    can.
    """
    if run.spec.source != images.absolute(image_source()):
        return (
            f"Compare shows the images of {image_source()}, and this run is of "
            f"{run.spec.source}. Start the server with its images."
        )
    if run.spec.classifier not in classifier_choices():
        return "Compare does not have this run's classifier. Start the server with it."
    return None


def default_spec() -> RunSpec:
    """The run that starts by itself: the standard methods and metrics."""
    return specs.ask(classifier(), image_source())


def start_run(spec: RunSpec) -> str:
    """Start a run in a process of its own, the way the command line does; its id."""
    run = store().runs.open(spec)
    command = [
        sys.executable,
        "-P",
        "-m",
        "heatcheck.cli",
        "resume",
        run,
    ]  # -P: not the working folder's modules
    environment = {
        **os.environ,
        "HEATCHECK_DATABASE_URL": store().url,
    }  # not on the command line: it may hold a password
    with (user_log_path("heatcheck", ensure_exists=True) / f"run-{run}.log").open("ab") as output:
        _processes.append(
            subprocess.Popen(
                command,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )
    return run


def wake() -> None:
    """When the server starts: the worker, and the default run where the store is empty or the run
    did not come to its end.
    """
    workbench().start()
    if os.environ.get("HEATCHECK_AUTOSTART", "1") == "0":
        return
    try:
        spec = default_spec()
        known = {run.id: run for run in store().runs.all()}
        if not known or (spec.id in known and known[spec.id].status in ("waiting", "interrupted")):
            start_run(spec)
    except HeatcheckError as error:
        log.warning("the default run did not start: %s", error)


def rest() -> None:
    """When the server stops: its worker and the runs it started; they go on from where they were at
    the next start.
    """
    workbench().stop()
    for process in _processes:
        process.terminate()


def active_run() -> Run | None:
    """The run that is under way, if any."""
    return next((run for run in store().runs.all() if run.status in ("waiting", "running")), None)
