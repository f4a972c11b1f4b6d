"""How long a run will take: what it asks of the model, times what that costs on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from heatcheck.attribution import Method
from heatcheck.metrics import OTHER_IMAGES, Metric
from heatcheck.metrics.conventions import CONVENTIONS
from heatcheck.metrics.curves import CurveMetric
from heatcheck.metrics.orders import STEPS
from heatcheck.metrics.other_classes import ClassGain, SecondClassGain
from heatcheck.metrics.other_models import ModelGain, NetworkGain
from heatcheck.metrics.reference_maps import MODELS
from heatcheck.metrics.walks import ADAPTIVE, ALL, DRAWN
from heatcheck.runs.keys import name_of
from heatcheck.runs.specs import RunSpec

BATCHED = 0.6  # what a picture costs in a batch of a curve, of what one alone costs
ADAPTED = 35.0  # points of an adaptive curve, on average
FORWARD = "runtime.forward_pass"  # the score that says how long one pass takes
START = 8.0  # seconds until a worker has its model
PIXELS = 224 * 224  # of the input that other tools' grids are counted for

# how many maps by the same method a metric makes that no other one shares, by its parameters
OWN_MAPS: Mapping[str, Callable[[Mapping[str, Any]], int]] = {
    "grid_pointing": lambda params: 4,
    "max_sensitivity": lambda params: params["samples"],
    "randomisation": lambda params: params["stages"],
    "saturation": lambda params: params["steps"] - 1,
    "seed_noise": lambda params: params["repeats"],
}
# how many pictures a metric that walks no curve of ours sends forward
PICTURES: Mapping[str, Callable[[Mapping[str, Any]], int]] = {
    "average_drop": lambda params: 2,
    "background_swap": lambda params: 3,
    "conventions": lambda params: sum(
        len(tool.grid(PIXELS)) * (2 if tool.insertion else 1) for tool in CONVENTIONS.values()
    ),
    "infidelity": lambda params: params["samples"],
    "road": lambda params: 2 * params["steps"],
    "saturation": lambda params: 3,
}


@dataclass(frozen=True)
class Pace:
    """How fast a machine is with a classifier."""

    picture: float  # seconds of one picture in a batch of a curve
    maps: Mapping[str, float]  # seconds of a map, by the method's digest or else its name
    beside: float = 0.0  # seconds of a visit to a map that are neither maps nor pictures
    start: float = START

    def of_map(self, method: Method) -> float:
        """Seconds of one map; of a method that was not timed as many as of the dearest one."""
        known = self.maps.get(method.digest, self.maps.get(method.name))
        return max(self.maps.values(), default=0.0) if known is None else known


@dataclass(frozen=True)
class Work:
    """What a visit to a map asks of the model: maps by its method, and pictures forward beside."""

    maps: int
    pictures: float


def first_visit(spec: RunSpec, method: Method) -> Work:
    """What a map and the scores that need no other image ask for."""
    return Work(_maps(spec.alone, method), _pictures(spec.alone, method, len(spec.images)))


def second_visit(spec: RunSpec, method: Method) -> Work:
    """What the comparisons with maps of other images ask for beyond that."""
    images = len(spec.images)
    before = _pictures(spec.alone, method, images)
    return Work(_maps(spec.compared, method) - 1, _pictures(spec.metrics, method, images) - before)


def seconds_at(
    spec: RunSpec,
    pace: Pace,
    left: Mapping[Method, tuple[int, int]] | None = None,
    workers: int = 1,
) -> float:
    """Seconds that a run takes at a pace; `left` is how many first and second visits of each method
    are still to be made, all where it is left out. Workers share the visits.
    """
    count = len(spec.images)
    whole = dict.fromkeys(spec.methods, (count, count if spec.compared else 0))
    seconds = 0.0
    for method, visits in (whole if left is None else left).items():
        works = (first_visit(spec, method), second_visit(spec, method))
        for times, work in zip(visits, works, strict=True):
            asked = work.maps * pace.of_map(method) + work.pictures * pace.picture
            seconds += times * (asked + pace.beside)
    return pace.start + seconds / workers


def seconds_for(spec: RunSpec, table: pd.DataFrame) -> float | None:
    """Seconds that `spec` will take on this machine, from the table of a run on it; None where that
    run says too little.
    """
    pace = pace_of(table)
    return None if pace is None else seconds_at(spec, pace)


def pace_of(table: pd.DataFrame) -> Pace | None:
    """How fast a run was, from its table; None where that says too little."""
    forward = table.loc[table["metric"] == FORWARD, "value"].median() / 1000
    maps = table.groupby("method")["seconds"].mean()
    if maps.empty or not forward > 0:
        return None
    by_name = {name_of(str(key)): float(value) for key, value in maps.items()}
    return Pace(forward * BATCHED, by_name)


def _maps(metrics: Sequence[Metric], method: Method) -> int:
    """How many maps of a method a visit makes: its own, those that it is held against, and what
    time asks for beyond them.
    """
    fitting = [metric for metric in metrics if not metric.why_not(method)]
    names = {metric.name for metric in fitting}
    classes = {metric.reference for metric in fitting if isinstance(metric, ClassGain)}
    classes |= {SecondClassGain.reference} if "target_sensitivity" in names else set()
    again = 1 + len(classes) + ("repeatability" in names)
    repeats = [metric.params["repeats"] for metric in fitting if metric.name == "runtime"]
    drawn = MODELS if any(isinstance(metric, ModelGain) for metric in fitting) else 0
    networks = any(isinstance(metric, NetworkGain) for metric in fitting)
    own = sum(OWN_MAPS[name](_params(fitting, name)) for name in names & OWN_MAPS.keys())
    return max(again, *repeats, 0) + drawn + networks + own


def _params(metrics: Sequence[Metric], name: str) -> Mapping[str, Any]:
    return next(metric.params for metric in metrics if metric.name == name)


def _pictures(metrics: Sequence[Metric], method: Method, images: int) -> float:
    """The pictures of a map's curves: as many as its own two on each substrate, and those that
    other metrics hold them against; and what metrics without a curve send forward.
    """
    curves: dict[str, float] = {}
    plain = 0
    for metric in metrics:
        if metric.why_not(method):
            continue
        if isinstance(metric, CurveMetric):
            points = points_of(metric.points)
            others = images - 1 if OTHER_IMAGES in metric.needs else metric.held_against
            held_against = min(metric.held_against, others)
            for order in ("own", *map(str, range(held_against))):
                for substrate in metric.substrates:
                    what = metric.direction.better if order == "own" else metric.name
                    walk = f"{what} {order} {substrate}"
                    curves[walk] = max(curves.get(walk, 0.0), points)
        elif metric.name in PICTURES:
            plain += PICTURES[metric.name](metric.params)
    return sum(curves.values()) + plain


def points_of(points: int | str) -> float:
    """How many points of a curve are evaluated, on average."""
    if isinstance(points, int):
        return float(points)
    return {ADAPTIVE: ADAPTED, ALL: STEPS + 1.0}.get(points) or float(DRAWN[points])
