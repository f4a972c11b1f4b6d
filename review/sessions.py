"""Sessions in the database: made, read, told as an outcome, deleted. Every function works inside
the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from heatcheck.core.errors import BadParameter, NotAllowed
from heatcheck.review.pairs import letters, possible
from heatcheck.review.schema import (
    items_table,
    seats_table,
    sessions_table,
    sights_table,
    votes_table,
)
from heatcheck.review.tally import Outcome, Reviewer, State, Vote, disagreement, tally
from heatcheck.runs.samples import samples_of
from heatcheck.runs.schema import runs_table, specs_table
from heatcheck.runs.store import Store

MOST_ITEMS = 500  # of one reviewer: more is no review


@dataclass(frozen=True)
class Session:
    """A team's review of a run."""

    id: str
    run: str
    title: str
    question: str
    images: tuple[str, ...]
    methods: tuple[str, ...]  # keys in the run
    votes_per_image: int
    state: State
    decision: str
    made_at: datetime
    closed_at: datetime | None
    invitation_until: datetime


def session_of(row: Any) -> Session:
    """A row of the table as a session."""
    return Session(
        row["id"],
        row["run"],
        row["title"],
        row["question"],
        tuple(json.loads(row["images"])),
        tuple(json.loads(row["methods"])),
        row["votes_per_image"],
        row["state"],
        row["decision"],
        datetime.fromisoformat(row["made_at"]),
        datetime.fromisoformat(row["closed_at"]) if row["closed_at"] else None,
        datetime.fromisoformat(row["invitation_until"]),
    )


def check(
    store: Store, run: str, images: Sequence[str], methods: Sequence[str], votes_per_image: int
) -> None:
    """Raise BadParameter where a session of these cannot be made from the run."""
    mapped = store.results.mapped_cells(run)
    for image in images:
        for method in methods:
            if (image, method) not in mapped:
                raise BadParameter(
                    f"The run {run} has no map of {method} on image {image!r}. Choose another "
                    "method or image."
                )
    if len(set(images)) < len(images) or not images:
        raise BadParameter(
            f"A session needs at least one image, and each once; you chose {len(images)}."
        )
    if len(set(methods)) < len(methods) or len(methods) < 2:
        raise BadParameter(
            f"A session needs at least two methods, and each once; you chose {len(methods)}."
        )
    if not 1 <= votes_per_image <= possible(len(methods)):
        raise BadParameter(
            f"{len(methods)} methods make {possible(len(methods))} pairs. Choose 1 to that many "
            f"votes an image, not {votes_per_image}."
        )
    if len(images) * votes_per_image > MOST_ITEMS:
        raise BadParameter(
            f"That would be {len(images) * votes_per_image} votes a reviewer; at most {MOST_ITEMS} "
            "are possible. Choose fewer images, or fewer votes an image."
        )


def expect_voting(state: str) -> None:
    """Raise NotAllowed where a session takes no more votes."""
    if state != "voting":
        raise NotAllowed(
            "The voting has ended, so this answer was not saved. The answers you gave before count."
        )


def expect_revealed(state: str) -> None:
    """Raise NotAllowed where the names are still hidden, or the session is closed."""
    if state == "voting":
        raise NotAllowed(
            "The names are still hidden, since votes are being cast. Reveal the names first."
        )
    if state == "closed":
        raise NotAllowed("This session is closed. Make a new one to go on.")


def expect_told(state: str) -> None:
    """Raise NotAllowed where only the host may see what has come of a session."""
    if state == "voting":
        raise NotAllowed(
            "Votes are still being cast. You see what came of it once the host reveals the names."
        )


def expect_a_vote(connection: sa.Connection, session: str) -> None:
    """Raise NotAllowed where nobody has voted: a reveal cannot be undone, and would leave a session
    without an outcome.
    """
    votes = (
        sa.select(sa.func.count())
        .select_from(votes_table.join(items_table).join(seats_table))
        .where((seats_table.c.session == session) & (votes_table.c.choice != ""))
    )
    if not connection.scalar(votes):
        raise NotAllowed(
            "Nobody has voted yet, so there is nothing to reveal. Wait for a vote, or delete the "
            "session."
        )


def expect_a_decision(decision: str) -> None:
    """Raise NotAllowed where there is no decision to close with."""
    if not decision:
        raise NotAllowed("There is no decision yet. Write and save one, then close the session.")


def change(connection: sa.Connection, session: str, **values: Any) -> None:
    """Write columns of a session."""
    connection.execute(
        sessions_table.update().where(sessions_table.c.id == session).values(**values)
    )


def remove(connection: sa.Connection, session: str) -> None:
    """Delete a session with its seats, items and votes."""
    seats = sa.select(seats_table.c.id).where(seats_table.c.session == session)
    items = sa.select(items_table.c.id).where(items_table.c.seat.in_(seats))
    connection.execute(seats.with_for_update())  # in the order of a vote: first seats, then items
    for gone in (
        votes_table.delete().where(votes_table.c.item.in_(items)),
        sights_table.delete().where(sights_table.c.seat.in_(seats)),
        items_table.delete().where(items_table.c.seat.in_(seats)),
        seats_table.delete().where(seats_table.c.session == session),
        sessions_table.delete().where(sessions_table.c.id == session),
    ):
        connection.execute(gone)


def outcome_of(connection: sa.Connection, session: Session) -> Outcome:
    """What has come of a session so far. While votes are cast its methods are letters, whoever
    asks.
    """
    people = (
        sa.select(seats_table.c.id, seats_table.c.name, seats_table.c.role)
        .where(seats_table.c.session == session.id)
        .order_by(seats_table.c.folded)
    )
    answers = (
        sa.select(items_table, seats_table.c.name, votes_table)
        .join(seats_table, seats_table.c.id == items_table.c.seat)
        .outerjoin(votes_table)
        .where(seats_table.c.session == session.id)
        .order_by(seats_table.c.folded, items_table.c.place)
    )
    seats = connection.execute(people).mappings().all()
    rows = connection.execute(answers).mappings().all()
    hidden = session.state == "voting"
    names = (
        letters(session.id, session.methods)
        if hidden
        else {method: method for method in session.methods}
    )
    votes = tuple(
        Vote(
            row["name"],
            row["image"],
            names[row["left"]],
            names[row["right"]],
            row["choice"],
            row["note"],
            datetime.fromisoformat(row["cast_at"]),
        )
        for row in rows
        if row["item"] is not None
    )
    reviewers = tuple(
        Reviewer(
            seat["name"],
            sum(bool(row["choice"]) for row in rows if row["seat"] == seat["id"]),
            sum(row["seat"] == seat["id"] for row in rows),
        )
        for seat in seats
        if seat["role"] == "reviewer"
    )
    methods = sorted(names.values()) if hidden else list(session.methods)
    return Outcome(
        session.title,
        session.question,
        next(seat["name"] for seat in seats if seat["role"] == "host"),
        session.state,
        session.made_at,
        session.closed_at,
        session.decision,
        session.images,
        reviewers,
        votes,
        tally(methods, votes, _samples_of(connection, session.run)),
        disagreement(votes),
    )


def _samples_of(connection: sa.Connection, run: str) -> dict[str, str]:
    """Which sample each image of a run belongs to, whichever version made the run."""
    same = specs_table.c.digest == runs_table.c.spec_digest
    spec = connection.execute(
        sa.select(specs_table.c.text).join(runs_table, same).where(runs_table.c.id == run)
    ).scalar_one()
    images = json.loads(spec)["images"]
    return samples_of((name, digest, "".join(group)) for name, digest, _, *group in images)
