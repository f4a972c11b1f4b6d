"""Results in the database: images, cells with their maps, scores with their curves, findings; and
the one tidy table.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from heatcheck.inputs.images import drawn, from_png
from heatcheck.metrics import Curve, Score
from heatcheck.runs.cells import Cell, CellResult, Scored
from heatcheck.runs.database import Database
from heatcheck.runs.experiments import Finding
from heatcheck.runs.keys import keyed
from heatcheck.runs.leases import Lease
from heatcheck.runs.outages import patient
from heatcheck.runs.records import Run, Runs
from heatcheck.runs.schema import (
    cells_table,
    comparisons_table,
    findings_table,
    images_table,
    runs_table,
    scores_table,
)
from heatcheck.runs.score_rows import curve_of, rows_of
from heatcheck.runs.specs import SpecImage
from heatcheck.runs.tables import curve_table, tidy_table
from heatcheck.runs.target_rules import CONTRAST


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

    def save_image(self, lease: Lease, image: SpecImage, **seen: Any) -> None:
        """Keep an image as the model saw it; once a run. Raises LeaseLost."""
        row = {"label_name": image.label, "target_name": "", **seen}
        with lease.writing() as connection:
            where = (images_table.c.run == lease.run) & (images_table.c.image == image.name)
            if connection.scalar(sa.select(images_table.c.image).where(where)) is None:
                key = {"run": lease.run, "image": image.name, "digest": image.digest}
                connection.execute(images_table.insert().values(**key, **row))

    def save_cell(self, lease: Lease, image: SpecImage, method: str, result: CellResult) -> None:
        """Commit a cell with all its rows in one transaction; `method` is the key in the run.

        Raises:
            LeaseLost: the run is no longer this process's; nothing is written.
        """
        key = {"run": lease.run, "image": image.name, "method": method}
        heat = result.map
        cell = {
            "seconds": result.seconds,
            "forward_passes": result.forward_passes,
            "backward_passes": result.backward_passes,
            "error": result.error,
            "map": None if heat is None else zlib.compress(heat.astype("<f4").tobytes(), 1),
            "side": None if heat is None else heat.shape[0],
        }
        with lease.writing() as connection:
            connection.execute(cells_table.insert().values(**key, **cell))
            _add_step(connection, key, result.scores)

    def save_comparison(
        self, lease: Lease, image: SpecImage, method: str, scores: Sequence[Scored]
    ) -> None:
        """Commit what a second visit to a cell gave, in one transaction. Raises LeaseLost."""
        key = {"run": lease.run, "image": image.name, "method": method}
        with lease.writing() as connection:
            connection.execute(comparisons_table.insert().values(**key))
            _add_step(connection, key, scores)

    def compared_cells(self, run: str) -> set[tuple[str, str]]:
        """The cells whose second visit is committed, as (image, method key)."""
        with self.database.reading() as connection:
            query = sa.select(comparisons_table.c.image, comparisons_table.c.method).where(
                comparisons_table.c.run == run
            )
            return {(image, method) for image, method in connection.execute(query)}

    def save_findings(self, lease: Lease, method: str, findings: Sequence[Finding]) -> None:
        """Commit what the experiments on a method gave, in place of what an older version found.

        Raises:
            LeaseLost: the run is no longer this process's; nothing is written.
        """
        key = {"run": lease.run, "method": method}
        rows = [
            {**key, "place": place, **dataclasses.asdict(finding)}
            for place, finding in enumerate(findings)
        ]
        before = (findings_table.c.run == lease.run) & (findings_table.c.method == method)
        with lease.writing() as connection:
            connection.execute(findings_table.delete().where(before))
            connection.execute(findings_table.insert(), rows)

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
        cell = (
            (scores_table.c.run == run)
            & (scores_table.c.image == image)
            & (scores_table.c.method == method)
        )
        query = sa.select(scores_table.c.metric, scores_table.c.curve).where(
            cell & scores_table.c.metric.in_(metrics) & scores_table.c.curve.is_not(None)
        )
        with self.database.reading() as connection:
            return {metric: curve_of(curve) for metric, curve in connection.execute(query)}

    def done_cells(self, run: str) -> set[tuple[str, str]]:
        """The cells that are committed, as (image, method key)."""
        with self.database.reading() as connection:
            query = sa.select(cells_table.c.image, cells_table.c.method).where(
                cells_table.c.run == run
            )
            return {(image, method) for image, method in connection.execute(query)}

    def find_cells(self, cells: Sequence[Cell]) -> dict[Cell, CellResult]:
        """Those of the cells that some run has already answered: same classifier, image, picture of
        it, class, method, metrics and seed. The runs are looked at once.
        """
        runs = self.runs.all() if cells else []
        answers = {cell: self._find_cell(cell, runs) for cell in cells}
        return {cell: answer for cell, answer in answers.items() if answer}

    def _find_cell(self, cell: Cell, runs: Sequence[Run]) -> CellResult | None:
        for run in runs:
            spec = run.spec
            name = next(
                (image.name for image in spec.images if image.digest == cell.subject.image_digest),
                None,
            )
            if (
                name is None
                or spec.classifier != cell.subject.classifier
                or spec.fit != cell.subject.fit
                or spec.seed != cell.seed
                or spec.target.word == CONTRAST
                or cell.method not in spec.methods
                or not set(cell.metrics) <= set(spec.metrics)
            ):
                continue
            key = next(key for key, method in keyed(spec.methods).items() if method == cell.method)
            if answer := self._read_cell(run.id, name, key, cell):
                return answer
        return None

    def _read_cell(self, run: str, image: str, method: str, cell: Cell) -> CellResult | None:
        where = [
            (table.c.run == run) & (table.c.image == image) & (table.c.method == method)
            for table in (cells_table, scores_table)
        ]
        seen = sa.select(images_table.c.target, images_table.c.picture).where(
            (images_table.c.run == run) & (images_table.c.image == image)
        )
        with self.database.reading() as connection:
            row = connection.execute(sa.select(cells_table).where(where[0])).mappings().first()
            known = connection.execute(seen).first()
            if row is None or row["map"] is None or known is None or known.picture is None:
                return None
            picture = from_png(known.picture)
            if known.target != cell.class_index or not _same(picture, cell.subject.picture):
                return None
            scores = connection.execute(sa.select(scores_table).where(where[1])).mappings().all()
        heat = np.frombuffer(zlib.decompress(row["map"]), "<f4").reshape(row["side"], -1)
        answers = []
        for metric in cell.metrics:
            own = next((score for score in scores if score["metric"] == metric.name), None)
            if own is None:  # it says nothing about maps of this method
                continue
            sides = {
                score["metric"].partition(".")[2]: score["value"]
                for score in scores
                if score["metric"].startswith(metric.name + ".")
            }
            curve = curve_of(own["curve"]) if own["curve"] else None
            answers.append(
                Scored(
                    metric,
                    None if own["error"] else Score(own["value"], curve, sides),
                    own["error"],
                )
            )
        return CellResult(
            heat,
            row["seconds"],
            row["forward_passes"],
            row["backward_passes"],
            True,
            scores=tuple(answers),
        )

    def table(self, run: str) -> pd.DataFrame:
        """The tidy table: a row an image x method x metric, in the run's order, with the columns
        `tables.COLUMNS`.
        """
        known = self.runs.get(run)
        with self.database.reading() as connection:
            return tidy_table(connection, known)

    def values(self, run: str, metric: str) -> pd.DataFrame:
        """One metric's values alone: columns image, method (key in the run), value; NaN where it
        failed.
        """
        shown = [scores_table.c[column] for column in ("image", "method", "value")]
        query = sa.select(*shown).where(
            (scores_table.c.run == run) & (scores_table.c.metric == metric)
        )
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        return pd.DataFrame(rows, columns=[column.name for column in shown]).astype(
            {"value": float}
        )

    def curves(self, run: str) -> pd.DataFrame:
        """All curves, long, with the columns `tables.CURVE_COLUMNS`."""
        known = self.runs.get(run)
        with self.database.reading() as connection:
            return curve_table(connection, known)

    def maps(self, run: str) -> Iterator[tuple[str, str, np.ndarray]]:
        """Every map of a run, one at a time: image, method key, float32 `[H,W]`."""
        known = self.runs.get(run).id
        for image, method in sorted(self.mapped_cells(known)):
            heat = self.map(known, image, method)
            if heat is not None:
                yield image, method, heat

    def map(self, run: str, image: str, method: str) -> np.ndarray | None:
        """One map, float32 `[H,W]`; None where there is none."""
        cell = (
            (cells_table.c.run == run)
            & (cells_table.c.image == image)
            & (cells_table.c.method == method)
        )
        with self.database.reading() as connection:
            row = connection.execute(
                sa.select(cells_table.c.map, cells_table.c.side).where(cell)
            ).first()
        return (
            None
            if row is None or row.map is None
            else np.frombuffer(zlib.decompress(row.map), "<f4").reshape(row.side, -1)
        )

    def mapped_cells(self, run: str) -> set[tuple[str, str]]:
        """The cells that have a map, as (image, method key)."""
        query = sa.select(cells_table.c.image, cells_table.c.method).where(
            (cells_table.c.run == run) & cells_table.c.map.is_not(None)
        )
        with self.database.reading() as connection:
            return {(image, method) for image, method in connection.execute(query)}

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
        columns = [column for column in images_table.c if pictures or column.name != "picture"]
        query = sa.select(*columns).where(images_table.c.run == run)
        with self.database.reading() as connection:
            return [_seen(row) for row in connection.execute(query).mappings()]

    def image(self, run: str, name: str) -> SeenImage | None:
        """One image of a run; None where the model has not seen it."""
        query = sa.select(images_table).where(
            (images_table.c.run == run) & (images_table.c.image == name)
        )
        with self.database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _seen(row)


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and np.array_equal(one, other)


def _seen(row: Mapping[Any, Any]) -> SeenImage:
    fields = ("picture", "label", "label_name", "target", "target_name", "probability", "answer")
    known: dict[str, Any] = {field: row.get(field) for field in fields}
    return SeenImage(row["image"], **known, answer_name=row["answer_name"] or "")


def _add_step(connection: sa.Connection, key: Mapping[str, str], scores: Sequence[Scored]) -> None:
    """The scores of one step, and the run's counts with it."""
    rows = rows_of(key, scores)
    if rows:
        connection.execute(scores_table.insert(), rows)
    failures = sum(row["error"] != "" for row in rows)
    counts = {"done": runs_table.c.done + 1, "failures": runs_table.c.failures + failures}
    run = runs_table.c.id == key["run"]
    connection.execute(runs_table.update().where(run).values(**counts))
