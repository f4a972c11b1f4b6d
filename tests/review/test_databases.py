"""Sessions on each kind of database: what many people do at once is done once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from heatcheck.core.errors import NotAllowed, NotInSight
from heatcheck.inputs.images import Image
from heatcheck.review.store import Reviews
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.sessions import METHODS, joined, mapped_run


def at_once(*calls: Callable[[], object]) -> list[BaseException | None]:
    """What came of calls that were made at the same time: an error, or None."""
    errors: list[BaseException | None] = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def made(place: int) -> None:
        gate.wait()
        try:
            calls[place]()
        except BaseException as error:
            errors[place] = error

    threads = [threading.Thread(target=made, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_of_two_names_that_look_alike_and_of_two_votes_on_one_pair_one_is_taken(
    any_store: Store, photographs: list[Image]
) -> None:
    run = mapped_run(any_store, photographs, images=2, side=32, methods=METHODS)
    names = [image.name for image in any_store.results.images(run)]
    reviews = Reviews(any_store)
    host = reviews.open_session(run, "t", "q?", names, METHODS, 2, "Hanna")
    invitation = reviews.invitation(host)
    alike = ("Eve", "eve", "Ev\u0435", "\u0415ve")
    errors = at_once(*(lambda name=name: reviews.join(invitation, name) for name in alike))
    assert sorted(map(type, filter(None, errors)), key=str) == [NotAllowed] * 3
    assert len(reviews.outcome(host).reviewers) == 1

    token = joined(reviews, host)
    for item in reviews.ballot(token):
        choices = ("left", "right", "tie", "neither")
        errors = at_once(
            *(lambda c=choice, i=item.id: reviews.cast(token, i, c) for choice in choices)
        )
        assert [type(error) for error in errors if error] == [NotInSight] * 3
        saved = reviews.ballot(token)[item.place].choice
        assert saved == choices[errors.index(None)]
    reviews.reveal(host)
    assert len(reviews.outcome(host).votes) == 4
    reviews.delete(host)
    any_store.runs.delete(run)
