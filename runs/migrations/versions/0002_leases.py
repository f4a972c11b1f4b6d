"""Runs have a lease in place of a process number, say who started them, and count their steps.

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COUNTS = """
UPDATE runs SET
    done = (SELECT count(*) FROM cells WHERE cells.run = runs.id)
         + (SELECT count(*) FROM comparisons WHERE comparisons.run = runs.id),
    failures = (SELECT count(*) FROM scores WHERE scores.run = runs.id AND scores.error <> '')
"""


def upgrade() -> None:
    """Add the columns and count what is there. A run that was under way is interrupted."""
    for name, kind, default in (
        ("lease", sa.Integer, "0"),
        ("done", sa.Integer, "0"),
        ("failures", sa.Integer, "0"),
        ("started_by", sa.String(16), ""),
    ):
        column: sa.Column[object] = sa.Column(name, kind, nullable=False, server_default=default)
        op.add_column("runs", column)
    op.add_column("runs", sa.Column("held_until", sa.Float))
    op.drop_column("runs", "heard_at")
    op.execute(COUNTS)
