"""A store with one large finished run, at random but plausible, and how long it takes to read.

python -m heatcheck.tools.large_store sqlite:///large.db --images 1000 --methods 25
python -m heatcheck.tools.large_store sqlite:///large.db --time
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from heatcheck.attribution import METHODS, Method
from heatcheck.inputs.images import png
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import standings
from heatcheck.judgement.verdicts import judge
from heatcheck.metrics import Curve, Metric, Score
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult, Machine, Scored
from heatcheck.runs.experiments import EXPERIMENTS, Finding
from heatcheck.runs.specs import RunSpec, SpecImage
from heatcheck.runs.store import Store

T = TypeVar("T")
# 38 values a cell with their side values, and a second visit
ASKED = ("deletion", "insertion", "deletion_exchange", "deletion_placement", "runtime")
SIDE = 32  # of maps and pictures
POINTS = 11  # of a curve
DRAWN = Machine((("device", "cpu"),))
TOGETHER = 200  # cells in one transaction


def question(images: int, methods: int, metrics: Sequence[str] = ASKED) -> RunSpec:
    """A spec of as many images, methods (controls among them) and metrics; none is computed."""
    asked = specs.ask(methods=_methods(methods), metrics=list(metrics), points=9)
    made = tuple(
        SpecImage(f"image_{number:05}", f"{number:064x}", f"class {number % 100}")
        for number in range(images)
    )
    return replace(asked, images=made)


def _methods(count: int) -> list[str | dict[str, object]]:
    """All methods, then SmoothGrad with other numbers of samples."""
    several = [{"name": "smoothgrad", "samples": 2 + more} for more in range(count)]
    return [*METHODS, *several][:count]


def fill(store: Store, spec: RunSpec, seed: int = 0, failing: float = 0.001) -> str:
    """A finished run of the spec whose scores, curves and maps are drawn at random; its id.
    `failing` is the share of scores that have failed.
    """
    run, rng = store.runs.open(spec), np.random.default_rng(seed)
    heats = rng.random((20, SIDE, SIDE), np.float32)
    picture = png(rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8))
    levels = {key: 0.2 + 0.6 * place / len(spec.keyed) for place, key in enumerate(spec.keyed)}
    cells = [(image, key) for image in spec.images for key in spec.keyed]
    with store.runs.claim(run) as lease:
        store.runs.note_provenance(lease, {"device": "cpu", "classes": "1000"})
        for start in range(0, len(cells), TOGETHER):
            with store.results.writing(lease) as writer:
                for image, key in cells[start : start + TOGETHER]:
                    if key == next(iter(spec.keyed)):
                        writer.image(image, picture=picture, **_seen(rng))
                    scores = _scores(spec.alone, spec.keyed[key], levels[key], rng, failing)
                    heat = heats[rng.integers(len(heats))]
                    made = CellResult(heat, 0.1, 10, 5, scores=scores, machine=DRAWN)
                    writer.cell(image, key, made)
                    if spec.compared:
                        late = _scores(spec.compared, spec.keyed[key], levels[key], rng, failing)
                        writer.comparison(image, key, late)
        for key in spec.keyed:
            found = [Finding(name, 1.0, "") for name in EXPERIMENTS]
            store.results.save_findings(lease, key, found)
        store.runs.end(lease, "finished")
    return run


def _seen(rng: np.random.Generator) -> dict[str, object]:
    label = int(rng.integers(1000))
    named = {"label": label, "label_name": f"class {label}", "target_name": f"class {label}"}
    return {**named, "target": label, "probability": float(rng.uniform(0.3, 1.0))}


def _scores(
    metrics: Sequence[Metric],
    method: Method,
    level: float,
    rng: np.random.Generator,
    failing: float,
) -> tuple[Scored, ...]:
    """A score a metric that says something of the method."""
    return tuple(
        Scored(metric, None, "The map is blank.")
        if rng.random() < failing
        else Scored(metric, _score(metric, level, rng))
        for metric in metrics
        if not metric.why_not(method)
    )


def _score(metric: Metric, level: float, rng: np.random.Generator) -> Score:
    curve = None
    if metric.name in ("deletion", "insertion"):
        fractions = np.sort(np.concatenate([[0, 1], rng.integers(1, 224, POINTS - 2) / 224]))
        heights = np.clip(level * (1 - fractions) + rng.normal(0, 0.05, POINTS), 0, 1)
        curve = Curve(*(tuple(one.tolist()) for one in (fractions, heights, 10 * heights)))
    named = [side for side in metric.sides if _measured(metric, side)]
    draws = rng.normal(level, 0.2, 1 + len(named)).clip(0.001, 1).tolist()
    value = curve.auc if curve else draws[0]
    sides = dict(zip(named, draws[1:], strict=True))
    each = {side: curve for side in sides if side.startswith("on_")} if curve else {}
    return Score(value, curve, sides, each)


def _measured(metric: Metric, side: str) -> bool:
    """Whether a side value is there on a machine without a GPU."""
    substrates = getattr(metric, "substrates", ())
    return side.removeprefix("on_") in substrates if "on_" in side[:3] else side != "peak_memory"


class Timings:
    """Seconds of each read by its name, by the wall clock and of the processor."""

    def __init__(self) -> None:
        self.seconds: dict[str, tuple[float, float]] = {}

    def of(self, name: str, read: Callable[[], T]) -> T:
        """What is read, timed."""
        start = time.perf_counter(), time.process_time()
        found = read()
        self.seconds[name] = time.perf_counter() - start[0], time.process_time() - start[1]
        return found


def timings(store: Store) -> Timings:
    """Of each read of the newest run, in the order in which pages make them."""
    timed, results = Timings(), store.results
    (run, *_) = timed.of("runs, first", store.runs.all)
    timed.of("runs, again", store.runs.all)
    timed.of("images", lambda: results.images(run.id, pictures=False))
    timed.of("one metric", lambda: results.values(run.id, "deletion"))
    timed.of("mean curves", lambda: [results.mean_curves(run.id, name) for name in ASKED[:2]])
    timed.of("tidy table", lambda: results.table(run.id))
    scores = Scores.of_run(store, run.id)
    timed.of("standings", lambda: standings(scores))
    timed.of("verdicts", lambda: judge(scores, results.findings(run.id)))
    image, keys = run.spec.images[-1].name, run.spec.keyed
    timed.of(
        "one image",
        lambda: [results.image(run.id, image), *(results.map(run.id, image, key) for key in keys)],
    )
    return timed


def pages(store: Store, run: str) -> Timings:
    """Of whole pages, each as the first reader after a start of the server gets it, and again; and
    of the report as a file.
    """
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    from heatcheck.report import formats
    from heatcheck.report.subject import Subject
    from heatcheck.server import service

    service.store.cache_clear()
    root, timed = Path(service.__file__).parent.parent, Timings()
    for name in ("leaderboard", "strengths"):
        st.cache_resource.clear()
        st.cache_data.clear()
        page = AppTest.from_file(str(root / f"pages/evaluate/{name}.py"), default_timeout=600)
        page.query_params["run"] = run
        timed.of(f"{name}, first", page.run)
        timed.of(f"{name}, again", page.run)
        if page.exception:
            raise RuntimeError(page.exception[0].value)
    written = timed.of("report", lambda: formats.written(Subject.of(store, run), "html", ()))
    print(f"The report has {len(written) / 1e6:.1f} MB.")
    return timed


def main(words: Sequence[str] | None = None) -> None:
    """Make the store, or print how long it takes to read."""
    parser = argparse.ArgumentParser(prog="python -m heatcheck.tools.large_store")
    parser.add_argument("url")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--methods", type=int, default=25)
    parser.add_argument("--time", action="store_true", help="read it and print seconds")
    asked = parser.parse_args(words)
    store = Store(asked.url)
    if asked.time:
        os.environ["HEATCHECK_DATABASE_URL"] = asked.url
        (run, *_) = store.runs.all()
        reads = {**timings(store).seconds, **pages(store, run.id).seconds}
        print(f"{'':18} {'wall':>10} {'processor':>10}")
        for name, (wall, processor) in reads.items():
            print(f"{name:18} {wall:8.3f} s {processor:8.3f} s")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{'peak memory':18} {peak:8.2f} GB")
        return
    start = time.perf_counter()
    run = fill(store, question(asked.images, asked.methods))
    print(f"Run {run} in {time.perf_counter() - start:.0f} s: {store.database.shown}")


if __name__ == "__main__":
    main()
