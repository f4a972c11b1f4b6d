"""Sessions know the pair that each person has in sight.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table. Without a row a person has the first pair in sight that has no answer."""
    op.create_table(
        "review_sights",
        sa.Column(
            "seat",
            sa.String(32),
            sa.ForeignKey("review_seats.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("item", sa.String(32), sa.ForeignKey("review_items.id", ondelete="CASCADE")),
    )
