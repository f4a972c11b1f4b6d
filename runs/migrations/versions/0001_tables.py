"""The tables as they were before stores had a version; those that an older store lacks are added.

Revision ID: 0001
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make what is missing."""
    present = set(sa.inspect(op.get_bind()).get_table_names())
    for name, columns in TABLES.items():
        if name not in present:
            op.create_table(name, *columns())
    if "review_sessions" not in present:
        op.create_index("ix_review_sessions_run", "review_sessions", ["run"])
    if "review_items" not in present:
        op.create_index("ix_review_items_seat", "review_items", ["seat"])


def _run(**options: Any) -> sa.Column[Any]:
    return sa.Column("run", sa.String(64), sa.ForeignKey("runs.id", ondelete="CASCADE"), **options)


def _cell() -> list[Any]:
    return [
        _run(primary_key=True),
        sa.Column("image", sa.Text, primary_key=True),
        sa.Column("method", sa.Text, primary_key=True),
    ]


TABLES: dict[str, Any] = {
    "runs": lambda: [
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("asked_at", sa.String(32), nullable=False),
        sa.Column("began_at", sa.String(32)),
        sa.Column("ended_at", sa.String(32)),
        sa.Column("heard_at", sa.String(32)),
        sa.Column("host", sa.Text),
        sa.Column("pid", sa.Integer),
        sa.Column("progress", sa.Text, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("provenance", sa.Text, nullable=False),
    ],
    "images": lambda: [
        _run(primary_key=True),
        sa.Column("image", sa.Text, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("picture", sa.LargeBinary),
        sa.Column("label", sa.Integer),
        sa.Column("label_name", sa.Text, nullable=False),
        sa.Column("target", sa.Integer),
        sa.Column("target_name", sa.Text, nullable=False),
        sa.Column("probability", sa.Float),
    ],
    "cells": lambda: [
        *_cell(),
        sa.Column("map", sa.LargeBinary),
        sa.Column("side", sa.Integer),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("forward_passes", sa.Integer, nullable=False),
        sa.Column("backward_passes", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
    ],
    "scores": lambda: [
        *_cell(),
        sa.Column("metric", sa.Text, primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("better", sa.String(8), nullable=False),
        sa.Column("curve", sa.Text),
        sa.Column("error", sa.Text, nullable=False),
    ],
    "comparisons": _cell,
    "findings": lambda: [
        _run(primary_key=True),
        sa.Column("method", sa.Text, primary_key=True),
        sa.Column("experiment", sa.String(64), primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("words", sa.Text, nullable=False),
    ],
    "spans": lambda: [
        _run(primary_key=True),
        sa.Column("began_at", sa.String(32), primary_key=True),
        sa.Column("ended_at", sa.String(32), nullable=False),
    ],
    "stops": lambda: [
        _run(primary_key=True),
        sa.Column("asked_at", sa.String(32), nullable=False),
    ],
    "review_sessions": lambda: [
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column(
            "run", sa.String(64), sa.ForeignKey("runs.id", ondelete="RESTRICT"), nullable=False
        ),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("images", sa.Text, nullable=False),
        sa.Column("methods", sa.Text, nullable=False),
        sa.Column("votes_per_image", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("closed_at", sa.String(32)),
        sa.Column("invitations", sa.Integer, nullable=False),
        sa.Column("invitation", sa.String(64), nullable=False, unique=True),
        sa.Column("invitation_until", sa.String(32), nullable=False),
    ],
    "review_seats": lambda: [
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column(
            "session",
            sa.String(32),
            sa.ForeignKey("review_sessions.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("token", sa.String(64), nullable=False, unique=True),
        sa.Column("until", sa.String(32), nullable=False),
        sa.Column("seen_at", sa.String(32), nullable=False),
        sa.UniqueConstraint("session", "folded"),
    ],
    "review_items": lambda: [
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column(
            "seat",
            sa.String(32),
            sa.ForeignKey("review_seats.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("image", sa.Text, nullable=False),
        sa.Column("left", sa.Text, nullable=False),
        sa.Column("right", sa.Text, nullable=False),
        sa.UniqueConstraint("seat", "place"),
    ],
    "review_votes": lambda: [
        sa.Column(
            "item",
            sa.String(32),
            sa.ForeignKey("review_items.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("choice", sa.String(16), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("cast_at", sa.String(32), nullable=False),
    ],
}
