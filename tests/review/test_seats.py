"""Tokens, invitations and names: what opens a session, and what does not."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta

import pytest
import sqlalchemy as sa

from heatcheck.core.errors import BadParameter, NotAllowed
from heatcheck.review.seats import INVITATION, SEAT
from heatcheck.review.store import Reviews
from heatcheck.review.texts import alike
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.sessions import METHODS, Clock, joined


def test_tokens_are_stored_as_hashes_only(reviews: Reviews, host: str, store: Store) -> None:
    token = joined(reviews, host)
    rows = json.dumps(
        [
            [
                list(map(str, row))
                for row in store.engine.connect().execute(sa.text(f"select * from {table}"))
            ]
            for table in ("review_sessions", "review_seats")
        ]
    )
    for secret in (host, token, reviews.invitation(host)):
        assert secret not in rows
        assert len(secret) >= 43


@pytest.mark.parametrize("wrong", ["", "x", "%", "' OR 1=1 --", "0" * 64, "\ud800", "ß" * 500])
def test_a_wrong_or_guessed_token_opens_nothing(reviews: Reviews, host: str, wrong: str) -> None:
    token = joined(reviews, host)
    item = reviews.ballot(token)[0].id
    for asked in (
        lambda: reviews.seat(wrong),
        lambda: reviews.ballot(wrong),
        lambda: reviews.cast(wrong, item, "left"),
        lambda: reviews.turn_to(wrong, item),
        lambda: reviews.outcome(wrong),
        lambda: reviews.write_note(wrong, item, "x"),
        lambda: reviews.reveal(wrong),
        lambda: reviews.decide(wrong, "x"),
        lambda: reviews.close(wrong),
        lambda: reviews.delete(wrong),
        lambda: reviews.invitation(wrong),
        lambda: reviews.renew_invitation(wrong),
        lambda: reviews.invited(wrong),
        lambda: reviews.join(wrong, "Eve"),
    ):
        with pytest.raises(NotAllowed):
            asked()
    assert reviews.ballot(token)[0].choice == ""


def test_what_the_database_holds_does_not_open_anything(
    reviews: Reviews, host: str, store: Store
) -> None:
    with store.engine.connect() as connection:
        stored = [
            str(value)
            for row in connection.execute(sa.text("select token, id from review_seats"))
            for value in row
        ]
        stored += [
            str(value)
            for row in connection.execute(sa.text("select invitation, id from review_sessions"))
            for value in row
        ]
    for value in stored:
        with pytest.raises(NotAllowed):
            reviews.seat(value)
        with pytest.raises(NotAllowed):
            reviews.join(value, "Eve")


def test_expired_tokens_open_nothing(store: Store, run: str, images: list[str]) -> None:
    clock = Clock()
    reviews = Reviews(store, clock)
    host = reviews.open_session(run, "t", "q?", images, METHODS, 1, "Hanna")
    token, invitation = joined(reviews, host), reviews.invitation(host)
    item = reviews.ballot(token)[0].id
    clock.ahead = INVITATION - timedelta(minutes=1)
    reviews.join(invitation, "Bob")
    clock.ahead = INVITATION + timedelta(minutes=1)
    with pytest.raises(NotAllowed, match="expired"):
        reviews.join(invitation, "Late")
    reviews.cast(token, item, "left")  # who is in stays in
    reviews.turn_to(token, item)
    clock.ahead = SEAT + timedelta(minutes=1)
    for asked in (
        lambda: reviews.cast(token, item, "right"),
        lambda: reviews.seat(token),
        lambda: reviews.reveal(host),
    ):
        with pytest.raises(NotAllowed, match="expired"):
            asked()
    clock.ahead = timedelta()
    assert reviews.ballot(token)[0].choice == "left"


def test_a_renewed_invitation_closes_the_old_one_and_who_is_in_stays_in(
    reviews: Reviews, host: str
) -> None:
    old = reviews.invitation(host)
    token = reviews.join(old, "Ada")
    new = reviews.renew_invitation(host)
    assert new == reviews.invitation(host) != old
    with pytest.raises(NotAllowed):
        reviews.join(old, "Bob")
    reviews.join(new, "Bob")
    reviews.cast(token, reviews.ballot(token)[0].id, "left")


def test_ids_and_tokens_are_not_guessable_from_each_other(
    reviews: Reviews, run: str, images: list[str]
) -> None:
    hosts = {reviews.open_session(run, "t", "q?", images, METHODS, 1, "Hanna") for _ in range(20)}
    invitations = {reviews.invitation(host) for host in hosts}
    assert len(hosts) == len(invitations) == 20
    assert all(len(bytes.fromhex(one)) == 32 for one in invitations)
    assert secrets.compare_digest(reviews.invitation(min(hosts)), reviews.invitation(min(hosts)))


LIKE_ADA = {
    "case and spaces": " aDA ",
    "a zero-width joiner": "A\u200dda",
    "a word joiner": "Ada\u2060",
    "a soft hyphen": "A\u00adda",
    "a Hangul filler": "\u3164Ada",
    "a variation selector": "Ada\ufe0f",
    "a Cyrillic a": "Ad\u0430",
    "a Cyrillic A": "\u0410da",
    "a Greek A": "\u0391da",
    "a wide A": "\uff21da",
}


@pytest.mark.parametrize("name", LIKE_ADA.values(), ids=LIKE_ADA)
def test_a_name_that_looks_like_one_that_is_there_is_taken(
    reviews: Reviews, host: str, name: str
) -> None:
    joined(reviews, host, "Ada")
    with pytest.raises(NotAllowed, match="taken"):
        joined(reviews, host, name)
    assert [person.name for person in reviews.outcome(host).reviewers] == ["Ada"]


def test_the_hosts_name_is_taken_and_names_that_look_different_are_not(
    reviews: Reviews, host: str
) -> None:
    for name in ("hanna", "\u041danna", "Hanna\u200b"):
        with pytest.raises(NotAllowed, match="taken"):
            joined(reviews, host, name)
    others = [
        "Ada",
        "Adah",
        "Ad\u00e5",
        "Zoe",
        "Zo\u00eb",
        "\u041c\u0438\u043b\u0430",
        "Ada B",
        "AdaB",
    ]
    for name in others:
        joined(reviews, host, name)
    assert {person.name for person in reviews.outcome(host).reviewers} == set(others)


def test_large_i_small_l_and_one_are_one_letter_and_names_keep_their_own_case() -> None:
    assert alike("AI", "Al")
    assert alike("Anna 1", "Anna l")
    assert alike("Bob 0", "bob O")
    assert alike(
        "\u039d\u03af\u03ba\u03bf\u03c2", "\u03bd\u03af\u03ba\u03bf\u03c2"
    )  # Nikos, by case alone
    assert not alike("Ai", "Al")


@pytest.mark.parametrize(
    "name", ["\u3164", "\u200d\u200c", "\ufe0f", "\u202e\u0000", "\u2800 \u2800"]
)
def test_a_name_that_shows_nothing_is_none(reviews: Reviews, host: str, name: str) -> None:
    with pytest.raises(BadParameter, match="The name is empty"):
        joined(reviews, host, name)


def test_an_old_store_whose_names_collide_now_opens_and_keeps_both(
    reviews: Reviews, host: str, store: Store
) -> None:
    """Before, names were kept by their small letters alone."""
    ada, other = joined(reviews, host, "Ada"), joined(reviews, host, "Bob")
    with store.engine.begin() as connection:
        for old, new in (("Ada", "Ada"), ("Bob", "\u0410da")):
            change = "update review_seats set name = :new, folded = :folded where name = :old"
            words = {"old": old, "new": new, "folded": new.casefold()}
            connection.execute(sa.text(change), words)
    again = Reviews(Store(store.url))
    assert again.seat(ada).name == "Ada"
    assert again.seat(other).name == "\u0410da"
    again.cast(other, again.ballot(other)[0].id, "left")
    for name in ("ada", "\u0391da"):
        with pytest.raises(NotAllowed, match="taken"):
            joined(again, host, name)
    joined(again, host, "Cleo")
    again.store.engine.dispose()
