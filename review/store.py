"""Sessions, seats, pairs and votes in SQL, beside the runs. Whoever asks shows a token; what it
does not open is refused here.

A token is 256 random bits and stored as its SHA-256 only. The invitation is derived from the host's
token, so the host can read it again at any time and the database never holds it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

import sqlalchemy as sa

from heatcheck.core.errors import BadParameter, NotAllowed
from heatcheck.review.pairs import Pair, draw, possible
from heatcheck.review.schema import items_table, schema, seats_table, sessions_table, votes_table
from heatcheck.review.tally import Choice, Outcome, Reviewer, State, Vote, disagreement, tally
from heatcheck.runs.store import Store

INVITATION = timedelta(days=14)
SEAT = timedelta(days=90)
LONGEST = {"name": 60, "title": 120, "question": 300, "note": 2000, "decision": 4000}
JOINERS = "\u200c\u200d"  # no picture of their own, but words of some languages need them
MOST_ITEMS = 500  # of one reviewer: more is no review
Role = Literal["host", "reviewer"]


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


@dataclass(frozen=True)
class Seat:
    """A person in a session: what a token opens."""

    id: str
    name: str
    role: Role
    session: Session


@dataclass(frozen=True)
class Item:
    """One question to one person, and the answer so far: "" where there is none."""

    id: str
    place: int
    pair: Pair
    choice: Choice | Literal[""]
    note: str


class Reviews:
    """The sessions in a store. Every refusal is a NotAllowed that says what to do; bad words are a
    BadParameter.
    """

    def __init__(
        self, store: Store, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.store = store
        self._now = now
        schema.create_all(store.engine)

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
        words = {
            key: _text(key, value)
            for key, value in (("title", title), ("question", question), ("name", host))
        }
        known = self.store.runs.get(run)
        mapped = self.store.results.mapped_cells(known.id)
        for image in images:
            for method in methods:
                if (image, method) not in mapped:
                    raise BadParameter(
                        f"Expected a map of {method} on image {image!r} in run "
                        f"{known.id}. There is none. Choose others."
                    )
        if len(set(images)) < len(images) or not images:
            raise BadParameter(
                f"Expected at least one image, and each once. Got {len(images)}. Choose images."
            )
        if len(set(methods)) < len(methods) or len(methods) < 2:
            raise BadParameter(
                f"Expected at least two methods, and each once. Got {len(methods)}. Choose methods."
            )
        if not 1 <= votes_per_image <= possible(len(methods)):
            raise BadParameter(
                f"Expected 1 to {possible(len(methods))} votes an image: {len(methods)} "
                f"methods make no more pairs. Got {votes_per_image}."
            )
        if len(images) * votes_per_image > MOST_ITEMS:
            raise BadParameter(
                f"Expected at most {MOST_ITEMS} votes a reviewer. Got "
                f"{len(images) * votes_per_image}. Choose fewer images."
            )
        session, token, now = secrets.token_hex(16), secrets.token_urlsafe(32), self._now()
        row = {
            "id": session,
            "run": known.id,
            "title": words["title"],
            "question": words["question"],
            "images": json.dumps(list(images)),
            "methods": json.dumps(list(methods)),
            "votes_per_image": votes_per_image,
            "state": "voting",
            "decision": "",
            "made_at": _said(now),
            "invitations": 1,
            "invitation": _hashed(_invitation(token, 1)),
            "invitation_until": _said(now + INVITATION),
        }
        with self.store.engine.begin() as connection:
            connection.execute(sessions_table.insert().values(**row))
            _sit(connection, session, words["name"], "host", token, now)
        return token

    def invitation(self, token: str) -> str:
        """The invitation that is good now. For the host."""
        with self.store.engine.connect() as connection:
            row = self._seat_row(connection, token, "host")
        return _invitation(token, row["invitations"])

    def renew_invitation(self, token: str) -> str:
        """A new invitation; the one before opens nothing any more. Who is in stays in. For the
        host.
        """
        with self.store.engine.begin() as connection:
            row = self._enter(connection, token, "host")
            new = _invitation(token, row["invitations"] + 1)
            changed = {
                "invitations": row["invitations"] + 1,
                "invitation": _hashed(new),
                "invitation_until": _said(self._now() + INVITATION),
            }
            connection.execute(
                sessions_table.update()
                .where(sessions_table.c.id == row["session"])
                .values(**changed)
            )
        return new

    def invited(self, invitation: str) -> Session:
        """The session that an invitation opens. Raises NotAllowed where it opens none."""
        with self.store.engine.connect() as connection:
            return _session(self._invited(connection, invitation))

    def _invited(self, connection: sa.Connection, invitation: str) -> Any:
        query = (
            sa.select(sessions_table)
            .where(sessions_table.c.invitation == _hashed(invitation))
            .with_for_update(read=True)
        )
        row = connection.execute(query).mappings().first()
        if row is None:
            raise NotAllowed(
                "Expected an invitation to a session. This one opens none. Ask the host "
                "for the link as it is now."
            )
        if row["invitation_until"] < _said(self._now()):
            raise NotAllowed(
                "Expected an invitation that is still good. This one has expired. Ask "
                "the host for a new one."
            )
        return row

    def join(self, invitation: str, name: str) -> str:
        """Take a seat as a reviewer: the person's token, which is given out once. Their pairs are
        drawn now and stay.

        Raises:
            NotAllowed: the invitation opens nothing, voting has ended, or somebody has that name.
        """
        name = _text("name", name)
        token = secrets.token_urlsafe(32)
        with self.store.engine.begin() as connection:
            connection.execute(
                sessions_table.update().where(sessions_table.c.id == "").values(state="voting")
            )  # the write lock, first
            row = self._invited(connection, invitation)
            _expect_voting(row["state"])
            taken = sa.select(seats_table.c.id).where(
                (seats_table.c.session == row["id"]) & (seats_table.c.folded == name.casefold())
            )
            if connection.scalar(taken) is not None:
                raise NotAllowed(
                    f"Expected a name that nobody has here. {name!r} is taken. Choose "
                    "another, or open your own link again."
                )
            try:
                seat = _sit(connection, row["id"], name, "reviewer", token, self._now())
            except sa.exc.IntegrityError as error:
                raise NotAllowed(
                    f"Expected a name that nobody has here. {name!r} has just been taken. "
                    "Choose another."
                ) from error
            pairs = draw(
                row["id"],
                name,
                json.loads(row["images"]),
                json.loads(row["methods"]),
                row["votes_per_image"],
            )
            items = [
                {
                    "id": secrets.token_hex(16),
                    "seat": seat,
                    "place": place,
                    "image": pair.image,
                    "left": pair.left,
                    "right": pair.right,
                }
                for place, pair in enumerate(pairs)
            ]
            connection.execute(items_table.insert(), items)
        return token

    def seat(self, token: str) -> Seat:
        """Who a token is, and in which session. Raises NotAllowed where it opens nothing."""
        with self.store.engine.connect() as connection:
            row = self._seat_row(connection, token)
            session = (
                connection.execute(
                    sa.select(sessions_table).where(sessions_table.c.id == row["session"])
                )
                .mappings()
                .one()
            )
        return Seat(row["id"], row["name"], row["role"], _session(session))

    def _seat_row(self, connection: sa.Connection, token: str, role: Role | None = None) -> Any:
        """The seat of a token with its session's state, locked against a change of state until the
        transaction ends.
        """
        of_session = (sessions_table.c.state, sessions_table.c.invitations, sessions_table.c.run)
        query = (
            sa.select(seats_table, *of_session)
            .join(sessions_table)
            .where(seats_table.c.token == _hashed(token))
        )
        row = (
            connection.execute(query.with_for_update(read=True, of=sessions_table))
            .mappings()
            .first()
        )
        if row is None:
            raise NotAllowed(
                "Expected your own link to a session. This one opens none. Open the link "
                "you were given, or join again."
            )
        if row["until"] < _said(self._now()):
            raise NotAllowed(
                "Expected a link that is still good. Yours has expired. Ask the host for "
                "an invitation."
            )
        if role is not None and row["role"] != role:
            raise NotAllowed(
                f"Expected the {role} of the session. You are a {row['role']}. Ask the {role}."
            )
        return row

    def _enter(self, connection: sa.Connection, token: str, role: Role) -> Any:
        """`_seat_row` for a change: the first statement writes, so that nobody else writes between
        this check and the change.
        """
        connection.execute(
            seats_table.update()
            .where(seats_table.c.token == _hashed(token))
            .values(seen_at=_said(self._now()))
        )
        return self._seat_row(connection, token, role)

    # -- voting ------------------------------------------------------------------------------------

    def ballot(self, token: str) -> list[Item]:
        """A reviewer's items in order, with the answers so far."""
        with self.store.engine.connect() as connection:
            seat = self._seat_row(connection, token, "reviewer")["id"]
            query = sa.select(items_table, votes_table.c.choice, votes_table.c.note).outerjoin(
                votes_table
            )
            rows = (
                connection.execute(
                    query.where(items_table.c.seat == seat).order_by(items_table.c.place)
                )
                .mappings()
                .all()
            )
        return [
            Item(
                row["id"],
                row["place"],
                Pair(row["image"], row["left"], row["right"]),
                row["choice"] or "",
                row["note"] or "",
            )
            for row in rows
        ]

    def cast(self, token: str, item: str, choice: Choice) -> None:
        """Save a vote; a second one on the same item replaces the first. Its note stays.

        Raises:
            NotAllowed: the token opens nothing, the item is another person's, or voting has ended.
            BadParameter: the choice is none of left, right, tie, neither.
        """
        if choice not in get_args(Choice):
            raise BadParameter(
                f"Expected a choice of {', '.join(get_args(Choice))}. Got {choice!r}."
            )
        self._answer(token, item, choice=choice)

    def write_note(self, token: str, item: str, note: str) -> None:
        """Save a note on an item, before or after the vote. Raises as `cast` does."""
        self._answer(token, item, note=_text("note", note, empty=True))

    def _answer(self, token: str, item: str, **said: str) -> None:
        with self.store.engine.begin() as connection:
            row = self._enter(connection, token, "reviewer")
            _expect_voting(row["state"])
            owner = connection.scalar(sa.select(items_table.c.seat).where(items_table.c.id == item))
            if owner != row["id"]:
                raise NotAllowed(
                    "Expected an item of your own. This one is not. Reload the page to see yours."
                )
            said = {**said, "cast_at": _said(self._now())}
            if (
                connection.execute(
                    votes_table.update().where(votes_table.c.item == item).values(**said)
                ).rowcount
                == 0
            ):
                connection.execute(
                    votes_table.insert().values(**{"item": item, "choice": "", "note": "", **said})
                )

    # -- hosting -----------------------------------------------------------------------------------

    def outcome(self, token: str) -> Outcome:
        """What has come of a session so far. For the host at any time, for reviewers once names are
        revealed.
        """
        seat = self.seat(token)
        if seat.role != "host" and seat.session.state == "voting":
            raise NotAllowed(
                "Expected the host, or a session whose names are revealed. Votes are "
                "still being cast. Wait for the host."
            )
        return self._outcome(seat.session)

    def outcomes(self, run: str) -> tuple[Outcome, ...]:
        """A run's sessions whose names are revealed, oldest first; one that is still blind is left
        out.
        """
        return tuple(
            self._outcome(session) for session in self.sessions(run) if session.state != "voting"
        )

    def sessions(self, run: str | None = None) -> list[Session]:
        """The sessions of a run, or all, oldest first."""
        query = sa.select(sessions_table).order_by(sessions_table.c.made_at, sessions_table.c.id)
        with self.store.engine.connect() as connection:
            rows = (
                connection.execute(
                    query if run is None else query.where(sessions_table.c.run == run)
                )
                .mappings()
                .all()
            )
        return [_session(row) for row in rows]

    def _outcome(self, session: Session) -> Outcome:
        order = (seats_table.c.folded, items_table.c.place)
        seats = sa.select(seats_table.c.id, seats_table.c.name, seats_table.c.role).where(
            seats_table.c.session == session.id
        )
        answers = sa.select(items_table, seats_table.c.name, votes_table).join(
            seats_table, seats_table.c.id == items_table.c.seat
        )
        answers = (
            answers.outerjoin(votes_table)
            .where(seats_table.c.session == session.id)
            .order_by(*order)
        )
        with self.store.engine.connect() as connection:
            people = connection.execute(seats.order_by(seats_table.c.folded)).mappings().all()
            rows = connection.execute(answers).mappings().all()
        votes = tuple(
            Vote(
                row["name"],
                row["image"],
                row["left"],
                row["right"],
                row["choice"],
                row["note"],
                datetime.fromisoformat(row["cast_at"]),
            )
            for row in rows
            if row["item"] is not None
        )
        reviewers = tuple(
            Reviewer(
                one["name"],
                sum(bool(row["choice"]) for row in rows if row["seat"] == one["id"]),
                sum(row["seat"] == one["id"] for row in rows),
            )
            for one in people
            if one["role"] == "reviewer"
        )
        host = next(one["name"] for one in people if one["role"] == "host")
        return Outcome(
            session.title,
            session.question,
            host,
            session.state,
            session.made_at,
            session.closed_at,
            session.decision,
            session.images,
            reviewers,
            votes,
            tally(session.methods, votes),
            disagreement(votes),
        )

    def reveal(self, token: str) -> None:
        """End the voting and give the names: a vote cast with the names in sight would not be
        blind. For the host.
        """
        with self.store.engine.begin() as connection:
            row = self._enter(connection, token, "host")
            _expect_voting(row["state"])
            self._change(connection, row, state="revealed")

    def decide(self, token: str, decision: str) -> None:
        """Write the decision, after the names are revealed and before the session is closed. For
        the host.
        """
        decision = _text("decision", decision, empty=True)
        with self.store.engine.begin() as connection:
            row = self._enter(connection, token, "host")
            _expect_revealed(row["state"])
            self._change(connection, row, decision=decision)

    def close(self, token: str) -> None:
        """Close the session: nothing in it changes any more. For the host."""
        with self.store.engine.begin() as connection:
            row = self._enter(connection, token, "host")
            _expect_revealed(row["state"])
            self._change(connection, row, state="closed", closed_at=_said(self._now()))

    def delete(self, token: str) -> None:
        """Delete the session with all its votes. For the host."""
        with self.store.engine.begin() as connection:
            session = self._enter(connection, token, "host")["session"]
            seats = sa.select(seats_table.c.id).where(seats_table.c.session == session)
            items = sa.select(items_table.c.id).where(items_table.c.seat.in_(seats))
            connection.execute(votes_table.delete().where(votes_table.c.item.in_(items)))
            connection.execute(items_table.delete().where(items_table.c.seat.in_(seats)))
            connection.execute(seats_table.delete().where(seats_table.c.session == session))
            connection.execute(sessions_table.delete().where(sessions_table.c.id == session))

    def _change(self, connection: sa.Connection, row: Any, **values: Any) -> None:
        connection.execute(
            sessions_table.update().where(sessions_table.c.id == row["session"]).values(**values)
        )


