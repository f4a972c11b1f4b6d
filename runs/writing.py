"""What a run writes: images, cells, second visits and findings, in one transaction."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from heatcheck.runs.cells import CellResult, Scored
from heatcheck.runs.database import add_once
from heatcheck.runs.experiments import Finding
from heatcheck.runs.packing import packed, packed_curve, packed_map
from heatcheck.runs.schema import (
    cells_table,
    curves_table,
    failures_table,
    findings_table,
    images_table,
    layouts_table,
    machines_table,
    maps_table,
    pictures_table,
    runs_table,
    scores_table,
)
from heatcheck.runs.specs import SpecImage

FIRST, SECOND = 1, 2  # visits to a cell: by itself, and compared with the maps of other images


class Writer:
    """Writes about one run within a transaction: see `Results.writing`. Methods are named by their
    keys in the run.
    """

    def __init__(self, connection: sa.Connection, run: str) -> None:
        self._connection, self._run = connection, run
        self._rows: dict[sa.Table, list[dict[str, Any]]] = {}  # written together, which is quicker
        self._layouts: dict[str, str] = {}
        self._steps = self._failures = 0
        self._progress: str | None = None

    def image(self, image: SpecImage, *, picture: bytes | None = None, **seen: Any) -> None:
        """Keep an image as the model saw it; once a run."""
        key = {"run": self._run, "image": image.name}
        row = {"digest": image.digest, "label_name": image.label, "target_name": "", **seen}
        new = add_once(self._connection, images_table, **key, **row)
        if new and picture is not None:
            self._connection.execute(pictures_table.insert().values(**key, picture=picture))

    def machine(self, machine: str, facts: Mapping[str, Any]) -> None:
        """Keep what a kind of machine is that computes cells; once a run."""
        row = {"run": self._run, "machine": machine, "facts": json.dumps(dict(facts))}
        add_once(self._connection, machines_table, **row)

    def cell(
        self, image: SpecImage, method: str, result: CellResult, machine: str | None = None
    ) -> None:
        """Write what the first visit to a cell gave, and which machine computed it."""
        cell = {
            "seconds": result.seconds,
            "forward_passes": result.forward_passes,
            "backward_passes": result.backward_passes,
            "error": result.error,
            "machine": machine,
        }
        key = self._key(image, method)
        self._add(cells_table, {**key, **cell})
        if result.map is not None:
            heat = {"side": result.map.shape[0], "map": packed_map(result.map)}
            self._add(maps_table, {**key, **heat})
        self._step(key, FIRST, result.scores)

    def comparison(self, image: SpecImage, method: str, scores: Sequence[Scored]) -> None:
        """Write what the second visit to a cell gave."""
        self._step(self._key(image, method), SECOND, scores)

    def findings(self, method: str, findings: Sequence[Finding]) -> None:
        """Write what the experiments on a method gave, in place of what was found before."""
        key = {"run": self._run, "method": method}
        rows = [
            {**key, "place": place, **dataclasses.asdict(finding)}
            for place, finding in enumerate(findings)
        ]
        before = (findings_table.c.run == self._run) & (findings_table.c.method == method)
        self._connection.execute(findings_table.delete().where(before))
        self._connection.execute(findings_table.insert(), rows)

    def progress(self, text: str) -> None:
        """Note how far the run is."""
        self._progress = text

    def drop_map(self, image: str, method: str) -> None:
        """Drop a cell's map; its scores stay."""
        self._write()
        cell = (
            (maps_table.c.run == self._run)
            & (maps_table.c.image == image)
            & (maps_table.c.method == method)
        )
        self._connection.execute(maps_table.delete().where(cell))

    def close(self) -> None:
        """Write what is left, and add it to the run's counts: the transaction's last statement."""
        self._write()
        columns: dict[str, Any] = {}
        if self._steps:
            columns["done"] = runs_table.c.done + self._steps
        if self._failures:
            columns["failures"] = runs_table.c.failures + self._failures
        if self._progress is not None:
            columns["progress"] = self._progress
        if columns:
            run = runs_table.update().where(runs_table.c.id == self._run)
            self._connection.execute(run.values(**columns))

    def _key(self, image: SpecImage, method: str) -> dict[str, str]:
        return {"run": self._run, "image": image.name, "method": method}

    def _step(self, key: Mapping[str, str], visit: int, scores: Sequence[Scored]) -> None:
        """The scores of one step."""
        step = packed(scores)
        self._layouts[step.layout] = step.columns
        numbers = {"visit": visit, "layout": step.layout, "numbers": step.numbers}
        self._add(scores_table, {**key, **numbers})
        for metric, error in step.failures.items():
            self._add(failures_table, {**key, "metric": metric, "error": error})
        for name, curve in step.curves.items():
            self._add(curves_table, {**key, "metric": name, **packed_curve(curve)})
        self._steps += 1
        self._failures += len(step.failures)

    def _add(self, table: sa.Table, row: dict[str, Any]) -> None:
        self._rows.setdefault(table, []).append(row)

    def _write(self) -> None:
        for layout, columns in self._layouts.items():
            keep_layout(self._connection, layout, columns)
        for table, rows in self._rows.items():
            self._connection.execute(table.insert(), rows)
        self._layouts.clear()
        self._rows.clear()


def keep_layout(connection: sa.Connection, layout: str, columns: str) -> None:
    """Keep what a step's numbers are; once a store."""
    add_once(connection, layouts_table, id=layout, text=columns)
