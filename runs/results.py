"""Results in the database: images, cells with their maps, scores with their curves, findings; and
the one tidy table.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from heatcheck.inputs.images import drawn
from heatcheck.metrics import Curve
from heatcheck.runs.cells import Cell, CellResult, Scored
from heatcheck.runs.curve_tables import curve_table, mean_curves
from heatcheck.runs.database import Database
from heatcheck.runs.experiments import Finding
from heatcheck.runs.found_cells import found_cells
from heatcheck.runs.leases import Lease
from heatcheck.runs.outages import patient
from heatcheck.runs.packing import unpacked_curve, unpacked_map
from heatcheck.runs.records import Runs
from heatcheck.runs.schema import (
    cells_table,
    curves_table,
    findings_table,
    images_table,
    machines_table,
    maps_table,
    pictures_table,
    scores_table,
)
from heatcheck.runs.specs import SpecImage
from heatcheck.runs.tables import tidy_table, value_table
from heatcheck.runs.writing import SECOND, Writer


@dataclass(frozen=True)
class SeenImage:
    """An image of a run and what the classifier saw in it."""

    name: str
    picture: bytes | None  # as `images.png` has it
    label: int | None
    label_name: str
    target: int | None
    target_name: str
    probability: float | None  # of the target
    answer: int | None = None  # the model's own class; the target where it is not another
    answer_name: str = ""

    def __post_init__(self) -> None:
        if self.answer is None:
            object.__setattr__(self, "answer", self.target)
            object.__setattr__(self, "answer_name", self.target_name)

    @property
    def drawn(self) -> bytes | None:
        """The picture for people, as PNG; None where it is not kept."""
        return None if self.picture is None else drawn(self.picture)

    @property
    def right(self) -> bool | None:
        """Whether the model's class is the label; None without a label."""
        return None if self.label is None or self.answer is None else self.label == self.answer


