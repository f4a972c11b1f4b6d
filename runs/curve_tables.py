"""A run's curves: all of them as a long table, and each method's mean curve."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from heatcheck.metrics import Curve
from heatcheck.runs.keys import keyed
from heatcheck.runs.packing import unpacked_values
from heatcheck.runs.records import Run
from heatcheck.runs.schema import curves_table
from heatcheck.runs.tables import metric_places, texts

CURVE_COLUMNS = ["image", "method", "metric", "fraction", "probability", "energy_gap"]
AT_ONCE = 1000  # rows that are fetched together


def curve_table(connection: sa.Connection, run: Run) -> pd.DataFrame:
    """All curves of a run, a row a point, with the columns `CURVE_COLUMNS`; by image, method and
    the metrics' order.
    """
    shown = [curves_table.c[name] for name in ("image", "method", "metric", "length", "numbers")]
    query = sa.select(*shown).where(curves_table.c.run == run.id)
    found = connection.execute(query).all()
    if not found:
        return pd.DataFrame(columns=CURVE_COLUMNS)
    images, methods, metrics, lengths, stored = zip(*found, strict=True)
    places = metric_places(connection, run.id)
    image_names, image_codes = _coded(images, sorted(set(images)))
    method_names, method_codes = _coded(methods, sorted(set(methods)))
    metric_names, metric_codes = _coded(
        metrics, sorted(set(metrics), key=lambda name: (places.get(name, (0, 0)), name))
    )
    order = np.lexsort((metric_codes, method_codes, image_codes))
    counts = np.array(lengths)
    starts = np.zeros(len(found), np.int64)
    starts[order] = np.concatenate([[0], np.cumsum(counts[order])[:-1]])
    points = np.full((3, counts.sum()), np.nan)
    for alike in _alike(lengths, stored).values():
        numbers = unpacked_values(b"".join(stored[row] for row in alike), lengths[alike[0]])
        rows = numbers.reshape(len(alike), -1, lengths[alike[0]])
        where = starts[alike][:, None] + np.arange(lengths[alike[0]])
        for column in range(rows.shape[1]):
            points[column][where] = rows[:, column]
    repeated = np.repeat(order, counts[order])
    fraction, probability, energy_gap = points
    return pd.DataFrame(
        {
            "image": texts(image_names, image_codes[repeated]),
            "method": texts(method_names, method_codes[repeated]),
            "metric": texts(metric_names, metric_codes[repeated]),
            "fraction": fraction,
            "probability": probability,
            "energy_gap": energy_gap,
        }
    )


def _coded(words: Sequence[str], names: Sequence[str]) -> tuple[Sequence[str], np.ndarray]:
    """The names, and the place of each word among them."""
    place = {name: number for number, name in enumerate(names)}
    return names, np.array([place[word] for word in words])


def _alike(lengths: Sequence[int], stored: Sequence[bytes]) -> Mapping[Any, list[int]]:
    """The rows of curves that have as many points, with or without energy gaps."""
    alike: dict[tuple[int, int], list[int]] = {}
    for row, (length, numbers) in enumerate(zip(lengths, stored, strict=True)):
        if length:
            alike.setdefault((length, len(numbers)), []).append(row)
    return alike


def mean_curves(connection: sa.Connection, run: Run, metric: str) -> dict[str, Curve]:
    """Each method's mean curve over samples, by the method's key in the run's order; of the images
    of a sample their mean curve counts.

    Adaptive curves have their own points: each is read on the lines between them, so the mean's
    area is the mean of the areas. One method at a time is in memory.
    """
    shown = [curves_table.c[name] for name in ("method", "image", "length", "numbers")]
    query = (
        sa.select(*shown)
        .where((curves_table.c.run == run.id) & (curves_table.c.metric == metric))
        .order_by(curves_table.c.method)
        .execution_options(yield_per=AT_ONCE)
    )
    rows = connection.execute(query)
    means = {
        method: _mean([(image, length, numbers) for _, image, length, numbers in same], run)
        for method, same in itertools.groupby(rows, lambda row: row.method)
    }
    return {method: means[method] for method in keyed(run.spec.methods) if method in means}


def _mean(curves: Sequence[tuple[str, int, bytes]], run: Run) -> Curve:
    """The mean curve of one method's images."""
    sample_of = run.spec.samples
    images = Counter(sample_of[image] for image, _, _ in curves)
    weights = [1 / (len(images) * images[sample_of[image]]) for image, _, _ in curves]
    each = [unpacked_values(numbers, length) for _, length, numbers in curves]
    fractions = np.unique(np.concatenate([rows[0] for rows in each]))
    heights = np.zeros((min(len(rows) for rows in each) - 1, len(fractions)))
    for weight, rows in zip(weights, each, strict=True):
        for height, known in zip(heights, rows[1:], strict=False):
            height += weight * np.interp(fractions, rows[0], known)
    return Curve(tuple(fractions.tolist()), *(tuple(height.tolist()) for height in heights))
