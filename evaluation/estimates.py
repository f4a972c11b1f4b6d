"""How long a run will take, from what a run before it took."""

from __future__ import annotations

import pandas as pd

from evaluation.leaderboard import name_of
from evaluation.runs import RunSpec

BATCHED = 0.6  # what a picture costs in a batch of a curve, of what one alone costs
START = 8.0  # seconds until a worker has its model


def seconds_for(spec: RunSpec, table: pd.DataFrame) -> float | None:
    """Seconds that `spec` will take on this machine, from the table of a run on it; None where that run says too little.

    A cell is its map, made again where runtime is measured, and a forward pass for every point of every curve; curves that two metrics
    share are walked once. A method that the table does not hold is taken to cost as much as the dearest that it holds.
    """
    forward = table.loc[table["metric"] == "runtime.forward_pass", "value"].median() / 1000
    maps = table.groupby("method")["seconds"].mean()
    if maps.empty or not forward > 0:
        return None
    repeats = max((metric.params["repeats"] for metric in spec.metrics if metric.name == "runtime"), default=1)
    by_name = {name_of(str(key)): float(value) for key, value in maps.items()}
    made = sum(by_name.get(method.name, max(by_name.values())) * repeats for method in spec.methods)
    curves: dict[str, int] = {}
    for metric in spec.metrics:
        if "points" in metric.params:
            for walked in {metric.name, metric.name.removesuffix("_placement")}:
                curves[walked] = max(curves.get(walked, 0), metric.params["points"])
    walked_points = sum(curves.values()) * len(spec.methods) * forward * BATCHED
    return START + len(spec.images) * (made + walked_points)
