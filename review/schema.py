"""The tables of team sessions, beside those of the runs."""

from __future__ import annotations

import sqlalchemy as sa

from heatcheck.runs.schema import runs_table

schema = sa.MetaData()
sessions_table = sa.Table(
    "review_sessions",
    schema,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column(
        "run", sa.ForeignKey(runs_table.c.id, ondelete="RESTRICT"), nullable=False, index=True
    ),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("images", sa.Text, nullable=False),  # JSON list of names
    sa.Column("methods", sa.Text, nullable=False),  # JSON list of keys in the run
    sa.Column("votes_per_image", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # voting, revealed, closed
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("closed_at", sa.String(32)),
    sa.Column(
        "invitations", sa.Integer, nullable=False
    ),  # how many there have been; the last one is good
    sa.Column("invitation", sa.String(64), nullable=False, unique=True),  # sha256
    sa.Column("invitation_until", sa.String(32), nullable=False),
)
seats_table = sa.Table(
    "review_seats",
    schema,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("session", sa.ForeignKey(sessions_table.c.id, ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("folded", sa.Text, nullable=False),  # the skeleton of the name
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("token", sa.String(64), nullable=False, unique=True),  # sha256
    sa.Column("until", sa.String(32), nullable=False),
    sa.Column("seen_at", sa.String(32), nullable=False),
    sa.UniqueConstraint("session", "folded"),
)
items_table = sa.Table(
    "review_items",
    schema,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column(
        "seat", sa.ForeignKey(seats_table.c.id, ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("image", sa.Text, nullable=False),
    sa.Column("left", sa.Text, nullable=False),
    sa.Column("right", sa.Text, nullable=False),
    sa.UniqueConstraint("seat", "place"),
)
votes_table = sa.Table(
    "review_votes",
    schema,
    sa.Column(
        "item", sa.ForeignKey(items_table.c.id, ondelete="CASCADE"), primary_key=True
    ),  # an item is one person's: one vote each
    sa.Column("choice", sa.String(16), nullable=False),  # "" for a note alone
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("cast_at", sa.String(32), nullable=False),
)
sights_table = sa.Table(
    "review_sights",  # the pair that a person has in sight: the one that takes a vote
    schema,
    sa.Column("seat", sa.ForeignKey(seats_table.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "item", sa.ForeignKey(items_table.c.id, ondelete="CASCADE")
    ),  # none: the first without an answer
)
