"""A run's rows copied into another store, or into another run: shards become one, and an earlier
run's cells serve a larger one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import sqlalchemy as sa

from heatcheck.core.errors import RunProblem
from heatcheck.runs.database import add_once
from heatcheck.runs.leases import Lease
from heatcheck.runs.packing import columns_of
from heatcheck.runs.provenance import DECIDED, IMAGE_NOTES
from heatcheck.runs.records import Run
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
    spans_table,
)
from heatcheck.runs.store import Store
from heatcheck.runs.writing import SECOND, keep_layout

OF_CELLS = (cells_table, maps_table, scores_table, failures_table, curves_table)
TOGETHER = 200  # cells in one transaction, and at least one image


class Copied(NamedTuple):
    """How much was copied; what was there already is not counted."""

    images: int = 0
    cells: int = 0
    comparisons: int = 0
    failures: int = 0
    findings: int = 0


Rows = dict[sa.Table, list[dict[str, Any]]]


def copied(
    source: Store,
    target: Store,
    run: str,
    into: str | None = None,
    images: Collection[str] | None = None,
    methods: Mapping[str, str] | None = None,
    compared: bool = True,
    lease: Lease | None = None,
) -> Copied:
    """Copy a run's images, cells, scores, curves, maps, findings, machines and what it noted of
    where it ran. What is there already is left alone. Memory stays flat.

    Args:
        source: the store that has the run.
        target: the store that receives it; it may be the same.
        run: the id in the source.
        into: the id in the target, which has to be open there; the same run where left out, made
            if it is new.
        images: the names of those that are copied; all that both runs have where left out.
        methods: the target's keys by the source's; the same keys where left out.
        compared: whether second visits are copied, which depend on the run's other images.
        lease: the target's, where the caller has it; else it is claimed for the copy.

    Raises:
        RunProblem: an image or a method of that name is another one in the target, or another
            process works on its run.
    """
    known = source.runs.get(run)
    receiving = target.runs.get(into or target.runs.open(known.spec))
    wanted = _images(known, receiving, images)
    keys = _methods(known, receiving, methods)
    parts = [Copied()]
    with nullcontext(lease) if lease else target.runs.claim(receiving.id) as held:
        told = dict(known.provenance)
        if known.id != receiving.id:  # what is said of its own images and of its end
            for key in (IMAGE_NOTES, DECIDED):
                told.pop(key, None)
        target.runs.note_provenance(held, told)
        some = max(1, TOGETHER // max(1, len(keys)))
        for start in range(0, len(wanted), some):
            names = wanted[start : start + some]
            rows, layouts = _read(source, known.id, names, keys, compared)
            if receiving.spec.compared and not compared:
                rows[cells_table] = _with_maps(rows)
            with held.writing() as connection:
                parts.append(_write(connection, receiving.id, names, rows, layouts))
        about = _read_about(source, known.id, keys)
        if known.id != receiving.id:  # the time that was worked is another run's
            about[spans_table] = []
        with held.writing() as connection:
            made = {table: _add(connection, table, receiving.id, about[table]) for table in about}
    parts.append(Copied(findings=made[findings_table]))
    return Copied(*map(sum, zip(*parts, strict=True)))


def _read_about(store: Store, run: str, keys: Mapping[str, str]) -> Rows:
    """The rows that belong to no image."""
    with store.database.reading() as connection:
        about = {
            table: _rows(connection, table, table.c.run == run)
            for table in (findings_table, machines_table, spans_table)
        }
    return about | {findings_table: _renamed(about[findings_table], keys)}


def _rows(
    connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool]
) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.select(table).where(where)).mappings()]


def _renamed(rows: Sequence[dict[str, Any]], keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of these methods under the target's keys."""
    return [{**row, "method": keys[row["method"]]} for row in rows if row["method"] in keys]


def _images(source: Run, target: Run, asked: Collection[str] | None) -> list[str]:
    """The names of the images to copy. Raises RunProblem where one is another in the target."""
    theirs = {image.name: image.digest for image in source.spec.images}
    ours = {image.name: image.digest for image in target.spec.images}
    wanted = [name for name in ours if name in (theirs if asked is None else asked)]
    for name in wanted:
        if theirs.get(name) != ours[name]:
            raise RunProblem(
                f"Expected image {name} with the same bytes in both runs. "
                f"Got {'another' if name in theirs else 'none'} in run {source.id}. "
                "Copy runs of the same images."
            )
    return wanted


