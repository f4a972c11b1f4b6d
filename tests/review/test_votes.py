"""A ballot: what is answered, what is refused; that nothing is lost, whoever votes at once and
whatever is killed.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import Any

import pytest

from heatcheck.core.errors import BadParameter, NotAllowed, NotInSight
from heatcheck.review.store import Reviews
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.sessions import METHODS, joined, voted


def test_votes_and_notes_are_read_back_and_a_second_vote_replaces_the_first(
    reviews: Reviews, host: str
) -> None:
    token = joined(reviews, host)
    first, second, *others = reviews.ballot(token)
    assert len(others) == 10
    reviews.write_note(token, first.id, "before the vote")
    reviews.cast(token, first.id, "left")
    reviews.turn_to(token, first.id)
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


def test_a_vote_on_another_item_than_the_one_in_sight_is_refused_and_changes_nothing(
    reviews: Reviews, host: str
) -> None:
    token = joined(reviews, host)
    first, second, third, *_ = reviews.ballot(token)
    assert [item.in_sight for item in reviews.ballot(token)] == [True] + [False] * 11
    reviews.cast(token, first.id, "left")
    for stale, choice in ((first, "right"), (third, "tie")):  # a key of the pair before, or ahead
        with pytest.raises(NotInSight, match="now see pair 2"):
            reviews.cast(token, stale.id, choice)  # type: ignore[arg-type]
    items = Reviews(reviews.store).ballot(token)
    assert [item.choice for item in items[:3]] == ["left", "", ""]
    assert [item.place for item in items if item.in_sight] == [1]
    reviews.cast(token, second.id, "tie")
    assert [item.choice for item in reviews.ballot(token)[:3]] == ["left", "tie", ""]


def test_who_goes_back_to_an_item_may_change_its_answer_once_and_is_then_at_the_next(
    reviews: Reviews, host: str
) -> None:
    token = joined(reviews, host)
    first, second, *_ = reviews.ballot(token)
    reviews.cast(token, first.id, "left")
    reviews.turn_to(token, first.id)
    reviews.cast(token, first.id, "right")
    with pytest.raises(NotInSight):
        reviews.cast(token, first.id, "neither")
    assert [item.choice for item in reviews.ballot(token)[:2]] == ["right", ""]
    reviews.turn_to(token, None)
    assert next(item.id for item in reviews.ballot(token) if item.in_sight) == second.id


def test_at_the_end_what_is_still_open_comes_in_sight_and_then_nothing(
    reviews: Reviews, host: str
) -> None:
    token = joined(reviews, host)
    items = reviews.ballot(token)
    for item in items[1:]:
        voted(reviews, token, item.id, "tie")
    assert [item.place for item in reviews.ballot(token) if item.in_sight] == [0]
    reviews.turn_to(token, items[0].id)
    for item in items[:1] + items[1:]:
        reviews.cast(token, item.id, "left")
    assert not [item for item in reviews.ballot(token) if item.in_sight]
    with pytest.raises(NotInSight, match="now see no pair"):
        reviews.cast(token, items[-1].id, "right")
    assert {item.choice for item in reviews.ballot(token)} == {"left"}


def test_one_persons_turn_moves_nobody_else(reviews: Reviews, host: str) -> None:
    ada, bob = joined(reviews, host, "Ada"), joined(reviews, host, "Bob")
    reviews.turn_to(ada, reviews.ballot(ada)[5].id)
    assert [item.place for item in reviews.ballot(ada) if item.in_sight] == [5]
    assert [item.place for item in reviews.ballot(bob) if item.in_sight] == [0]


def test_a_vote_as_another_person_is_refused(reviews: Reviews, host: str) -> None:
    ada, bob = joined(reviews, host, "Ada"), joined(reviews, host, "Bob")
    theirs = reviews.ballot(bob)[0].id
    for asked in (
        lambda: reviews.cast(ada, theirs, "left"),
        lambda: reviews.turn_to(ada, theirs),
        lambda: reviews.write_note(ada, theirs, "x"),
        lambda: reviews.cast(ada, "no such item", "left"),
        lambda: reviews.cast(host, theirs, "left"),
    ):
        with pytest.raises(NotAllowed):
            asked()
    assert reviews.ballot(bob)[0].choice == ""


@pytest.mark.parametrize("ended", ["revealed", "closed"])
def test_a_vote_a_note_and_a_new_seat_after_the_end_are_refused(
    reviews: Reviews, host: str, ended: str
) -> None:
    token = joined(reviews, host)
    item = reviews.ballot(token)[0].id
    reviews.cast(token, item, "left")
    reviews.reveal(host)
    reviews.decide(host, "We take one.")
    if ended == "closed":
        reviews.close(host)
    for asked in (
        lambda: reviews.cast(token, item, "right"),
        lambda: reviews.turn_to(token, item),
        lambda: reviews.write_note(token, item, "x"),
        lambda: joined(reviews, host, "Bob"),
        lambda: reviews.reveal(host),
    ):
        with pytest.raises(NotAllowed, match="voting has ended"):
            asked()
    assert (reviews.ballot(token)[0].choice, reviews.ballot(token)[0].note) == ("left", "")
    if ended == "closed":
        with pytest.raises(NotAllowed, match="closed"):
            reviews.decide(host, "too late")


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
            reviews.turn_to(token, item.id)
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
        printed: list[str] = [voter.stdout.readline() for _ in range(7 + 4 * turn)]
        voter.send_signal(signal.SIGKILL)
        printed += voter.stdout.read().splitlines(keepends=True)
        voter.wait()
        voter.stdout.close()
        acknowledged = {
            tuple(line.split()[:2]): line.split()[2] for line in printed if line.endswith("\n")
        }
        read = {(token, item.id): item.choice for token in tokens for item in reviews.ballot(token)}
        after = {"left": "right", "right": "tie", "tie": "neither", "neither": "left"}
        answers: dict[Any, Any] = read
        differing = {key for key, choice in acknowledged.items() if answers[key] != choice}
        assert len(differing) <= 1  # one more may have been saved whose word did not come through
        assert all(answers[key] == after[acknowledged[key]] for key in differing)


def test_bad_answers_are_told(reviews: Reviews, host: str) -> None:
    token = joined(reviews, host)
    item = reviews.ballot(token)[0].id
    with pytest.raises(BadParameter, match="left, right, tie, neither"):
        reviews.cast(token, item, "both")  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="At most 2000"):
        reviews.write_note(token, item, "x" * 2001)