def _sit(
    connection: sa.Connection, session: str, name: str, role: Role, token: str, now: datetime
) -> str:
    seat = secrets.token_hex(16)
    connection.execute(
        seats_table.insert().values(
            id=seat,
            session=session,
            name=name,
            folded=name.casefold(),
            role=role,
            token=_hashed(token),
            until=_said(now + SEAT),
            seen_at=_said(now),
        )
    )
    return seat


def _invitation(host_token: str, number: int) -> str:
    return hmac.new(
        host_token.encode(), f"invitation {number}".encode(), hashlib.sha256
    ).hexdigest()


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _text(kind: str, given: str, *, empty: bool = False) -> str:
    """A person's words: trimmed, without control characters, of a length that a page can show."""
    spared = JOINERS + ("\n" if kind in ("note", "decision") else "")
    said = "".join(letter for letter in given if letter.isprintable() or letter in spared).strip()
    if not said and not empty:
        raise BadParameter(f"Expected a {kind}. Got none. Write one.")
    if len(said) > LONGEST[kind]:
        raise BadParameter(
            f"Expected a {kind} of at most {LONGEST[kind]} characters. Got {len(said)}. Shorten it."
        )
    return said


def _expect_voting(state: str) -> None:
    if state != "voting":
        raise NotAllowed(
            "Expected a session that still takes votes. Its host has ended the voting. "
            "What was cast before is kept."
        )


def _expect_revealed(state: str) -> None:
    if state == "voting":
        raise NotAllowed(
            "Expected a session whose names are revealed. Votes are still being cast. "
            "Reveal the names first."
        )
    if state == "closed":
        raise NotAllowed("Expected a session that is open. This one is closed. Make a new one.")


def _session(row: Any) -> Session:
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
