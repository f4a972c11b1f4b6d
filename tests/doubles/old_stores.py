"""Stores of older versions: made, filled and read by plain SQL, as the code of then did."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from heatcheck.attribution.outputs import Output
from heatcheck.metrics import METRICS
from heatcheck.runs.keys import keyed
from heatcheck.runs.migrations import upgrade
from heatcheck.runs.specs import RunSpec

AT = "2026-11-26T00:00:00+00:00"


def make(url: str, version: str) -> sa.Engine:
    """An empty store with the tables of a version."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        upgrade(connection, version)
    return engine


def insert(connection: sa.Connection, table: str, **row: Any) -> None:
    """Write a row."""
    names = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


def fill(connection: sa.Connection, spec: RunSpec, seed: int = 0) -> None:
    """A run as version 0005 left it: values at random, some failed, some none, some with curves of
    their own points; the last cell has not been compared, the last image is not there yet.
    """
    random = np.random.default_rng(seed)
    texts = {"progress": "", "problem": "", "provenance": json.dumps({"device": "cpu"})}
    stored = json.dumps(spec.as_json())
    insert(connection, "runs", id=spec.id, spec=stored, status="failed", asked_at=AT, **texts)
    done = failures = 0
    for image in spec.images[:-1]:
        seen = {"label": 3, "label_name": "x", "target": 5, "target_name": "y", "probability": 0.5}
        key = {"run": spec.id, "image": image.name}
        insert(connection, "images", **key, digest=image.digest, picture=random.bytes(50), **seen)
        for method in spec.keyed:
            cell = {**key, "method": method}
            heat = random.random((4, 4)).astype("<f4")
            counts = {"seconds": float(random.random()), "forward_passes": 7, "backward_passes": 2}
            packed = {"map": zlib.compress(heat.tobytes()), "side": 4}
            insert(connection, "cells", **cell, **counts, **packed, error="")
            compared = (image, method) != (spec.images[-2], list(spec.keyed)[-1])
            if compared:
                insert(connection, "comparisons", **cell)
            done += 1 + compared
            for metric in spec.alone + (spec.compared if compared else ()):
                failures += _score(connection, cell, metric.name, random)
    counted = {"done": done, "failures": failures, "run": spec.id}
    connection.execute(
        sa.text("UPDATE runs SET done = :done, failures = :failures WHERE id = :run"), counted
    )


def _score(
    connection: sa.Connection, cell: Mapping[str, str], name: str, random: np.random.Generator
) -> bool:
    """The rows of one score; whether it failed."""
    metric, place = METRICS[name], 100 * METRICS.readable.index(name)
    failed = random.random() < 0.1
    rows = [(name, metric.unit, metric.better)]
    if not failed:
        sides = [side for side in metric.sides if random.random() < 0.8]
        rows += [(f"{name}.{side}", metric.sides[side].unit, "") for side in sides]
    for number, (called, unit, better) in enumerate(rows):
        value = None if failed or random.random() < 0.05 else float(np.exp(random.normal(0, 9)))
        curve = None
        if not failed and random.random() < 0.4:
            points = int(random.integers(2, 6))
            heights = [random.random(points).tolist() for _ in range(2)]
            gaps = heights[1] if random.random() < 0.7 else []
            curve = json.dumps([sorted(random.random(points).tolist()), heights[0], gaps])
        row = {"metric": called, "place": place + number, "unit": unit, "better": better}
        error = f"reason {random.integers(3)}" if failed else ""
        insert(connection, "scores", **cell, **row, value=value, curve=curve, error=error)
    return failed


def tidy_table(connection: sa.Connection, spec: RunSpec) -> pd.DataFrame:
    """The tidy table as the version of 0005 made it."""
    query = """
        SELECT scores.*, images.label, images.target, images.probability,
               cells.seconds, cells.forward_passes, cells.backward_passes
        FROM scores
        JOIN images ON images.run = scores.run AND images.image = scores.image
        JOIN cells ON cells.run = scores.run AND cells.image = scores.image
            AND cells.method = scores.method
        WHERE scores.run = :run
    """
    rows = connection.execute(sa.text(query), {"run": spec.id}).mappings()
    table = pd.DataFrame([dict(row) for row in rows])
    methods = keyed(spec.methods)
    names, keys = [image.name for image in spec.images], list(methods)
    table["image_place"] = table["image"].map(names.index)
    table["method_place"] = table["method"].map(keys.index)
    order = ["image_place", "method_place", "place"]
    table = table.sort_values(order, kind="stable", ignore_index=True)
    settings = {metric.name: json.dumps(metric.params) for metric in spec.metrics}
    table["sample"] = table["image"].map(spec.samples)
    table["classifier"] = spec.classifier
    table["method_params"] = table["method"].map(
        {key: json.dumps(method.params) for key, method in methods.items()}
    )
    table["metric_params"] = table["metric"].str.split(".").str[0].map(settings)
    table["seed"] = spec.seed
    table["device"] = "cpu"
    table["value"] = table["value"].astype("float64")
    table["unit"] = table["unit"].replace(Output.SOFTMAX.unit, Output.of_words("").unit)
    table[["label", "target"]] = table[["label", "target"]].astype("Int64")
    return table


def curve_table(connection: sa.Connection, run: str) -> pd.DataFrame:
    """The curves as the version of 0005 read them, by image, method and place."""
    query = sa.text("SELECT * FROM scores WHERE run = :run AND curve IS NOT NULL")
    rows = connection.execute(query, {"run": run}).all()
    parts = []
    for row in sorted(rows, key=lambda row: (row.image, row.method, row.place)):
        fractions, probabilities, gaps = json.loads(row.curve)
        points = {
            "fraction": fractions,
            "probability": probabilities,
            "energy_gap": gaps or [float("nan")] * len(fractions),
        }
        about = {"image": row.image, "method": row.method, "metric": row.metric}
        parts.append(pd.DataFrame({**about, **points}))
    return pd.concat(parts, ignore_index=True)
