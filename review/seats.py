"""Seats in the database: who a token is, who may take a seat, and what the host's seat needs to be
given anew. Every function works inside the caller's transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from heatcheck.core.errors import NotAllowed
from heatcheck.review.schema import seats_table, sessions_table
from heatcheck.review.texts import alike, skeleton
from heatcheck.review.tokens import hashed, invitation_of, new_id, stamp

INVITATION = timedelta(days=14)
SEAT = timedelta(days=90)
Role = Literal["host", "reviewer"]


def seat_of(connection: sa.Connection, token: str, now: datetime, role: Role | None = None) -> Any:
    """The row of a token's seat with its session's state, decision, run and number of invitations,
    locked against a change of state until the transaction ends.

    Raises:
        NotAllowed: the token opens nothing, has expired, or is not the `role`'s.
    """
    of_session = (
        sessions_table.c.state,
        sessions_table.c.decision,
        sessions_table.c.invitations,
        sessions_table.c.run,
    )
    query = (
        sa.select(seats_table, *of_session)
        .join(sessions_table)
        .where(seats_table.c.token == hashed(token))
    )
    row = connection.execute(query.with_for_update(read=True, of=sessions_table)).mappings().first()
    if row is None:
        raise NotAllowed(
            "This link opens no session. Open the link you were given, or join again. The session "
            "may have been deleted."
        )
    if row["until"] < stamp(now):
        ask = (
            "Ask whoever runs the server: heatcheck sessions --new-host gives a new one."
            if row["role"] == "host"
            else "Ask the host for an invitation."
        )
        raise NotAllowed(f"Your link has expired. {ask}")
    if role is not None and row["role"] != role:
        raise NotAllowed(
            f"Only the {role} of the session can do this. You are a {row['role']}: ask the {role}."
        )
    return row


def enter(connection: sa.Connection, token: str, now: datetime, role: Role) -> Any:
    """`seat_of` for a change: the first statement writes, so that nobody else writes between this
    check and the change.
    """
    connection.execute(
        seats_table.update().where(seats_table.c.token == hashed(token)).values(seen_at=stamp(now))
    )
    return seat_of(connection, token, now, role)


def invited(
    connection: sa.Connection, invitation: str, now: datetime, *, joining: bool = False
) -> Any:
    """The row of the session that an invitation opens, locked until the transaction ends: against
    a change of state, and where somebody is `joining` against others who join.

    Raises:
        NotAllowed: it opens none.
    """
    query = (
        sa.select(sessions_table)
        .where(sessions_table.c.invitation == hashed(invitation))
        .with_for_update(read=not joining)
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotAllowed(
            "This invitation opens no session. Ask the host for the link as it is now."
        )
    if row["invitation_until"] < stamp(now):
        raise NotAllowed("This invitation has expired. Ask the host for a new one.")
    return row


def expect_free(connection: sa.Connection, session: str, name: str) -> None:
    """Raise NotAllowed where somebody in the session has a name that looks the same."""
    names = sa.select(seats_table.c.name).where(seats_table.c.session == session)
    taken = next((known for known in connection.scalars(names) if alike(known, name)), None)
    if taken is None:
        return
    words = "is taken" if taken == name else f"reads like {taken!r}, which is taken"
    raise NotAllowed(f"The name {name!r} {words}. Choose another, or open your own link again.")


def sit(
    connection: sa.Connection, session: str, name: str, role: Role, token: str, now: datetime
) -> str:
    """Write a new seat; its id. Raises NotAllowed where the name has been taken this moment."""
    seat = new_id()
    row = {
        "id": seat,
        "session": session,
        "name": name,
        "folded": skeleton(name),
        "role": role,
        "token": hashed(token),
        "until": stamp(now + SEAT),
        "seen_at": stamp(now),
    }
    try:
        connection.execute(seats_table.insert().values(**row))
    except sa.exc.IntegrityError as error:
        raise NotAllowed(f"The name {name!r} has just been taken. Choose another.") from error
    return seat


def replace_host(connection: sa.Connection, session: str, token: str, now: datetime) -> None:
    """Give the host's seat a new token and its whole time again. The token before and the
    invitation, which came from it, open nothing any more.
    """
    connection.execute(
        seats_table.update()
        .where((seats_table.c.session == session) & (seats_table.c.role == "host"))
        .values(token=hashed(token), until=stamp(now + SEAT))
    )
    number = connection.scalar(
        sa.select(sessions_table.c.invitations).where(sessions_table.c.id == session)
    )
    invite(connection, session, token, int(number or 0) + 1, now)


def invite(connection: sa.Connection, session: str, token: str, number: int, now: datetime) -> str:
    """Make the session's `number`th invitation from the host's token; the one before opens nothing
    any more.
    """
    invitation = invitation_of(token, number)
    connection.execute(
        sessions_table.update()
        .where(sessions_table.c.id == session)
        .values(
            invitations=number,
            invitation=hashed(invitation),
            invitation_until=stamp(now + INVITATION),
        )
    )
    return invitation
