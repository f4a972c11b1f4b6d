"""The engine: processes, and what they do. A cell is one image x one method: its map and all its scores.

The seam is `concurrent.futures.Executor`; the default is one worker process on this machine that owns the models. Names and digests
travel to it, never models. A cell's numbers depend on the run's seed, the image and the method, not on the order or the process.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version

import numpy as np
import torch

from attribution import METHODS, Attribution, HeatcheckError, Method, Passes, Target, attribute, generator
from attribution.errors import BadImage, RunProblem
from evaluation import classifiers, images
from evaluation.cells import Cell, CellResult, Prediction, Scored, Subject
from evaluation.runs import RunSpec, SpecImage
from evaluation.store import STOPPED, Store
from evaluation.turns import turn
from metrics import Case, Metric
from metrics.curves import ranks

log = logging.getLogger("heatcheck.engine")

# Read by the C library when a process starts; with folding and channels_last they make forward passes about four times as fast.
WORKER_ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20),
}


# -- what a worker does -----------------------------------------------------------------------------------------------


def preload(classifier: str) -> dict[str, str]:
    """Load a classifier into this worker; its provenance."""
    with turn():
        return _provenance(classifier)


def input_size(classifier: str) -> int:
    """The side of a classifier's input; loads it where that is not known beforehand."""
    with turn():
        return classifiers.input_size(classifier) or classifiers.load(classifier).size


def class_names(classifier: str) -> tuple[str, ...]:
    """A classifier's class names."""
    with turn():
        return classifiers.load(classifier).labels


def why_not(classifier: str) -> dict[str, str]:
    """The methods that cannot explain a classifier with their defaults, each with the reason in a sentence."""
    with turn():
        loaded = classifiers.load(classifier)
        x = torch.zeros(1, len(loaded.mean), loaded.size, loaded.size, device=loaded.device)
        target = loaded.target(x, 0, _references(classifier))
        found = {name: METHODS.build(name).check(target) for name in METHODS}
    return {name: reason for name, reason in found.items() if reason}


@lru_cache(maxsize=2)
def _references(classifier: str) -> torch.Tensor | None:
    """The sample photographs as a classifier takes them, `[20,C,S,S]`: the real images of methods that compare with some."""
    loaded = classifiers.load(classifier)
    try:
        found = images.load(images.SAMPLES)
        return torch.cat([loaded.to_input(images.picture(image.encoded(), loaded.size, image.name)) for image in found])
    except BadImage:
        return None


def _target(loaded: classifiers.Classifier, x: torch.Tensor, class_index: int, method: Method) -> Target:
    return loaded.target(x, class_index, _references(loaded.name) if "reference images" in method.needs else None)


def predict(subject: Subject, top: int = 5, *, interactive: bool = False) -> Prediction:
    """The most probable classes of a clean image."""
    with turn(interactive=interactive):
        loaded = classifiers.load(subject.classifier)
        values, indices = loaded.probabilities(loaded.to_input(subject.picture))[0].topk(min(top, len(loaded.labels)))
    return Prediction(tuple(indices.tolist()), tuple(values.tolist()))


def make_map(cell: Cell) -> CellResult:
    """The first half of a cell: its map. An error is a result, never an exception."""
    try:
        with turn(interactive=cell.interactive):
            loaded = classifiers.load(cell.subject.classifier)
            x = loaded.to_input(cell.subject.picture)
            target = _target(loaded, x, cell.class_index, cell.method)
            made = attribute(cell.method, target, x, seed=cell.seed, about=cell.subject.image_digest)
    except Exception as error:
        return CellResult(None, error=_said(error))
    return CellResult(made.map.numpy(), made.seconds, made.passes.forward, made.passes.backward, made.warm)


def score_map(cell: Cell, made: CellResult) -> tuple[Scored, ...]:
    """The second half of a cell: its scores. A metric that fails gives its reason, the others go on."""
    if made.map is None:
        return tuple(Scored(metric, None, made.error) for metric in cell.metrics)
    with turn(interactive=cell.interactive):
        loaded = classifiers.load(cell.subject.classifier)
    x = loaded.to_input(cell.subject.picture)
    target = _target(loaded, x, cell.class_index, cell.method)
    own = Attribution(
        torch.from_numpy(made.map.copy()), cell.method, cell.class_index, cell.seed, made.seconds,
        Passes(made.forward_passes, made.backward_passes), made.warm,
    )  # fmt: skip
    case = Case(target, x, own, cell.subject.image_digest)
    return tuple(_scored(metric, case, cell.interactive) for metric in cell.metrics)


def _scored(metric: Metric, case: Case, interactive: bool) -> Scored:
    try:
        with turn(interactive=interactive):
            return Scored(metric, metric.score(case))
    except Exception as error:
        return Scored(metric, None, _said(error))


def run_cell(cell: Cell) -> CellResult:
    """A whole cell."""
    made = make_map(cell)
    return replace(made, scores=score_map(cell, made))


def places(heat: np.ndarray, method: Method, image_digest: str, seed: int) -> np.ndarray:
    """Each pixel's place `[H,W]` in the curves' own seeded order, 0 strongest: what a viewer masks by."""
    return ranks(torch.from_numpy(heat.copy()), generator(seed, image_digest, method.digest, "ties")).numpy().astype(np.int32)


def _said(error: Exception) -> str:
    if isinstance(error, HeatcheckError):
        return str(error)
    log.exception("a cell failed", exc_info=error)
    return f"{type(error).__name__}: {error}"


