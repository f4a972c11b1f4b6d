"""A run's scores, read from their packed rows: the tidy table that everything shown is a view of,
and one array of all values.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from heatcheck.attribution.outputs import Output
from heatcheck.runs.keys import keyed
from heatcheck.runs.packing import Column, columns_of, unpacked_values
from heatcheck.runs.records import Run
from heatcheck.runs.schema import (
    cells_table,
    failures_table,
    images_table,
    layouts_table,
    scores_table,
)

AT_ONCE = 5000  # rows that are fetched together
NUMBER = struct.Struct("<d")
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
    "machine",
]


@dataclass(frozen=True, eq=False)
class Block:
    """Steps whose numbers are of the same columns."""

    columns: tuple[Column, ...]
    images: np.ndarray  # [steps] places in the run's order
    methods: np.ndarray  # [steps]
    cells: np.ndarray  # [steps] places in `Rows.cells`
    values: np.ndarray  # [steps, columns] float64


@dataclass(frozen=True, eq=False)
class Rows:
    """What a run has measured, as it is stored."""

    images: tuple[str, ...]  # of the spec
    methods: tuple[str, ...]  # keys of the spec
    seen: Mapping[int, Any]  # label, target, probability by the image's place
    cells: Sequence[Any]  # seconds, forward_passes, backward_passes, machine
    blocks: tuple[Block, ...]
    failures: Mapping[tuple[int, int, str], str]  # by image's place, method's place and metric


def stored_rows(connection: sa.Connection, run: Run) -> Rows:
    """All rows of a run's scores. Those whose image or cell is missing are left out."""
    images = tuple(image.name for image in run.spec.images)
    methods = tuple(keyed(run.spec.methods))
    image_places = {name: place for place, name in enumerate(images)}
    method_places = {key: place for place, key in enumerate(methods)}

    def rows(table: sa.Table, *columns: str) -> Iterator[Any]:
        shown = [table.c[column] for column in columns]
        found = connection.execute(sa.select(*shown).where(table.c.run == run.id))
        for some in found.partitions(AT_ONCE):
            yield from some

    seen = {
        image_places[image]: facts
        for image, *facts in rows(images_table, "image", "label", "target", "probability")
        if image in image_places
    }
    counted = ("seconds", "forward_passes", "backward_passes", "machine")
    cells: list[Any] = []
    cell_places: dict[tuple[str, str], int] = {}
    for image, method, *facts in rows(cells_table, "image", "method", *counted):
        cell_places[image, method] = len(cells)
        cells.append(facts)
    steps: dict[str, list[tuple[int, int, int, bytes]]] = {}
    for image, method, layout, numbers in rows(
        scores_table, "image", "method", "layout", "numbers"
    ):
        place, cell = image_places.get(image), cell_places.get((image, method))
        if place in seen and cell is not None and method in method_places:
            steps.setdefault(layout, []).append((place, method_places[method], cell, numbers))
    failures = {
        (image_places[image], method_places[method], metric): error
        for image, method, metric, error in rows(
            failures_table, "image", "method", "metric", "error"
        )
        if image in image_places and method in method_places
    }
    layouts = _layouts(connection, steps)
    blocks = tuple(_block(layouts[layout], found) for layout, found in steps.items())
    whole = tuple(block for block in blocks if block.columns)
    return Rows(images, methods, seen, cells, whole, failures)


def _layouts(connection: sa.Connection, wanted: Mapping[str, Any]) -> dict[str, tuple[Column, ...]]:
    names, layouts = list(wanted), {}
    for start in range(0, len(names), 500):
        query = sa.select(layouts_table).where(layouts_table.c.id.in_(names[start : start + 500]))
        layouts.update({row.id: columns_of(row.text) for row in connection.execute(query)})
    return layouts


def _block(columns: tuple[Column, ...], steps: Sequence[tuple[int, int, int, bytes]]) -> Block:
    images, methods, cells, numbers = zip(*steps, strict=True)
    values = unpacked_values(b"".join(numbers), max(len(columns), 1))
    return Block(columns, np.array(images), np.array(methods), np.array(cells), values)


def tidy_table(
    connection: sa.Connection, run: Run, wanted: Sequence[str] | None = None
) -> pd.DataFrame:
    """A row an image x method x metric, in the run's order, with the columns `COLUMNS`. Those
    `wanted` alone come with their texts as categories, which takes a fraction of the memory.
    """
    rows = stored_rows(connection, run)
    if not rows.blocks:
        return pd.DataFrame(columns=list(wanted or COLUMNS))
    columns = sorted({column for block in rows.blocks for column in block.columns})
    known = {column: number for number, column in enumerate(columns)}

    def laid(of: Callable[[Block], np.ndarray]) -> np.ndarray:
        return np.concatenate([np.repeat(of(block), len(block.columns)) for block in rows.blocks])

    images, methods, cells = (
        laid(of) for of in (lambda b: b.images, lambda b: b.methods, lambda b: b.cells)
    )
    kinds = np.concatenate(
        [
            np.tile([known[column] for column in block.columns], len(block.images))
            for block in rows.blocks
        ]
    )
    values = np.concatenate([block.values.ravel() for block in rows.blocks])
    order = np.lexsort((np.array([column.place for column in columns])[kinds], methods, images))
    images, methods, cells, kinds = (one[order] for one in (images, methods, cells, kinds))
    return _laid_out(run, rows, columns, images, methods, cells, kinds, values[order], wanted)


