"""A session from its making to its end: who may do what, and what comes of it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from heatcheck.core.errors import BadParameter, HeatcheckError, NotAllowed, RunProblem
from heatcheck.review.store import Reviews
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.sessions import METHODS, joined


def test_the_tally_equals_what_was_cast(reviews: Reviews, host: str) -> None:
    expected = {method: [0, 0, 0, 0] for method in METHODS}  # wins, ties, losses, neither
    for name in ("Ada", "Bob", "Cleo"):
        token = joined(reviews, host, name)
        for item in reviews.ballot(token):
            choice = ["left", "right", "tie", "neither"][(len(name) + 3 * item.place) % 4]
            reviews.cast(token, item.id, choice)  # type: ignore[arg-type]
            for method, won in ((item.pair.left, "left"), (item.pair.right, "right")):
                expected[method][
                    1
                    if choice == "tie"
                    else 3
                    if choice == "neither"
                    else 0
                    if choice == won
                    else 2
                ] += 1
    blind = {
        method.method: [method.wins, method.ties, method.losses, method.neither]
        for method in reviews.outcome(host).tally
    }
    assert list(blind) == ["Method A", "Method B", "Method C", "Method D"]
    assert sorted(blind.values()) == sorted(expected.values())
    reviews.reveal(host)
    assert {
        method.method: [method.wins, method.ties, method.losses, method.neither]
        for method in reviews.outcome(host).tally
    } == expected


def test_a_session_goes_from_voting_to_revealed_to_closed_and_into_the_outcomes(
    reviews: Reviews, host: str, run: str
) -> None:
    token = joined(reviews, host)
    assert reviews.outcomes(run) == ()  # blind: nothing to tell
    with pytest.raises(NotAllowed, match="still being cast"):
        reviews.outcome(token)
    reviews.cast(token, reviews.ballot(token)[0].id, "left")
    reviews.reveal(host)
    assert reviews.outcome(token).state == "revealed"
    reviews.decide(host, "We take one.\nAnd look again.")
    reviews.close(host)
    (told,) = reviews.outcomes(run)
    assert (told.decision, told.state, told.title) == (
        "We take one.\nAnd look again.",
        "closed",
        "A title",
    )
    assert told.closed_at is not None


def test_the_host_sees_letters_until_the_names_are_revealed(reviews: Reviews, host: str) -> None:
    token = joined(reviews, host)
    for item in reviews.ballot(token):
        reviews.cast(token, item.id, "left")
    assert not [method for method in METHODS if method in repr(reviews.outcome(host))]
    reviews.reveal(host)
    assert all(method in repr(reviews.outcome(host)) for method in METHODS)


def test_names_are_not_revealed_before_somebody_has_voted(reviews: Reviews, host: str) -> None:
    token = joined(reviews, host)
    reviews.write_note(token, reviews.ballot(token)[0].id, "a note is no vote")
    with pytest.raises(NotAllowed, match="Nobody has voted yet"):
        reviews.reveal(host)
    assert reviews.seat(host).session.state == "voting"
    reviews.cast(token, reviews.ballot(token)[0].id, "neither")
    reviews.reveal(host)


def test_a_session_is_not_closed_without_a_decision(reviews: Reviews, host: str) -> None:
    token = joined(reviews, host)
    reviews.cast(token, reviews.ballot(token)[0].id, "left")
    reviews.reveal(host)
    for decision in (None, "   "):
        if decision:
            reviews.decide(host, decision)
        with pytest.raises(NotAllowed, match="no decision yet"):
            reviews.close(host)
    assert reviews.seat(host).session.state == "revealed"
    reviews.decide(host, "We take one.")
    reviews.close(host)


def test_a_deleted_session_leaves_nothing_and_frees_its_run(
    reviews: Reviews, host: str, store: Store, run: str
) -> None:
    token = joined(reviews, host)
    reviews.cast(token, reviews.ballot(token)[0].id, "tie")
    with pytest.raises((RunProblem, sa.exc.IntegrityError)):
        store.runs.delete(run)
    assert store.runs.get(run).done == 40  # nothing of the run went
    reviews.delete(host)
    with store.engine.connect() as connection:
        for table in ("sessions", "seats", "items", "votes"):
            assert connection.scalar(sa.text(f"select count(*) from review_{table}")) == 0
    store.runs.delete(run)
    assert store.runs.all() == []


def test_a_reviewer_cannot_do_what_a_host_does(reviews: Reviews, host: str) -> None:
    token = joined(reviews, host)
    for asked in (
        reviews.reveal,
        reviews.close,
        reviews.delete,
        reviews.invitation,
        reviews.renew_invitation,
        lambda one: reviews.decide(one, "x"),
    ):
        with pytest.raises(NotAllowed, match="host"):
            asked(token)
    assert reviews.seat(host).session.state == "voting"
    with pytest.raises(NotAllowed, match="Reveal the names first"):
        reviews.decide(host, "before the reveal")


def test_bad_words_and_numbers_are_told(
    reviews: Reviews, host: str, run: str, images: list[str]
) -> None:
    good = {
        "title": "t",
        "question": "q?",
        "images": images,
        "methods": METHODS,
        "votes_per_image": 2,
        "host": "Hanna",
    }
    for key, value, words in (
        ("title", "  ", "The title is empty"),
        ("title", "x" * 121, "At most 120"),
        ("host", "", "The name is empty"),
        ("images", [], "at least one image"),
        ("images", ["nothing"], "no map"),
        ("images", images[:1] * 2, "each once"),
        ("methods", ["random"], "at least two"),
        ("methods", ["random", "random"], "at least two"),
        ("methods", ["random", "nonsense"], "no map of nonsense"),
        ("votes_per_image", 7, "make 6 pairs"),
        ("votes_per_image", 0, "make 6 pairs"),
    ):
        with pytest.raises(BadParameter, match=words):
            reviews.open_session(run, **{**good, key: value})  # type: ignore[arg-type]
    with pytest.raises(HeatcheckError):
        reviews.open_session("no run", **good)  # type: ignore[arg-type]
