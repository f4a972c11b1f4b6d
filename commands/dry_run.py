"""What a run would be, without making it: how much, how long, how large."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import TYPE_CHECKING

from heatcheck.commands.tables import aligned
from heatcheck.core.errors import BadImage, RunProblem

if TYPE_CHECKING:
    from heatcheck.attribution import Method
    from heatcheck.runs.calibration import Calibration, MapCost
    from heatcheck.runs.cells import Subject
    from heatcheck.runs.specs import RunSpec
    from heatcheck.runs.store import Store


def print_estimate(
    spec: RunSpec, store: Store, pool: Executor, workers: int = 1, *, fresh: bool = False
) -> None:
    """Print it. The passes and seconds are measured in one of the pool's processes, on the run's
    first picture. What is there already is forgotten where the run is to begin afresh.
    """
    from heatcheck.runs.calibration import calibrate

    there = _There() if fresh else _there(spec, store)
    measured = pool.submit(calibrate, spec, _first(spec, pool), workers).result()
    print("\n".join(("", *_counts(spec, there), "", *_methods(spec, measured), "")))
    print(_time(spec, measured, there, workers))
    print(_disk(spec, measured))
    for method, cost in zip(spec.methods, measured.maps, strict=True):
        if cost.error:
            print(f"{method.title} fails on this network: {cost.error}")
    print("nothing was run; leave out --dry-run to run it")


class _There:
    """What the store has of a run: its maps, second visits and experiments, by method key."""

    def __init__(self) -> None:
        self.maps: list[str] = []
        self.compared: list[str] = []
        self.tried: list[str] = []


def _there(spec: RunSpec, store: Store) -> _There:
    found = _There()
    if any(known.id == spec.id for known in store.runs.all()):
        found.maps = [method for _, method in store.results.done_cells(spec.id)]
        found.compared = [method for _, method in store.results.compared_cells(spec.id)]
        found.tried = sorted(set(store.results.findings(spec.id)["method"]))
    return found


def _first(spec: RunSpec, pool: Executor) -> Subject:
    """The first picture of a run that can be read. Raises RunProblem where none can."""
    from dataclasses import replace

    from heatcheck.inputs import image_sets
    from heatcheck.runs import worker
    from heatcheck.runs.subjects import Subjects

    frame = replace(pool.submit(worker.frame_of, spec.classifier).result(), fit=spec.fit)
    subjects = Subjects(spec, image_sets.read(spec.source).by_name, frame)
    for image in spec.images:
        try:
            return subjects.of(image)
        except BadImage as error:
            last = error
    raise RunProblem(f"Expected a picture that can be read. There is none: {last}")


def _counts(spec: RunSpec, there: _There) -> list[str]:
    maps = len(spec.images) * len(spec.methods)
    rows = [("maps", maps, len(there.maps))]
    if spec.compared:
        rows.append(("second visits", maps, len(there.compared)))
    rows.append(("experiments", len(spec.methods), len(there.tried)))
    return aligned(
        ("", "in all", "there already"),
        [(name, f"{count:,}", f"{done:,}") for name, count, done in rows],
    )


def _methods(spec: RunSpec, measured: Calibration) -> list[str]:
    """A line a method: what of the network a whole run asks for it."""
    rows = [
        _of_method(spec, method, cost, measured)
        for method, cost in zip(spec.methods, measured.maps, strict=True)
    ]
    return aligned(("method", "one map", "forward passes", "backward", "in all"), rows)


def _of_method(
    spec: RunSpec, method: Method, cost: MapCost, measured: Calibration
) -> tuple[str, ...]:
    from heatcheck.runs.durations import first_visit, second_visit, seconds_at
    from heatcheck.runs.progress import said_seconds

    title = spec.keys[method]
    if cost.error:
        return title, "fails", "", "", ""
    count = len(spec.images)
    works = (first_visit(spec, method), second_visit(spec, method))
    maps = count * sum(work.maps for work in works)
    pictures = count * sum(work.pictures for work in works)
    pace = measured.pace(spec.methods)
    alone = {method: (count, count if spec.compared else 0)}
    seconds = seconds_at(spec, pace, alone) - pace.start
    return (
        title,
        f"{1000 * cost.seconds:,.0f} ms",
        f"{maps * cost.passes.forward + pictures:,.0f}",
        f"{maps * cost.passes.backward:,}",
        said_seconds(seconds),
    )


def _time(spec: RunSpec, measured: Calibration, there: _There, workers: int) -> str:
    from heatcheck.drawing.labels import plural
    from heatcheck.runs.durations import seconds_at
    from heatcheck.runs.progress import said_seconds

    count = len(spec.images)
    left = {
        method: (
            count - there.maps.count(key),
            count - there.compared.count(key) if spec.compared else 0,
        )
        for (method, key), cost in zip(spec.keys.items(), measured.maps, strict=True)
        if not cost.error
    }
    pace = measured.pace(spec.methods)
    long = said_seconds(seconds_at(spec, pace, left, measured.at_once))
    still = "still " if there.maps else ""
    most = "at most " if spec.until else ""
    both = (
        f", forward and backward {1000 * measured.backward:.1f} ms"
        if measured.backward is not None
        else ""
    )
    return (
        f"time: {still}{most}about {long} with {plural(workers, 'worker')}. Timed here in "
        f"{said_seconds(measured.seconds)} on {measured.device}, "
        f"{plural(measured.threads, 'thread')} a worker: a picture forward takes "
        f"{1000 * measured.forward:.1f} ms{both}. Right within a factor of three on a quiet "
        "machine; experiments are not counted."
    )


def _disk(spec: RunSpec, measured: Calibration) -> str:
    from heatcheck.runs.disk import sizes_of

    sizes = sizes_of(spec, measured)
    parts = ", ".join(
        f"{name} {said_bytes(getattr(sizes, name))}"
        for name in ("maps", "scores", "curves", "pictures")
    )
    return f"disk: about {said_bytes(sizes.whole)} in the store: {parts}."


def said_bytes(count: float) -> str:
    """A size for people."""
    from heatcheck.core.numbers import rounded

    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{rounded(count)} {unit}"
        count /= 1000
    return f"{rounded(count)} GB"