def _laid_out(
    run: Run,
    rows: Rows,
    columns: Sequence[Column],
    images: np.ndarray,
    methods: np.ndarray,
    cells: np.ndarray,
    kinds: np.ndarray,
    values: np.ndarray,
    wanted: Sequence[str] | None,
) -> pd.DataFrame:
    """The tidy table from each row's places."""
    column = texts if wanted is None else categories
    spec = run.spec
    params = [json.dumps(method.params) for method in keyed(spec.methods).values()]
    settings = {metric.name: json.dumps(metric.params) for metric in spec.metrics}
    labels, targets, probabilities = zip(
        *(rows.seen.get(place, (None,) * 3) for place in range(len(rows.images))), strict=True
    )
    seconds, forward, backward, machines = zip(*rows.cells, strict=True)
    names = [column.name for column in columns]
    units = [_unit(column.unit, run) for column in columns]
    facts: dict[str, Callable[[], Any]] = {
        "run": lambda: run.id,
        "image": lambda: column(rows.images, images),
        "sample": lambda: column([spec.samples[image] for image in rows.images], images),
        "label": lambda: pd.array(labels, dtype="Int64").take(images),
        "target": lambda: pd.array(targets, dtype="Int64").take(images),
        "probability": lambda: np.array(probabilities, "float64")[images],
        "classifier": lambda: spec.classifier,
        "method": lambda: column(rows.methods, methods),
        "method_params": lambda: column(params, methods),
        "metric": lambda: column(names, kinds),
        "metric_params": lambda: column([settings.get(metric_of(name)) for name in names], kinds),
        "value": lambda: values,
        "unit": lambda: column(units, kinds),
        "better": lambda: column([one.better for one in columns], kinds),
        "seed": lambda: spec.seed,
        "seconds": lambda: np.array(seconds, "float64")[cells],
        "forward_passes": lambda: np.array(forward)[cells],
        "backward_passes": lambda: np.array(backward)[cells],
        "device": lambda: run.provenance.get("device", ""),
        "error": lambda: column(*_errors(rows, names, images, methods, kinds)),
        "machine": lambda: column([machine or "" for machine in machines], cells),
    }
    chosen = list(wanted or COLUMNS)
    return pd.DataFrame({name: facts[name]() for name in chosen}, columns=chosen, copy=False)


def metric_of(name: str) -> str:
    """The metric that a side value stands beside; a metric itself."""
    return name.split(".")[0]


def texts(words: Sequence[str | None], places: np.ndarray) -> Any:
    """A column of texts from their places, without work a row in Python."""
    return pd.array(list(words), dtype="str").take(places)


def categories(words: Sequence[str | None], places: np.ndarray) -> pd.Categorical:
    """The same as numbers of the different texts."""
    different = {
        word: place
        for place, word in enumerate(dict.fromkeys(word for word in words if word is not None))
    }
    codes = np.array([-1 if word is None else different[word] for word in words])
    return pd.Categorical.from_codes(codes[places], pd.Index(list(different), dtype="str"))


def _unit(unit: str, run: Run) -> str:
    return run.output.unit if unit == Output.SOFTMAX.unit else unit


def _errors(
    rows: Rows, names: Sequence[str], images: np.ndarray, methods: np.ndarray, kinds: np.ndarray
) -> tuple[list[str], np.ndarray]:
    """Why rows have no value, "" for one that has, and which of these is each row's."""
    reasons = ["", *dict.fromkeys(rows.failures.values())]
    number = {reason: place for place, reason in enumerate(reasons)}
    shape = (len(rows.images), len(rows.methods), len(names))
    places = np.zeros(len(images), np.int64)
    if rows.failures:
        keys = np.ravel_multi_index((images, methods, kinds), shape)
        order = np.argsort(keys, kind="stable")
        kinds_of: dict[str, list[int]] = {}
        for kind, name in enumerate(names):
            kinds_of.setdefault(name, []).append(kind)
        wanted = [
            (np.ravel_multi_index((image, method, kind), shape), number[reason])
            for (image, method, metric), reason in rows.failures.items()
            for kind in kinds_of.get(metric, ())
        ]
        keyed_places, told = np.array(wanted, np.int64).reshape(-1, 2).T
        found = np.searchsorted(keys, keyed_places, sorter=order)
        found = order[np.minimum(found, len(keys) - 1)]
        hit = keys[found] == keyed_places
        places[found[hit]] = told[hit]
    return reasons, places


def metric_places(connection: sa.Connection, run: str) -> dict[str, tuple[int, int]]:
    """What metrics and side values of a run are ordered by."""
    query = sa.select(scores_table.c.layout).where(scores_table.c.run == run).distinct()
    layouts = _layouts(connection, dict.fromkeys(connection.scalars(query)))
    return _places([column for columns in layouts.values() for column in columns])


def _places(columns: Sequence[Column]) -> dict[str, tuple[int, int]]:
    """Of each name the last and the first place that it has in any cell: where a cell lacks a side
    value, those after it move up.
    """
    places: dict[str, tuple[int, int]] = {}
    for column in columns:
        last, first = places.get(column.name, (column.place, column.place))
        places[column.name] = max(last, column.place), min(first, column.place)
    return places


def value_table(connection: sa.Connection, run: str, metric: str) -> pd.DataFrame:
    """One metric's values alone: columns image, method, value, in the store's order."""
    query = sa.select(scores_table.c.layout).where(scores_table.c.run == run).distinct()
    layouts = _layouts(connection, dict.fromkeys(connection.scalars(query)))
    places = {
        layout: number
        for layout, columns in layouts.items()
        for number, column in enumerate(columns)
        if column.name == metric
    }
    shown = [scores_table.c[name] for name in ("image", "method", "layout", "numbers")]
    steps = scores_table.c.run == run
    found = [
        (image, method, *NUMBER.unpack_from(numbers, 8 * places[layout]))
        for image, method, layout, numbers in connection.execute(sa.select(*shown).where(steps))
        if layout in places
    ]
    return pd.DataFrame(found, columns=["image", "method", "value"]).astype({"value": float})
