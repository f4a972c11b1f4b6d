"""What whoever runs the server may do with sessions without a token: list them, delete one, give
one a new host's link. Whoever has the store has all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from heatcheck.core.errors import unknown
from heatcheck.review import seats, sessions
from heatcheck.review.schema import seats_table
from heatcheck.review.sessions import Session
from heatcheck.review.store import Reviews
from heatcheck.review.tokens import new_token


@dataclass(frozen=True)
class Listed:
    """A session, its host, and until when the host's link is good."""

    session: Session
    host: str
    until: datetime
    expired: bool


def listed(reviews: Reviews) -> list[Listed]:
    """All sessions in the store, oldest first."""
    hosts = sa.select(seats_table.c.session, seats_table.c.name, seats_table.c.until).where(
        seats_table.c.role == "host"
    )
    with reviews.store.database.reading() as connection:
        names = {row.session: row for row in connection.execute(hosts)}
    return [
        Listed(session, row.name, until, until < reviews.now())
        for session in reviews.sessions()
        for row in [names[session.id]]
        for until in [datetime.fromisoformat(row.until)]
    ]


def find(reviews: Reviews, beginning: str) -> Session:
    """The session whose id begins so. Raises UnknownName where none does, or more than one."""
    known = reviews.sessions()
    matches = [session for session in known if beginning and session.id.startswith(beginning)]
    if len(matches) != 1:
        raise unknown(
            "session", beginning, [session.id for session in known], "Say more of its id."
        )
    return matches[0]


def new_host(reviews: Reviews, session: str) -> str:
    """A new token for the session's host, which is given out once; the host's link and the
    invitation before open nothing any more. Reviewers stay in.
    """
    token = new_token()
    with reviews.store.database.writing() as connection:
        seats.replace_host(connection, session, token, reviews.now())
    return token


def delete(reviews: Reviews, session: str) -> None:
    """Delete a session with all its votes."""
    with reviews.store.database.writing() as connection:
        sessions.remove(connection, session)
