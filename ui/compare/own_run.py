"""Which run of a classifier Compare speaks of, in the gallery and below the heatmaps; and what is
said of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from heatcheck.drawing.labels import plural, run_line
from heatcheck.inputs import classifiers, image_sets
from heatcheck.judgement.statistics import ENOUGH
from heatcheck.runs.records import Run
from heatcheck.runs.target_rules import TOPMOST
from heatcheck.server import service


def of_this_set(runs: Sequence[Run], classifier: str) -> Run | None:
    """The classifier's run on the images of Compare, fitted as there; None where none has measured
    anything yet. A finished one goes first, if its images are enough for an interval; then the one
    with the most images measured; the newest among equals.

    Args:
        runs: newest first.
    """
    own = [run for run in _begun(runs, classifier) if service.why_not_in_compare(run) is None]
    return max(own, key=_worth, default=None)


def of_any_set(runs: Sequence[Run], classifier: str) -> Run | None:
    """As `of_this_set`; where that has none, the newest of this classifier on whatever images, a
    finished one first.
    """
    others = _begun(runs, classifier)
    newest = max(others, key=lambda run: run.status == "finished", default=None)
    return of_this_set(runs, classifier) or newest


def _begun(runs: Sequence[Run], classifier: str) -> list[Run]:
    return [run for run in runs if run.done and run.spec.classifier == classifier]


def _worth(run: Run) -> tuple[bool, int, bool]:
    images = run.images_done
    finished = run.status == "finished"
    return finished and images >= ENOUGH, images, finished


def line(run: Run) -> str:
    """The run in a line."""
    return run_line(run, classifiers.title_of(run.spec.classifier))


def differences(run: Run) -> str:
    """What a run does not share with the pictures of Compare, which class it explains where that is
    not the model's, and how far it is where it has not finished; empty where none of it is so.
    """
    spec, told = run.spec, []
    if spec.source != image_sets.absolute(service.image_source()):
        size = plural(len(spec.images), "image")
        told.append(f"On other images: {Path(spec.source).name} ({size}).")
    if spec.fit != service.fit():
        told.append(f"Its pictures are fitted by {spec.fit}, here by {service.fit()}.")
    if spec.target != TOPMOST:
        told.append(f"Explained: {spec.target.words}.")
    if run.status != "finished":
        told.append(f"Not finished: {run.status}, {run.so_far} so far.")
    return " ".join(told)
