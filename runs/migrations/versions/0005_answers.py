"""What the model answers is kept beside what is explained, where the two differ.

Without an answer the explained class is the model's own, as in all runs of before.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("images", sa.Column("answer", sa.Integer))
    op.add_column("images", sa.Column("answer_name", sa.Text))
