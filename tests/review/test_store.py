"""What a session's store gives and what it refuses; that nothing is lost, whoever votes at once and
whatever is killed.
"""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from heatcheck.core.errors import BadParameter, HeatcheckError, NotAllowed, RunProblem
from heatcheck.review.store import INVITATION, SEAT, Reviews
from heatcheck.runs.store import Store

METHODS = ["vanilla_gradients", "grad_cam", "random", "edges"]


def joined(reviews: Reviews, host: str, name: str = "Ada") -> str:
    return reviews.join(reviews.invitation(host), name)


class Clock:
    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


# -- what works ------------------------------------------------------------------------------------


def test_votes_and_notes_are_read_back_and_a_second_vote_replaces_the_first(
    reviews: Reviews, host: str
) -> None:
    token = joined(reviews, host)
    first, second, *others = reviews.ballot(token)
    assert len(others) == 10
    reviews.write_note(token, first.id, "before the vote")
    reviews.cast(token, first.id, "left")
    reviews.cast(token, first.id, "neither")
    reviews.cast(token, second.id, "right")
    again = Reviews(reviews.store).ballot(token)
    assert [(item.choice, item.note) for item in again[:3]] == [
        ("neither", "before the vote"),
        ("right", ""),
        ("", ""),
    ]
    assert [item.pair for item in again] == [
        first.pair,
        second.pair,
        *[item.pair for item in others],
    ]
    outcome = reviews.outcome(host)
    assert [(person.name, person.done, person.total) for person in outcome.reviewers] == [
        ("Ada", 2, 12)
    ]
    assert outcome.host == "Hanna"


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
    assert {
        one.method: [one.wins, one.ties, one.losses, one.neither]
        for one in reviews.outcome(host).tally
    } == expected


def test_a_session_goes_from_voting_to_revealed_to_closed_and_into_the_outcomes(
    reviews: Reviews, host: str, run: str
) -> None:
    token = joined(reviews, host)
    assert reviews.outcomes(run) == ()  # blind: nothing to tell
    with pytest.raises(NotAllowed, match="names are revealed"):
        reviews.outcome(token)
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


def test_tokens_are_stored_as_hashes_only(reviews: Reviews, host: str, store: Store) -> None:
    token = joined(reviews, host)
    said = json.dumps(
        [
            [
                list(map(str, row))
                for row in store.engine.connect().execute(sa.text(f"select * from {table}"))
            ]
            for table in ("review_sessions", "review_seats")
        ]
    )
    for secret in (host, token, reviews.invitation(host)):
        assert secret not in said
        assert len(secret) >= 43


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


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["", "x", "%", "' OR 1=1 --", "0" * 64, "\ud800", "ß" * 500])
def test_a_wrong_or_guessed_token_opens_nothing(reviews: Reviews, host: str, wrong: str) -> None:
    token = joined(reviews, host)
    item = reviews.ballot(token)[0].id
    for asked in (
        lambda: reviews.seat(wrong),
        lambda: reviews.ballot(wrong),
        lambda: reviews.cast(wrong, item, "left"),
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


def test_a_vote_as_another_person_is_refused(reviews: Reviews, host: str) -> None:
    ada, bob = joined(reviews, host, "Ada"), joined(reviews, host, "Bob")
    theirs = reviews.ballot(bob)[0].id
    for asked in (
        lambda: reviews.cast(ada, theirs, "left"),
        lambda: reviews.write_note(ada, theirs, "x"),
        lambda: reviews.cast(ada, "no such item", "left"),
        lambda: reviews.cast(host, theirs, "left"),
    ):
        with pytest.raises(NotAllowed):
            asked()
    assert reviews.ballot(bob)[0].choice == ""
    with pytest.raises(NotAllowed, match="taken"):
        joined(reviews, host, " aDA ")
    with pytest.raises(NotAllowed, match="taken"):
        joined(reviews, host, "hanna")


@pytest.mark.parametrize("ended", ["revealed", "closed"])
def test_a_vote_a_note_and_a_new_seat_after_the_end_are_refused(
    reviews: Reviews, host: str, ended: str
) -> None:
    token = joined(reviews, host)
    item = reviews.ballot(token)[0].id
    reviews.cast(token, item, "left")
    reviews.reveal(host)
    if ended == "closed":
        reviews.close(host)
    for asked in (
        lambda: reviews.cast(token, item, "right"),
        lambda: reviews.write_note(token, item, "x"),
        lambda: joined(reviews, host, "Bob"),
        lambda: reviews.reveal(host),
    ):
        with pytest.raises(NotAllowed, match="ended the voting"):
            asked()
    assert (reviews.ballot(token)[0].choice, reviews.ballot(token)[0].note) == ("left", "")
    if ended == "closed":
        with pytest.raises(NotAllowed, match="closed"):
            reviews.decide(host, "too late")


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
        ("title", "  ", "Expected a title"),
        ("title", "x" * 121, "at most 120"),
        ("host", "", "Expected a name"),
        ("images", [], "at least one image"),
        ("images", ["nothing"], "no map|There is none"),
        ("images", images[:1] * 2, "each once"),
        ("methods", ["random"], "at least two"),
        ("methods", ["random", "random"], "at least two"),
        ("methods", ["random", "nonsense"], "There is none"),
        ("votes_per_image", 7, "1 to 6"),
        ("votes_per_image", 0, "1 to 6"),
    ):
        with pytest.raises(BadParameter, match=words):
            reviews.open_session(run, **{**good, key: value})  # type: ignore[arg-type]
    with pytest.raises(HeatcheckError):
        reviews.open_session("no run", **good)  # type: ignore[arg-type]
    token = joined(reviews, host)
    item = reviews.ballot(token)[0].id
    with pytest.raises(BadParameter, match="left, right, tie, neither"):
        reviews.cast(token, item, "both")  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="at most 2000"):
        reviews.write_note(token, item, "x" * 2001)
    with pytest.raises(BadParameter, match="Expected a name"):
        joined(reviews, host, "\u202e\u0000")


