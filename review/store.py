"""The team sessions of a store. Whoever asks shows a token; what it does not open is refused here,
not on the pages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

import sqlalchemy as sa

from heatcheck.core.errors import BadParameter
from heatcheck.review import ballots, seats, sessions
from heatcheck.review.ballots import Item
from heatcheck.review.pairs import draw
from heatcheck.review.schema import sessions_table
from heatcheck.review.seats import Role
from heatcheck.review.sessions import Session
from heatcheck.review.tally import Choice, Outcome
from heatcheck.review.texts import tidy
from heatcheck.review.tokens import hashed, invitation_of, new_id, new_token, stamp
from heatcheck.runs.store import Store


@dataclass(frozen=True)
class Seat:
    """A person in a session: what a token opens."""

    id: str
    name: str
    role: Role
    session: Session


class Reviews:
    """The sessions in a store. Every refusal is a NotAllowed that says what to do; bad words are a
    BadParameter.
    """

    def __init__(
        self, store: Store, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.store = store
        self.now = now

    # -- entering ----------------------------------------------------------------------------------

    def open_session(
        self,
        run: str,
        title: str,
        question: str,
        images: Sequence[str],
        methods: Sequence[str],
        votes_per_image: int,
        host: str,
    ) -> str:
        """Make a session of a run's images and methods; the host's token, which is given out once.

        Raises:
            BadParameter: a text is empty or too long, an image or method is not in the run, or
            there are fewer pairs than votes.
        """
        title, question, host = tidy("title", title), tidy("question", question), tidy("name", host)
        known = self.store.runs.get(run)
        sessions.check(self.store, known.id, images, methods, votes_per_image)
        session, token, now = new_id(), new_token(), self.now()
        row = {
            "id": session,
            "run": known.id,
            "title": title,
            "question": question,
            "images": json.dumps(list(images)),
            "methods": json.dumps(list(methods)),
            "votes_per_image": votes_per_image,
            "state": "voting",
            "decision": "",
            "made_at": stamp(now),
            "invitations": 1,
            "invitation": hashed(invitation_of(token, 1)),
            "invitation_until": stamp(now + seats.INVITATION),
        }
        try:
            with self.store.database.writing() as connection:
                connection.execute(sessions_table.insert().values(**row))
                seats.sit(connection, session, host, "host", token, now)
        except sa.exc.IntegrityError as error:
            raise BadParameter(
                f"Run {known.id} has just been deleted. Choose another run to review."
            ) from error
        return token

    def invitation(self, token: str) -> str:
        """The invitation that is good now. For the host."""
        with self.store.database.reading() as connection:
            row = seats.seat_of(connection, token, self.now(), "host")
        return invitation_of(token, row["invitations"])

    def renew_invitation(self, token: str) -> str:
        """A new invitation; the one before opens nothing any more. Who is in stays in. For the
        host.
        """
        with self.store.database.writing() as connection:
            row = seats.enter(connection, token, self.now(), "host")
            return seats.invite(
                connection, row["session"], token, row["invitations"] + 1, self.now()
            )

    def invited(self, invitation: str) -> Session:
        """The session that an invitation opens. Raises NotAllowed where it opens none."""
        with self.store.database.reading() as connection:
            return sessions.session_of(seats.invited(connection, invitation, self.now()))

    def join(self, invitation: str, name: str) -> str:
        """Take a seat as a reviewer: the person's token, which is given out once. Their pairs are
        drawn now and stay.

        Raises:
            NotAllowed: the invitation opens nothing, voting has ended, or somebody has a name that
            looks the same.
        """
        name = tidy("name", name)
        token, now = new_token(), self.now()
        with self.store.database.writing() as connection:
            sessions.change(
                connection, "", state="voting"
            )  # changes nothing: the write lock, first
            row = seats.invited(connection, invitation, now, joining=True)
            sessions.expect_voting(row["state"])
            seats.expect_free(connection, row["id"], name)
            seat = seats.sit(connection, row["id"], name, "reviewer", token, now)
            images, methods = json.loads(row["images"]), json.loads(row["methods"])
            pairs = draw(row["id"], name, images, methods, row["votes_per_image"])
            ballots.deal(connection, seat, pairs)
        return token

    def seat(self, token: str) -> Seat:
        """Who a token is, and in which session. Raises NotAllowed where it opens nothing."""
        with self.store.database.reading() as connection:
            row = seats.seat_of(connection, token, self.now())
            of_seat = sa.select(sessions_table).where(sessions_table.c.id == row["session"])
            session = connection.execute(of_seat).mappings().one()
        return Seat(row["id"], row["name"], row["role"], sessions.session_of(session))

    # -- voting ------------------------------------------------------------------------------------

    def ballot(self, token: str) -> list[Item]:
        """A reviewer's items in order, with the answers so far; at most one is in sight."""
        with self.store.database.reading() as connection:
            seat = seats.seat_of(connection, token, self.now(), "reviewer")["id"]
            return ballots.items_of(connection, seat)

    def turn_to(self, token: str, item: str | None) -> None:
        """Bring an item in sight, to answer it or to change its answer; None: the first without an
        answer. For a reviewer. Raises as `cast` does.
        """
        with self.store.database.writing() as connection:
            row = seats.enter(connection, token, self.now(), "reviewer")
            sessions.expect_voting(row["state"])
            if item is not None:
                ballots.expect_own(ballots.items_of(connection, row["id"]), item)
            ballots.turn(connection, row["id"], item)

    def cast(self, token: str, item: str, choice: Choice) -> None:
        """Save a vote on the item in sight, and bring the next in sight. An earlier vote on it is
        replaced; its note stays.

        Raises:
            NotInSight: the person has another item before them; nothing is changed. Go back to it
            first with `turn_to`.
            NotAllowed: the token opens nothing, the item is another person's, or voting has ended.
            BadParameter: the choice is none of left, right, tie, neither.
        """
        if choice not in get_args(Choice):
            raise BadParameter(
                f"Expected a choice of {', '.join(get_args(Choice))}. Got {choice!r}."
            )
        with self.store.database.writing() as connection:
            row = seats.enter(connection, token, self.now(), "reviewer")
            sessions.expect_voting(row["state"])
            items = ballots.items_of(connection, row["id"])
            voted = ballots.expect_own(items, item)
            ballots.expect_in_sight(items, voted)
            ballots.answer(connection, item, choice=choice, cast_at=stamp(self.now()))
            ballots.turn(connection, row["id"], ballots.after(items, voted))

    def write_note(self, token: str, item: str, note: str) -> None:
        """Save a note on an item, in sight or not, before or after the vote. Raises NotAllowed as
        `cast` does.
        """
        note = tidy("note", note, empty=True)
        with self.store.database.writing() as connection:
            row = seats.enter(connection, token, self.now(), "reviewer")
            sessions.expect_voting(row["state"])
            ballots.expect_own(ballots.items_of(connection, row["id"]), item)
            ballots.answer(connection, item, note=note, cast_at=stamp(self.now()))

    # -- hosting -----------------------------------------------------------------------------------

    def outcome(self, token: str) -> Outcome:
        """What has come of a session so far. For the host at any time, with letters for methods
        while votes are cast; for reviewers once names are revealed.
        """
        seat = self.seat(token)
        if seat.role != "host":
            sessions.expect_told(seat.session.state)
        with self.store.database.reading() as connection:
            return sessions.outcome_of(connection, seat.session)

    def outcomes(self, run: str) -> tuple[Outcome, ...]:
        """A run's sessions whose names are revealed, oldest first; one that is still blind is left
        out.
        """
        revealed = [session for session in self.sessions(run) if session.state != "voting"]
        with self.store.database.reading() as connection:
            return tuple(sessions.outcome_of(connection, session) for session in revealed)

    def sessions(self, run: str | None = None) -> list[Session]:
        """The sessions of a run, or all, oldest first."""
        query = sa.select(sessions_table).order_by(sessions_table.c.made_at, sessions_table.c.id)
        if run is not None:
            query = query.where(sessions_table.c.run == run)
        with self.store.database.reading() as connection:
            return [sessions.session_of(row) for row in connection.execute(query).mappings()]

    def reveal(self, token: str) -> None:
        """End the voting and give the names: a vote cast with the names in sight would not be
        blind. For the host, and not before somebody has voted.
        """
        with self.store.database.writing() as connection:
            row = seats.enter(connection, token, self.now(), "host")
            sessions.expect_voting(row["state"])
            sessions.expect_a_vote(connection, row["session"])
            sessions.change(connection, row["session"], state="revealed")

    def decide(self, token: str, decision: str) -> None:
        """Write the decision, after the names are revealed and before the session is closed. For
        the host.
        """
        decision = tidy("decision", decision, empty=True)
        with self.store.database.writing() as connection:
            row = seats.enter(connection, token, self.now(), "host")
            sessions.expect_revealed(row["state"])
            sessions.change(connection, row["session"], decision=decision)

    def close(self, token: str) -> None:
        """Close the session: nothing in it changes any more. For the host, and not without a
        decision.
        """
        with self.store.database.writing() as connection:
            row = seats.enter(connection, token, self.now(), "host")
            sessions.expect_revealed(row["state"])
            sessions.expect_a_decision(row["decision"])
            sessions.change(connection, row["session"], state="closed", closed_at=stamp(self.now()))

    def delete(self, token: str) -> None:
        """Delete the session with all its votes. For the host."""
        with self.store.database.writing() as connection:
            row = seats.enter(connection, token, self.now(), "host")
            sessions.remove(connection, row["session"])