@patient
class Results:
    """What the runs of a database have measured."""

    def __init__(self, database: Database, runs: Runs) -> None:
        self.database, self.runs = database, runs

    @contextmanager
    def writing(self, lease: Lease) -> Iterator[Writer]:
        """A writer of one transaction about the lease's run, committed at the block's end.

        Raises:
            LeaseLost: the run is no longer this process's; nothing is written.
        """
        with lease.writing() as connection:
            writer = Writer(connection, lease.run)
            yield writer
            writer.close()

    def save_image(self, lease: Lease, image: SpecImage, **seen: Any) -> None:
        """Commit an image as the model saw it; once a run. Raises LeaseLost."""
        with self.writing(lease) as writer:
            writer.image(image, **seen)

    def save_cell(self, lease: Lease, image: SpecImage, method: str, result: CellResult) -> None:
        """Commit a cell; `method` is the key in the run. Raises LeaseLost."""
        with self.writing(lease) as writer:
            writer.cell(image, method, result)

    def save_comparison(
        self, lease: Lease, image: SpecImage, method: str, scores: Sequence[Scored]
    ) -> None:
        """Commit what a second visit to a cell gave. Raises LeaseLost."""
        with self.writing(lease) as writer:
            writer.comparison(image, method, scores)

    def compared_cells(self, run: str) -> set[tuple[str, str]]:
        """The cells whose second visit is committed, as (image, method key)."""
        return self._cells(scores_table, run, scores_table.c.visit == SECOND)

    def save_findings(self, lease: Lease, method: str, findings: Sequence[Finding]) -> None:
        """Commit what the experiments on a method gave, in place of what an older version found.
        Raises LeaseLost.
        """
        with self.writing(lease) as writer:
            writer.findings(method, findings)

    def findings(self, run: str) -> pd.DataFrame:
        """What the experiments on a run's methods gave: a row an experiment, columns method,
        experiment, value, words.
        """
        shown = [findings_table.c[column] for column in ("method", "experiment", "value", "words")]
        query = (
            sa.select(*shown)
            .where(findings_table.c.run == run)
            .order_by(findings_table.c.method, findings_table.c.place)
        )
        with self.database.reading() as connection:
            return pd.DataFrame(
                connection.execute(query).mappings().all(),
                columns=[column.name for column in shown],
            ).astype({"value": float})

    def curves_of(
        self, run: str, image: str, method: str, metrics: Collection[str]
    ) -> dict[str, Curve]:
        """The curves of one cell under these metrics, as far as they are stored."""
        where = _cell(curves_table, run, image, method) & curves_table.c.metric.in_(metrics)
        shown = [curves_table.c[name] for name in ("metric", "length", "numbers")]
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(*shown).where(where))
            return {metric: unpacked_curve(length, numbers) for metric, length, numbers in rows}

    def done_cells(self, run: str) -> set[tuple[str, str]]:
        """The cells that are committed, as (image, method key)."""
        return self._cells(cells_table, run)

    def _cells(
        self, table: sa.Table, run: str, *where: sa.ColumnElement[bool]
    ) -> set[tuple[str, str]]:
        query = sa.select(table.c.image, table.c.method).where(table.c.run == run, *where)
        with self.database.reading() as connection:
            return {(image, method) for image, method in connection.execute(query)}

    def find_cells(self, cells: Sequence[Cell]) -> dict[Cell, CellResult]:
        """Those of the cells that some run has already answered: same classifier, image, picture of
        it, class, method, metrics and seed. The runs are looked at once.
        """
        return found_cells(self.database, self.runs.all(), cells) if cells else {}

    def table(self, run: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The tidy table: a row an image x method x metric, in the run's order, with the columns
        `tables.COLUMNS`, or some of them with texts as categories.
        """
        known = self.runs.get(run)
        with self.database.reading() as connection:
            return tidy_table(connection, known, columns)

    def values(self, run: str, metric: str) -> pd.DataFrame:
        """One metric's values alone: columns image, method (key in the run), value; NaN where it
        failed.
        """
        with self.database.reading() as connection:
            return value_table(connection, run, metric)

    def curves(self, run: str) -> pd.DataFrame:
        """All curves, long, with the columns `curve_tables.CURVE_COLUMNS`."""
        known = self.runs.get(run)
        with self.database.reading() as connection:
            return curve_table(connection, known)

    def mean_curves(self, run: str, metric: str) -> dict[str, Curve]:
        """Each method's mean curve over samples under a metric or side value, by the method's key
        in the run's order. Memory stays flat however many images there are.
        """
        known = self.runs.get(run)
        with self.database.reading() as connection:
            return mean_curves(connection, known, metric)

    def machines(self, run: str) -> dict[str, dict[str, Any]]:
        """The kinds of machine that computed a run's cells: what is known of each, by its id."""
        query = sa.select(machines_table.c.machine, machines_table.c.facts).where(
            machines_table.c.run == run
        )
        with self.database.reading() as connection:
            rows = connection.execute(query.order_by(machines_table.c.machine))
            return {machine: json.loads(facts) for machine, facts in rows}

    def maps(self, run: str) -> Iterator[tuple[str, str, np.ndarray]]:
        """Every map of a run, one at a time: image, method key, float32 `[H,W]`."""
        known = self.runs.get(run).id
        for image, method in sorted(self.mapped_cells(known)):
            heat = self.map(known, image, method)
            if heat is not None:
                yield image, method, heat

    def map(self, run: str, image: str, method: str) -> np.ndarray | None:
        """One map, float32 `[H,W]`; None where there is none."""
        query = sa.select(maps_table.c.map, maps_table.c.side)
        with self.database.reading() as connection:
            row = connection.execute(query.where(_cell(maps_table, run, image, method))).first()
        return None if row is None else unpacked_map(row.map, row.side)

    def mapped_cells(self, run: str) -> set[tuple[str, str]]:
        """The cells that have a map, as (image, method key)."""
        return self._cells(maps_table, run)

    def targets(self, run: str) -> dict[str, int]:
        """The class that is explained on each image seen so far, by the image's name."""
        query = sa.select(images_table.c.image, images_table.c.target).where(
            (images_table.c.run == run) & images_table.c.target.is_not(None)
        )
        with self.database.reading() as connection:
            return {row.image: row.target for row in connection.execute(query)}

    def images(self, run: str, *, pictures: bool = True) -> list[SeenImage]:
        """The images of a run that the model has seen so far; without `pictures` what it saw in
        them alone.
        """
        query = _images(pictures).where(images_table.c.run == run)
        with self.database.reading() as connection:
            return [_seen(row) for row in connection.execute(query).mappings()]

    def image(self, run: str, name: str) -> SeenImage | None:
        """One image of a run; None where the model has not seen it."""
        query = _images(True).where((images_table.c.run == run) & (images_table.c.image == name))
        with self.database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _seen(row)


def _cell(table: sa.Table, run: str, image: str, method: str) -> sa.ColumnElement[bool]:
    return (table.c.run == run) & (table.c.image == image) & (table.c.method == method)


def _images(pictures: bool) -> sa.Select[Any]:
    if not pictures:
        return sa.select(images_table)
    same = (pictures_table.c.run == images_table.c.run) & (
        pictures_table.c.image == images_table.c.image
    )
    joined = images_table.outerjoin(pictures_table, same)
    return sa.select(images_table, pictures_table.c.picture).select_from(joined)


def _seen(row: Mapping[Any, Any]) -> SeenImage:
    fields = ("picture", "label", "label_name", "target", "target_name", "probability", "answer")
    known: dict[str, Any] = {field: row.get(field) for field in fields}
    return SeenImage(row["image"], **known, answer_name=row["answer_name"] or "")
