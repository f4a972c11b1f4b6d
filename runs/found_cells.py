"""Cells that some run of the store has already answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from heatcheck.inputs.images import from_png
from heatcheck.metrics import Score
from heatcheck.runs.cells import Cell, CellResult, Scored, Subject
from heatcheck.runs.database import Database
from heatcheck.runs.keys import keyed
from heatcheck.runs.packing import columns_of, unpacked_curve, unpacked_map, unpacked_values
from heatcheck.runs.records import Run
from heatcheck.runs.schema import (
    cells_table,
    curves_table,
    failures_table,
    images_table,
    layouts_table,
    maps_table,
    pictures_table,
    scores_table,
)
from heatcheck.runs.target_rules import CONTRAST


def found_cells(
    database: Database, runs: Iterable[Run], cells: Sequence[Cell]
) -> dict[Cell, CellResult]:
    """Those of the cells that one of the runs has answered: same classifier, image, picture of it,
    class, method, metrics and seed. A picture is read once a run.
    """
    by_subject: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_subject[id(cell.subject)].append(cell)
    answers: dict[Cell, CellResult] = {}
    with database.reading() as connection:
        for run in runs:
            for same in by_subject.values():
                asked = [cell for cell in same if cell not in answers and _fits(run, cell)]
                if asked and (name := _name_in(run, asked[0].subject)) is not None:
                    answers |= _answers(connection, run, name, asked)
    return {cell: answers[cell] for cell in cells if cell in answers}


def _fits(run: Run, cell: Cell) -> bool:
    """Whether a run asked what a cell asks, whatever its images."""
    spec = run.spec
    return (
        spec.classifier == cell.subject.classifier
        and spec.fit == cell.subject.fit
        and spec.seed == cell.seed
        and spec.target.word != CONTRAST
        and cell.method in spec.methods
        and set(cell.metrics) <= set(spec.metrics)
    )


def _name_in(run: Run, subject: Subject) -> str | None:
    """What a run calls an image; None where it has none with these bytes."""
    digest = subject.image_digest
    return next((image.name for image in run.spec.images if image.digest == digest), None)


def _answers(
    connection: sa.Connection, run: Run, image: str, cells: Sequence[Cell]
) -> dict[Cell, CellResult]:
    """What a run says to the cells of one subject."""
    at = {"run": run.id, "image": image}
    known = connection.scalar(sa.select(images_table.c.target).where(_at(images_table, **at)))
    wanted = [cell for cell in cells if cell.class_index == known]
    if not wanted:
        return {}
    stored = connection.scalar(sa.select(pictures_table.c.picture).where(_at(pictures_table, **at)))
    if stored is None or not _same(from_png(stored), wanted[0].subject.picture):
        return {}
    keys = {method: key for key, method in reversed(keyed(run.spec.methods).items())}
    read = {cell: _read(connection, cell, method=keys[cell.method], **at) for cell in wanted}
    return {cell: answer for cell, answer in read.items() if answer}


def _read(connection: sa.Connection, cell: Cell, **at: str) -> CellResult | None:
    """What is stored of one cell; None where its map is not."""

    def rows(table: sa.Table) -> list[Any]:
        return list(connection.execute(sa.select(table).where(_at(table, **at))).all())

    done, heats = rows(cells_table), rows(maps_table)
    if not done or not heats:
        return None
    values: dict[str, float] = {}
    joined = scores_table.join(layouts_table)
    steps = sa.select(layouts_table.c.text, scores_table.c.numbers).select_from(joined)
    for columns, numbers in connection.execute(steps.where(_at(scores_table, **at))):
        names = [column.name for column in columns_of(columns)]
        if names:
            found = unpacked_values(numbers, len(names))[0].tolist()
            values |= dict(zip(names, found, strict=True))
    errors = {row.metric: row.error for row in rows(failures_table)}
    curves = {row.metric: unpacked_curve(row.length, row.numbers) for row in rows(curves_table)}
    answers = []
    for metric in cell.metrics:
        if metric.name not in values:  # it says nothing about maps of this method
            continue
        begins = metric.name + "."
        sides = {
            name.removeprefix(begins): value
            for name, value in values.items()
            if name.startswith(begins)
        }
        error = errors.get(metric.name, "")
        score = None if error else Score(values[metric.name], curves.get(metric.name), sides)
        answers.append(Scored(metric, score, error))
    (row,), (heat,) = done, heats
    return CellResult(
        unpacked_map(heat.map, heat.side),
        row.seconds,
        row.forward_passes,
        row.backward_passes,
        True,
        scores=tuple(answers),
    )


def _at(table: sa.Table, **at: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[name] == value for name, value in at.items()))


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and np.array_equal(one, other)
