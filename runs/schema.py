"""The tables of the store: what outlives a process, and how its rows hang together."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def _run() -> sa.Column[Any]:
    """The run that a row belongs to; part of its key."""
    return sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)


def _cell() -> tuple[sa.Column[Any], ...]:
    """The cell that a row is about: run, image and the method's key in the run."""
    image, method = (sa.Column(name, sa.Text, primary_key=True) for name in ("image", "method"))
    return _run(), image, method


schema = sa.MetaData()
specs_table = sa.Table(
    "specs",
    schema,  # apart from the runs, whose rows are written anew with each step
    sa.Column("digest", sa.String(64), primary_key=True),  # sha256 of the text
    sa.Column("text", sa.Text, nullable=False),  # JSON
)
runs_table = sa.Table(
    "runs",
    schema,
    sa.Column("id", sa.String(64), primary_key=True),
    # never NULL, which SQLite cannot demand of a column that was added
    sa.Column("spec_digest", sa.ForeignKey("specs.digest")),
    # waiting, running, finished, failed, cancelled; a run whose lease is stale is interrupted
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("asked_at", sa.String(32), nullable=False),
    sa.Column("began_at", sa.String(32)),
    sa.Column("ended_at", sa.String(32)),
    # how often the run was claimed or taken away: a write that carries an older number is refused
    sa.Column("lease", sa.Integer, nullable=False, server_default="0"),
    sa.Column("held_until", sa.Float),  # seconds of the store's own clock
    sa.Column("started_by", sa.String(16), nullable=False, server_default=""),
    sa.Column("host", sa.Text),  # of the process that works on it, for people
    sa.Column("pid", sa.Integer),
    sa.Column("progress", sa.Text, nullable=False, default=""),
    sa.Column("problem", sa.Text, nullable=False, default=""),
    sa.Column("provenance", sa.Text, nullable=False, default="{}"),
    # steps, counted as they are committed: cells, and second visits to cells
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),  # scores with an error
)
images_table = sa.Table(
    "images",
    schema,
    _run(),
    sa.Column("image", sa.Text, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("label", sa.Integer),
    sa.Column("label_name", sa.Text, nullable=False, default=""),
    sa.Column("target", sa.Integer),
    sa.Column("target_name", sa.Text, nullable=False, default=""),
    sa.Column("probability", sa.Float),  # of the target
    sa.Column("answer", sa.Integer),  # the model's own class where it is not the target
    sa.Column("answer_name", sa.Text),
)
pictures_table = sa.Table(
    "pictures",
    schema,  # apart from what is known of the images, so that a list of them reads no picture
    _run(),
    sa.Column("image", sa.Text, primary_key=True),
    sa.Column("picture", sa.LargeBinary, nullable=False),  # PNG at the input size: as the model saw
)
cells_table = sa.Table(
    "cells",
    schema,
    *_cell(),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("forward_passes", sa.Integer, nullable=False),
    sa.Column("backward_passes", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("machine", sa.String(16)),  # that computed it
)
maps_table = sa.Table(
    "maps",
    schema,
    *_cell(),
    sa.Column("side", sa.Integer, nullable=False),  # H
    sa.Column("map", sa.LargeBinary, nullable=False),  # zlib of float32 [H,W]
)
machines_table = sa.Table(
    "machines",
    schema,  # the kinds of machine that computed a run's cells
    _run(),
    sa.Column("machine", sa.String(16), primary_key=True),
    sa.Column("facts", sa.Text, nullable=False),  # JSON
)
layouts_table = sa.Table(
    "layouts",
    schema,  # what the numbers of a step are, kept once for all steps that have the same
    sa.Column("id", sa.String(32), primary_key=True),  # the beginning of the text's sha256
    sa.Column("text", sa.Text, nullable=False),  # JSON [[name, unit, better, place], ...]
)
scores_table = sa.Table(
    "scores",
    schema,  # a row a step, so a second visit to a cell that is committed has its row
    *_cell(),
    sa.Column(
        "visit", sa.Integer, primary_key=True, autoincrement=False
    ),  # 1, or 2: compared with other images' maps
    sa.Column("layout", sa.ForeignKey("layouts.id"), nullable=False),
    sa.Column("numbers", sa.LargeBinary, nullable=False),  # float64, NaN for none
    sqlite_with_rowid=False,
)
failures_table = sa.Table(
    "failures",
    schema,  # scores that there are none of, and why
    *_cell(),
    sa.Column("metric", sa.Text, primary_key=True),
    sa.Column("error", sa.Text, nullable=False),
)
curves_table = sa.Table(
    "curves",
    schema,  # ordered so that a metric's curves lie together
    _run(),
    sa.Column("metric", sa.Text, primary_key=True),  # a side value's is `metric.side`
    sa.Column("method", sa.Text, primary_key=True),
    sa.Column("image", sa.Text, primary_key=True),
    sa.Column("length", sa.Integer, nullable=False),  # in points
    # float64: fractions, probabilities, then energy gaps where there are any
    sa.Column("numbers", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
findings_table = sa.Table(
    "findings",
    schema,  # of experiments on methods
    _run(),
    sa.Column("method", sa.Text, primary_key=True),
    sa.Column("experiment", sa.String(64), primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("words", sa.Text, nullable=False),
)
spans_table = sa.Table(
    "spans",
    schema,  # when a process worked on a run: a run that was stopped and went on has several
    _run(),
    sa.Column("began_at", sa.String(32), primary_key=True),
    sa.Column("ended_at", sa.String(32), nullable=False),
)
stops_table = sa.Table(
    "stops",
    schema,  # runs that somebody wants stopped
    _run(),
    sa.Column("asked_at", sa.String(32), nullable=False),
)
# whose rows go with their run
OF_RUNS = tuple(table for table in schema.tables.values() if "run" in table.c)
