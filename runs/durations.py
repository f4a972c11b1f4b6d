"""How long a run will take, from what a run before it took."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from heatcheck.attribution import Method
from heatcheck.metrics import Metric
from heatcheck.metrics.curves import CurveMetric
from heatcheck.metrics.orders import STEPS
from heatcheck.metrics.other_classes import ClassGain
from heatcheck.metrics.other_models import ModelGain
from heatcheck.metrics.reference_maps import MODELS
from heatcheck.metrics.walks import ADAPTIVE, ALL, DRAWN
from heatcheck.runs.keys import name_of
from heatcheck.runs.specs import RunSpec

BATCHED = 0.6  # what a picture costs in a batch of a curve, of what one alone costs
ADAPTED = 35.0  # points of an adaptive curve, on average
FORWARD = "runtime.forward_pass"  # the score that says how long one pass takes
START = 8.0  # seconds until a worker has its model


def seconds_for(spec: RunSpec, table: pd.DataFrame) -> float | None:
    """Seconds that `spec` will take on this machine, from the table of a run on it; None where that
    run says too little.

    A cell is its map, those that it is held against, and a forward pass for every point of every
    curve. The map's own curves are deletion's and insertion's; other metrics walk those that they
    compare them with. A method that the table does not hold is taken to cost as much as the
    dearest that it holds.
    """
    forward = table.loc[table["metric"] == FORWARD, "value"].median() / 1000
    maps = table.groupby("method")["seconds"].mean()
    if maps.empty or not forward > 0:
        return None
    by_name = {name_of(str(key)): float(value) for key, value in maps.items()}
    made = sum(
        by_name.get(method.name, max(by_name.values())) * _maps(spec.metrics, method)
        for method in spec.methods
    )
    walked_points = _walked(spec.metrics) * len(spec.methods) * forward * BATCHED
    return START + len(spec.images) * (made + walked_points)


def _maps(metrics: Sequence[Metric], method: Method) -> int:
    """How many maps of a method a cell makes: its own, those that it is held against, and what time
    asks for beyond them.
    """
    fitting = [metric for metric in metrics if not metric.why_not(method)]
    classes = {metric.reference for metric in fitting if isinstance(metric, ClassGain)}
    again = 1 + len(classes) + sum(metric.name == "repeatability" for metric in fitting)
    repeats = [metric.params["repeats"] for metric in fitting if metric.name == "runtime"]
    drawn = MODELS if any(isinstance(metric, ModelGain) for metric in fitting) else 0
    return max(again, *repeats, 0) + drawn


def _walked(metrics: Sequence[Metric]) -> float:
    """The pictures of a cell's curves: as many as its own two on each substrate, and those that
    other metrics hold them against.
    """
    curves: dict[str, float] = {}
    for metric in metrics:
        if isinstance(metric, CurveMetric):
            points = _points(metric.points)
            for order in ("own", *map(str, range(metric.held_against))):
                for substrate in metric.substrates:
                    what = metric.direction.better if order == "own" else metric.name
                    walk = f"{what} {order} {substrate}"
                    curves[walk] = max(curves.get(walk, 0.0), points)
    return sum(curves.values())


def _points(points: int | str) -> float:
    if isinstance(points, int):
        return float(points)
    return {ADAPTIVE: ADAPTED, ALL: STEPS + 1.0}.get(points) or float(DRAWN[points])
