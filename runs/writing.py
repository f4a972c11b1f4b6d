"""What a run writes: images, cells, second visits and findings, in one transaction."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from heatcheck.runs.cells import CellResult, Scored
from heatcheck.runs.experiments import Finding
from heatcheck.runs.schema import (
    cells_table,
    comparisons_table,
    findings_table,
    images_table,
    runs_table,
    scores_table,
)
from heatcheck.runs.score_rows import rows_of
from heatcheck.runs.specs import SpecImage


class Writer:
    """Writes about one run within a transaction: see `Results.writing`. Methods are named by their
    keys in the run.
    """

    def __init__(self, connection: sa.Connection, run: str) -> None:
        self._connection, self._run = connection, run
        self._steps = self._failures = 0
        self._progress: str | None = None

    def image(self, image: SpecImage, **seen: Any) -> None:
        """Keep an image as the model saw it; once a run."""
        where = (images_table.c.run == self._run) & (images_table.c.image == image.name)
        if self._connection.scalar(sa.select(images_table.c.image).where(where)) is None:
            row = {"label_name": image.label, "target_name": "", **seen}
            key = {"run": self._run, "image": image.name, "digest": image.digest}
            self._connection.execute(images_table.insert().values(**key, **row))

    def cell(self, image: SpecImage, method: str, result: CellResult) -> None:
        """Write what the first visit to a cell gave."""
        heat = result.map
        cell = {
            "seconds": result.seconds,
            "forward_passes": result.forward_passes,
            "backward_passes": result.backward_passes,
            "error": result.error,
            "map": None if heat is None else packed_map(heat),
            "side": None if heat is None else heat.shape[0],
        }
        key = self._key(image, method)
        self._connection.execute(cells_table.insert().values(**key, **cell))
        self._step(key, result.scores)

    def comparison(self, image: SpecImage, method: str, scores: Sequence[Scored]) -> None:
        """Write what the second visit to a cell gave."""
        key = self._key(image, method)
        self._connection.execute(comparisons_table.insert().values(**key))
        self._step(key, scores)

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
        cell = (
            (cells_table.c.run == self._run)
            & (cells_table.c.image == image)
            & (cells_table.c.method == method)
        )
        self._connection.execute(cells_table.update().where(cell).values(map=None, side=None))

    def leave_out(self, images: Collection[str]) -> None:
        """Take images out again that were visited and not compared, with all their rows; their
        steps are not counted any more.
        """
        for name in images:
            for table in (scores_table, cells_table, images_table):
                here = (table.c.run == self._run) & (table.c.image == name)
                gone = self._connection.execute(table.delete().where(here)).rowcount
                if table is cells_table:
                    self._steps -= gone

    def close(self) -> None:
        """Add what was written to the run's counts: the transaction's last statement."""
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

    def _step(self, key: Mapping[str, str], scores: Sequence[Scored]) -> None:
        """The scores of one step."""
        rows = rows_of(key, scores)
        if rows:
            self._connection.execute(scores_table.insert(), rows)
        self._steps += 1
        self._failures += sum(row["error"] != "" for row in rows)


def packed_map(heat: np.ndarray) -> bytes:
    """A map `[H,W]` as the store keeps it: zlib of little-endian float32."""
    return zlib.compress(heat.astype("<f4").tobytes(), 1)


def unpacked_map(stored: bytes, side: int) -> np.ndarray:
    """A map, float32 `[H,W]`, from its stored form; `side` is H."""
    return np.frombuffer(zlib.decompress(stored), "<f4").reshape(side, -1)