def _provenance(classifier: str) -> dict[str, str]:
    loaded = classifiers.load(classifier)
    return {
        "device": str(loaded.device),
        "threads": str(torch.get_num_threads()),
        "processor": platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "torchvision", "timm", "numpy", "scipy")},
        "classifier": loaded.title,
        "weights": loaded.source,
        "weights_sha256": loaded.digest,
        "input_size": str(loaded.size),
        "mean": str(loaded.mean),
        "std": str(loaded.std),
    }


# -- workers ----------------------------------------------------------------------------------------------------------


def local_workers(count: int = 1) -> Executor:
    """Worker processes on this machine, started with the allocator's settings; they end with their parent."""
    os.environ.update({key: value for key, value in WORKER_ENVIRONMENT.items() if key not in os.environ})
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=(os.getpid(),))


def _start_worker(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


# -- runs -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    done: int
    total: int
    image: str
    method: str
    seconds_left: float | None

    def __str__(self) -> str:
        left = f", about {said_seconds(self.seconds_left)} left" if self.seconds_left is not None else ""
        return f"{self.done} of {self.total} cells; now {self.method} on {self.image}{left}"


def said_seconds(seconds: float) -> str:
    """A duration for people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def execute(spec: RunSpec, store: Store, workers: Executor, report: Callable[[Progress], None] = lambda progress: None) -> str:
    """Run a spec, or what is left of it; returns its id. A finished spec is not computed again, one that was asked to stop ends cancelled.

    Each cell is committed in one transaction as it ends, so a killed run goes on where it was.

    Raises:
        RunProblem: another process runs it, or an image is no longer what it was.
    """
    run = store.open_run(spec)
    if store.run(run).status == "finished":
        return run
    with store.running(run):
        try:
            _execute(spec, run, store, workers, report)
        except _Stopped:
            store.end(run, "cancelled", STOPPED)
            return run
        except BaseException as error:
            store.end(run, "cancelled" if isinstance(error, KeyboardInterrupt) else "failed", _reason(error))
            raise
        store.end(run, "finished")
    return run


class _Stopped(Exception):
    """Somebody wants the run stopped."""


def _reason(error: BaseException) -> str:
    return STOPPED if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__


def _execute(spec: RunSpec, run: str, store: Store, workers: Executor, report: Callable[[Progress], None]) -> None:
    found = {image.name: image for image in images.load(spec.source)}
    store.note_provenance(run, workers.submit(preload, spec.classifier).result())
    size = workers.submit(input_size, spec.classifier).result()
    names = workers.submit(class_names, spec.classifier).result()
    done = store.done_cells(run)
    total = len(spec.images) * len(spec.methods)
    started, fresh = time.monotonic(), 0
    for image in spec.images:
        missing = [method for method in spec.methods if (image.name, spec.key_of(method)) not in done]
        if not missing:
            continue
        try:
            subject = _subject(spec, image, found, size)
        except BadImage as error:  # this image's cells fail, the others go on
            failed = CellResult(None, error=str(error), scores=tuple(Scored(metric, None, str(error)) for metric in spec.metrics))
            store.save_image(run, image)
            for method in missing:
                store.save_cell(run, spec, image, method, failed)
                done.add((image.name, spec.key_of(method)))
            continue
        prediction = _predicted(store, run, image, subject, names, workers)
        cells = [Cell(subject, prediction.classes[0], method, spec.metrics, spec.seed) for method in missing]
        for cell, result in _in_order(workers, cells):
            left = total - len(done)
            pace = (time.monotonic() - started) / fresh if fresh else None
            if result is None:
                progress = Progress(len(done), total, image.name, cell.method.title, pace * left if pace else None)
                store.note_progress(run, str(progress))
                report(progress)
                if store.stop_asked(run):
                    raise _Stopped
                continue
            store.save_cell(run, spec, image, cell.method, result)
            done.add((image.name, spec.key_of(cell.method)))
            fresh += 1


def _in_order(workers: Executor, cells: list[Cell]) -> Iterator[tuple[Cell, CellResult | None]]:
    """Each cell twice: with None as it starts, with its result as it ends. One is always queued behind the one that runs."""
    waiting: list[Future[CellResult]] = [workers.submit(run_cell, cell) for cell in cells[:2]]
    for place, cell in enumerate(cells):
        yield cell, None
        result = waiting[place].result()
        if place + 2 < len(cells):
            waiting.append(workers.submit(run_cell, cells[place + 2]))
        yield cell, result


def _subject(spec: RunSpec, image: SpecImage, found: dict[str, images.Image], size: int) -> Subject:
    if image.name not in found:
        raise RunProblem(f"Expected image {image.name!r} in {spec.source}. It is gone. Put it back, or start a new run.")
    encoded = found[image.name].encoded()
    if images.digest(encoded) != image.digest:
        raise RunProblem(f"Expected image {image.name!r} as it was when the run began. Its bytes have changed. Start a new run.")
    return Subject(spec.classifier, images.picture(encoded, size, image.name), image.digest)


def _predicted(store: Store, run: str, image: SpecImage, subject: Subject, names: tuple[str, ...], workers: Executor) -> Prediction:
    prediction = workers.submit(predict, subject).result()
    label = classifiers.class_of(image.label, names) if image.label else None
    store.save_image(
        run, image, picture=images.png(subject.picture), label=label, label_name=names[label] if label is not None else image.label,
        target=prediction.classes[0], target_name=names[prediction.classes[0]], probability=prediction.probabilities[0],
    )  # fmt: skip
    return prediction
