"""The tables of the store: what outlives a process, and how its rows hang together."""

from __future__ import annotations

import sqlalchemy as sa

schema = sa.MetaData()
runs_table = sa.Table(
    "runs",
    schema,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("spec", sa.Text, nullable=False),
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
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("image", sa.Text, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("picture", sa.LargeBinary),  # PNG at the input size: what the model saw
    sa.Column("label", sa.Integer),
    sa.Column("label_name", sa.Text, nullable=False, default=""),
    sa.Column("target", sa.Integer),
    sa.Column("target_name", sa.Text, nullable=False, default=""),
    sa.Column("probability", sa.Float),  # of the target
    sa.Column("answer", sa.Integer),  # the model's own class where it is not the target
    sa.Column("answer_name", sa.Text),
)
cells_table = sa.Table(
    "cells",
    schema,
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("image", sa.Text, primary_key=True),
    sa.Column("method", sa.Text, primary_key=True),  # the key in the run
    sa.Column("map", sa.LargeBinary),  # zlib of float32 [H,W]
    sa.Column("side", sa.Integer),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("forward_passes", sa.Integer, nullable=False),
    sa.Column("backward_passes", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
)
scores_table = sa.Table(
    "scores",
    schema,
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("image", sa.Text, primary_key=True),
    sa.Column("method", sa.Text, primary_key=True),
    sa.Column("metric", sa.Text, primary_key=True),  # a side value is `metric.side`
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("better", sa.String(8), nullable=False),
    sa.Column("curve", sa.Text),  # JSON [[fractions], [probabilities], [energy gaps]]
    sa.Column("error", sa.Text, nullable=False),
)
comparisons_table = sa.Table(
    "comparisons",
    schema,  # cells that have been visited again, to compare their maps with those of other images
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("image", sa.Text, primary_key=True),
    sa.Column("method", sa.Text, primary_key=True),
)
findings_table = sa.Table(
    "findings",
    schema,  # of experiments on methods
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("method", sa.Text, primary_key=True),
    sa.Column("experiment", sa.String(64), primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("words", sa.Text, nullable=False),
)
spans_table = sa.Table(
    "spans",
    schema,  # when a process worked on a run: a run that was stopped and went on has several
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("began_at", sa.String(32), primary_key=True),
    sa.Column("ended_at", sa.String(32), nullable=False),
)
stops_table = sa.Table(
    "stops",
    schema,  # runs that somebody wants stopped
    sa.Column("run", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("asked_at", sa.String(32), nullable=False),
)