# -- many at once, and kill -9 ---------------------------------------------------------------------


def test_twenty_reviewers_vote_on_forty_items_at_once_and_nothing_is_lost(
    store: Store, run: str, images: list[str]
) -> None:
    reviews = Reviews(store)
    host = reviews.open_session(run, "t", "q?", images, METHODS, 4, "Hanna")
    cast: dict[tuple[str, str], str] = {}
    failures: list[BaseException] = []

    def vote(name: str) -> None:
        try:
            token = reviews.join(reviews.invitation(host), name)
            for item in reviews.ballot(token):
                choice = ["left", "right", "tie", "neither"][(item.place + len(name)) % 4]
                reviews.cast(token, item.id, choice)  # type: ignore[arg-type]
                cast[token, item.id] = choice
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=vote, args=(f"reviewer {place}",)) for place in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(cast) == 20 * 40
    fresh = Reviews(Store(store.url))
    read = {
        (token, item.id): item.choice
        for token in {token for token, _ in cast}
        for item in fresh.ballot(token)
    }
    assert read == cast
    assert [person.done for person in fresh.outcome(host).reviewers] == [40] * 20
    fresh.store.engine.dispose()


VOTER = """
import sys
from heatcheck.runs.store import Store
from heatcheck.review.store import Reviews
reviews = Reviews(Store(sys.argv[1]))
while True:
    for token in sys.argv[2:]:
        for item in reviews.ballot(token):
            order = ["", "left", "right", "tie", "neither", "left"]
            choice = order[order.index(item.choice) + 1]
            reviews.cast(token, item.id, choice)
            print(token, item.id, choice, flush=True)
"""


def test_after_kill_9_every_acknowledged_vote_is_there(
    reviews: Reviews, host: str, store: Store
) -> None:
    tokens = [joined(reviews, host, name) for name in ("Ada", "Bob")]
    for turn in range(3):
        voter = subprocess.Popen(
            [sys.executable, "-c", VOTER, store.url, *tokens], stdout=subprocess.PIPE, text=True
        )
        assert voter.stdout is not None
        said: list[str] = [voter.stdout.readline() for _ in range(7 + 4 * turn)]
        voter.send_signal(signal.SIGKILL)
        said += voter.stdout.read().splitlines(keepends=True)
        voter.wait()
        voter.stdout.close()
        acknowledged = {
            tuple(line.split()[:2]): line.split()[2] for line in said if line.endswith("\n")
        }
        read = {(token, item.id): item.choice for token in tokens for item in reviews.ballot(token)}
        after = {"left": "right", "right": "tie", "tie": "neither", "neither": "left"}
        differing = {key for key, choice in acknowledged.items() if read[key] != choice}  # type: ignore[index]
        assert len(differing) <= 1  # one more may have been saved whose word did not come through
        assert all(read[key] == after[acknowledged[key]] for key in differing)  # type: ignore[index]


def test_ids_and_tokens_are_not_guessable_from_each_other(
    reviews: Reviews, run: str, images: list[str]
) -> None:
    hosts = {reviews.open_session(run, "t", "q?", images, METHODS, 1, "Hanna") for _ in range(20)}
    invitations = {reviews.invitation(host) for host in hosts}
    assert len(hosts) == len(invitations) == 20
    assert all(len(bytes.fromhex(one)) == 32 for one in invitations)
    assert secrets.compare_digest(reviews.invitation(min(hosts)), reviews.invitation(min(hosts)))
