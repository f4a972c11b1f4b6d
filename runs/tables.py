"""A run's results as tables: the tidy table that everything shown is a view of, and the curves."""

from __future__ import annotations

import json

import pandas as pd
import sqlalchemy as sa

from heatcheck.attribution.outputs import Output
from heatcheck.runs.keys import keyed
from heatcheck.runs.records import Run
from heatcheck.runs.schema import cells_table, images_table, scores_table
from heatcheck.runs.score_rows import curve_of

COLUMNS = [
    "run",
    "image",
    "sample",
    "label",
    "target",
    "probability",
    "classifier",
    "method",
    "method_params",
    "metric",
    "metric_params",
    "value",
    "unit",
    "better",
    "seed",
    "seconds",
    "forward_passes",
    "backward_passes",
    "device",
    "error",
]
CURVE_COLUMNS = ["image", "method", "metric", "fraction", "probability", "energy_gap"]


def tidy_table(connection: sa.Connection, run: Run) -> pd.DataFrame:
    """A row an image x method x metric, in the run's order, with the columns `COLUMNS`."""
    query = (
        sa.select(
            scores_table,
            images_table.c.label,
            images_table.c.target,
            images_table.c.probability,
            cells_table.c.seconds,
            cells_table.c.forward_passes,
            cells_table.c.backward_passes,
        )
        .join(
            images_table,
            (images_table.c.run == scores_table.c.run)
            & (images_table.c.image == scores_table.c.image),
        )
        .join(
            cells_table,
            (cells_table.c.run == scores_table.c.run)
            & (cells_table.c.image == scores_table.c.image)
            & (cells_table.c.method == scores_table.c.method),
        )
        .where(scores_table.c.run == run.id)
    )
    table = pd.DataFrame([dict(row) for row in connection.execute(query).mappings()])
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    spec, methods = run.spec, keyed(run.spec.methods)
    places = {image.name: place for place, image in enumerate(spec.images)}
    method_places = {key: place for place, key in enumerate(methods)}
    params = {key: json.dumps(method.params) for key, method in methods.items()}
    metric_params = {metric.name: json.dumps(metric.params) for metric in spec.metrics}
    table["image_place"] = table["image"].map(places)
    table["method_place"] = table["method"].map(method_places)
    order = ["image_place", "method_place", "place"]
    table = table.sort_values(order, kind="stable", ignore_index=True)
    table["sample"] = table["image"].map(spec.samples)
    table["classifier"] = spec.classifier
    table["method_params"] = table["method"].map(params)
    table["metric_params"] = table["metric"].str.split(".").str[0].map(metric_params)
    table["seed"] = spec.seed
    table["device"] = run.provenance.get("device", "")
    table["value"] = table["value"].astype("float64")
    table["unit"] = table["unit"].replace(Output.SOFTMAX.unit, run.output.unit)
    table[["label", "target"]] = table[["label", "target"]].astype("Int64")
    return table[COLUMNS]


def curve_table(connection: sa.Connection, run: Run) -> pd.DataFrame:
    """All curves of a run, a row a point, with the columns `CURVE_COLUMNS`."""
    columns = [scores_table.c[name] for name in ("image", "method", "metric", "curve")]
    query = (
        sa.select(*columns)
        .where((scores_table.c.run == run.id) & scores_table.c.curve.is_not(None))
        .order_by(scores_table.c.image, scores_table.c.method, scores_table.c.place)
    )
    parts = []
    for image, method, metric, stored in connection.execute(query):
        curve = curve_of(stored)
        points = {
            "fraction": curve.fractions,
            "probability": curve.probabilities,
            "energy_gap": curve.energy_gaps or [float("nan")] * len(curve.fractions),
        }
        parts.append(pd.DataFrame({"image": image, "method": method, "metric": metric, **points}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CURVE_COLUMNS)
