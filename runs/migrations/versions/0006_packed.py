"""Scores are packed, a row a visit to a cell, and curves as numbers; maps, pictures and specs stand
apart from the rows that are read without them; cells say which machine computed them.

All numbers keep every bit. The old rows are read as a stream.

Revision ID: 0006
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import struct
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

AT_ONCE = 500  # cells whose rows are written together
# metrics that were scored in the second visit to a cell
SECOND = ("deletion_exchange", "insertion_exchange", "grid_pointing")


def upgrade() -> None:
    """Make the new tables, fill them from the old ones, and drop those."""
    connection = op.get_bind()
    op.rename_table("scores", "scores_before")
    if connection.dialect.name == "postgresql":  # names of keys are those of the whole store
        op.execute("ALTER INDEX scores_pkey RENAME TO scores_before_pkey")
    _make_tables()
    _part_specs(connection)
    _part_blobs()
    _pack(connection)
    op.drop_table("scores_before")
    op.drop_table("comparisons")


def _run() -> sa.Column[Any]:
    return sa.Column(
        "run", sa.String(64), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
    )


def _cell() -> list[sa.Column[Any]]:
    return [
        _run(),
        sa.Column("image", sa.Text, primary_key=True),
        sa.Column("method", sa.Text, primary_key=True),
    ]


def _make_tables() -> None:
    op.create_table(
        "specs",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "pictures",
        _run(),
        sa.Column("image", sa.Text, primary_key=True),
        sa.Column("picture", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "maps",
        *_cell(),
        sa.Column("side", sa.Integer, nullable=False),
        sa.Column("map", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "machines",
        _run(),
        sa.Column("machine", sa.String(16), primary_key=True),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_table(
        "layouts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "scores",
        *_cell(),
        sa.Column("visit", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("layout", sa.String(32), sa.ForeignKey("layouts.id"), nullable=False),
        sa.Column("numbers", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "failures",
        *_cell(),
        sa.Column("metric", sa.Text, primary_key=True),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_table(
        "curves",
        _run(),
        sa.Column("metric", sa.Text, primary_key=True),
        sa.Column("method", sa.Text, primary_key=True),
        sa.Column("image", sa.Text, primary_key=True),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("numbers", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def _part_specs(connection: sa.Connection) -> None:
    """Specs into a table of their own."""
    op.execute("ALTER TABLE runs ADD COLUMN spec_digest VARCHAR(64) REFERENCES specs (digest)")
    for run in connection.execute(sa.text("SELECT id FROM runs")).scalars().all():
        words = {"run": run}
        text = connection.execute(sa.text("SELECT spec FROM runs WHERE id = :run"), words).scalar()
        words |= {"digest": hashlib.sha256(str(text).encode()).hexdigest(), "text": str(text)}
        known = sa.text("SELECT digest FROM specs WHERE digest = :digest")
        if connection.execute(known, words).first() is None:
            connection.execute(sa.text("INSERT INTO specs VALUES (:digest, :text)"), words)
        connection.execute(sa.text("UPDATE runs SET spec_digest = :digest WHERE id = :run"), words)
    op.drop_column("runs", "spec")


def _part_blobs() -> None:
    """Maps and pictures into tables of their own."""
    op.execute(
        "INSERT INTO maps (run, image, method, side, map) "
        "SELECT run, image, method, side, map FROM cells WHERE map IS NOT NULL"
    )
    op.execute(
        "INSERT INTO pictures (run, image, picture) "
        "SELECT run, image, picture FROM images WHERE picture IS NOT NULL"
    )
    op.drop_column("images", "picture")
    op.drop_column("cells", "map")
    op.drop_column("cells", "side")
    op.add_column("cells", sa.Column("machine", sa.String(16)))


def _pack(connection: sa.Connection) -> None:
    """The scores, a row a visit, and their curves and failures."""
    layouts: set[str] = set()
    cells = itertools.groupby(connection.execute(OLD), lambda row: tuple(row[:3]))
    packed = ((key, list(rows)) for key, rows in cells)
    while some := [_rows(key, rows) for key, rows in itertools.islice(packed, AT_ONCE)]:
        for table, number in ((LAYOUTS, 0), (SCORES, 1), (FAILURES, 2), (CURVES, 3)):
            made = list(itertools.chain.from_iterable(cell[number] for cell in some))
            if table is LAYOUTS:
                new = {row["id"]: row for row in made if row["id"] not in layouts}
                layouts |= set(new)
                made = list(new.values())
            if made:
                connection.execute(table.insert(), made)
    empty = _layout([])
    if empty["id"] not in layouts:
        connection.execute(LAYOUTS.insert(), empty)
    connection.execute(EMPTY, {"layout": empty["id"], "numbers": b""})


OLD = sa.text(
    """
    SELECT scores.run, scores.image, scores.method, metric, place, value, unit, better, curve,
           error, comparisons.run IS NOT NULL AS compared
    FROM scores_before AS scores LEFT JOIN comparisons
    ON comparisons.run = scores.run AND comparisons.image = scores.image
        AND comparisons.method = scores.method
    ORDER BY scores.run, scores.image, scores.method, place
    """
).execution_options(yield_per=2000)
EMPTY = sa.text(  # second visits that gave no score
    """
    INSERT INTO scores (run, image, method, visit, layout, numbers)
    SELECT run, image, method, 2, :layout, :numbers FROM comparisons WHERE NOT EXISTS (
        SELECT 1 FROM scores WHERE scores.run = comparisons.run AND visit = 2
        AND scores.image = comparisons.image AND scores.method = comparisons.method
    )
    """
).bindparams(sa.bindparam("numbers", type_=sa.LargeBinary))
CELL = ("run", "image", "method")


def _table(name: str, *columns: str) -> sa.TableClause:
    kinds: dict[str, Any] = {
        "numbers": sa.LargeBinary(),
        "visit": sa.Integer(),
        "length": sa.Integer(),
    }
    return sa.table(name, *(sa.column(one, kinds.get(one, sa.Text())) for one in columns))


LAYOUTS = _table("layouts", "id", "text")
SCORES = _table("scores", *CELL, "visit", "layout", "numbers")
FAILURES = _table("failures", *CELL, "metric", "error")
CURVES = _table("curves", *CELL, "metric", "length", "numbers")


def _rows(cell: Sequence[str], rows: Sequence[Any]) -> tuple[list[dict[str, Any]], ...]:
    """The layouts, scores, failures and curves of a cell, from its old rows."""
    key = dict(zip(CELL, cell, strict=True))
    visits: dict[int, list[Any]] = {}
    for row in rows:
        late = row.compared and row.metric.partition(".")[0] in SECOND
        visits.setdefault(2 if late else 1, []).append(row)
    layouts = {visit: _layout(found) for visit, found in visits.items()}
    scores = [
        {**key, "visit": visit, "layout": layouts[visit]["id"], "numbers": _values(found)}
        for visit, found in visits.items()
    ]
    failures = [{**key, "metric": row.metric, "error": row.error} for row in rows if row.error]
    curves = [{**key, "metric": row.metric, **_curve(row.curve)} for row in rows if row.curve]
    return list(layouts.values()), scores, failures, curves


def _layout(rows: Sequence[Any]) -> dict[str, str]:
    """What the numbers of a visit are, and the id of that."""
    text = json.dumps([[row.metric, row.unit, row.better, row.place] for row in rows])
    return {"id": hashlib.sha256(text.encode()).hexdigest()[:32], "text": text}


def _values(rows: Sequence[Any]) -> bytes:
    return _packed([math.nan if row.value is None else row.value for row in rows])


def _curve(stored: str) -> dict[str, Any]:
    rows = json.loads(stored)
    return {"length": len(rows[0]), "numbers": _packed(list(itertools.chain(*rows)))}


def _packed(numbers: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(numbers)}d", *numbers)