def _methods(source: Run, target: Run, asked: Mapping[str, str] | None) -> dict[str, str]:
    """The target's keys by the source's. Raises RunProblem where one is another method there."""
    theirs, ours = source.spec.keyed, target.spec.keyed
    keys = dict(asked) if asked is not None else {key: key for key in theirs if key in ours}
    for old, new in keys.items():
        if old not in theirs or new not in ours or theirs[old] != ours[new]:
            raise RunProblem(
                f"Expected {old} of run {source.id} and {new} of run {target.id} to be the same "
                "method with the same parameters. They are not. Name methods that both have."
            )
    return keys


def _read(
    store: Store, run: str, images: Sequence[str], keys: Mapping[str, str], compared: bool
) -> tuple[Rows, dict[str, str]]:
    """The rows of some images, and the layouts of their scores."""
    rows: Rows = {}
    with store.database.reading() as connection:
        for table in (images_table, pictures_table, *OF_CELLS):
            some = (table.c.run == run) & table.c.image.in_(images)
            rows[table] = _rows(connection, table, some)
        for table in OF_CELLS:
            rows[table] = _renamed(rows[table], keys)
        used = {row["layout"] for row in rows[scores_table]}
        layouts = _rows(connection, layouts_table, layouts_table.c.id.in_(used))
    texts = {row["id"]: row["text"] for row in layouts}
    if not compared:
        late = _late(rows, texts)
        rows[scores_table] = [row for row in rows[scores_table] if row["visit"] != SECOND]
        for table in (failures_table, curves_table):
            rows[table] = [row for row in rows[table] if (*_cell(row), row["metric"]) not in late]
    return rows, texts


def _with_maps(rows: Rows) -> list[dict[str, Any]]:
    """The cells whose maps can be compared with those of other images: a map that was dropped has
    to be made again, or others would be taken in its place.
    """
    mapped = {_cell(row) for row in rows[maps_table]}
    return [row for row in rows[cells_table] if row["error"] or _cell(row) in mapped]


def _late(rows: Rows, layouts: Mapping[str, str]) -> set[tuple[str, str, str]]:
    """What was scored in second visits: image, method, metric."""
    return {
        (*_cell(row), column.name)
        for row in rows[scores_table]
        if row["visit"] == SECOND
        for column in columns_of(layouts[row["layout"]])
    }


def _cell(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["image"], row["method"]


def _write(
    connection: sa.Connection,
    run: str,
    images: Sequence[str],
    rows: Rows,
    layouts: Mapping[str, str],
) -> Copied:
    """Write what the target does not have, in one transaction, and count it."""

    def there(table: sa.Table, *more: sa.ColumnElement[bool]) -> set[tuple[str, str]]:
        some = sa.select(table.c.image, table.c.method).where(
            table.c.run == run, table.c.image.in_(images), *more
        )
        return {(image, method) for image, method in connection.execute(some)}

    done = there(cells_table)
    first = {_cell(row) for row in rows[cells_table]} - done
    second = {_cell(row) for row in rows[scores_table] if row["visit"] == SECOND}
    second = second & (first | done) - there(scores_table, scores_table.c.visit == SECOND)
    late = _late(rows, layouts)

    def is_wanted(row: Mapping[str, Any]) -> bool:
        again = row.get("visit") == SECOND or (*_cell(row), row.get("metric")) in late
        return _cell(row) in (second if again else first)

    for layout, text in layouts.items():
        keep_layout(connection, layout, text)
    new = _add(connection, images_table, run, rows[images_table])
    _add(connection, pictures_table, run, rows[pictures_table])
    chosen = {table: [row for row in rows[table] if is_wanted(row)] for table in OF_CELLS}
    for table, found in chosen.items():
        if found:
            connection.execute(table.insert(), [{**row, "run": run} for row in found])
    failures = len(chosen[failures_table])
    counts = {
        "done": runs_table.c.done + len(first) + len(second),
        "failures": runs_table.c.failures + failures,
    }
    connection.execute(runs_table.update().where(runs_table.c.id == run).values(**counts))
    return Copied(new, len(first), len(second), failures)


def _add(
    connection: sa.Connection, table: sa.Table, run: str, rows: Sequence[dict[str, Any]]
) -> int:
    """Add the rows to a run that are not there; how many those were."""
    return sum(add_once(connection, table, **{**row, "run": run}) for row in rows)
