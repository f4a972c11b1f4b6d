"""What whoever runs the server may do without a token: list, give a new host's link, delete."""

from __future__ import annotations

from datetime import timedelta

import pytest

from heatcheck import cli
from heatcheck.core.errors import NotAllowed, UnknownName
from heatcheck.review import operation
from heatcheck.review.seats import SEAT
from heatcheck.review.store import Reviews
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.sessions import METHODS, Clock, joined


def test_a_session_whose_host_has_expired_is_given_a_new_host_and_goes_on(
    store: Store, run: str, images: list[str]
) -> None:
    clock = Clock()
    reviews = Reviews(store, clock)
    old = reviews.open_session(run, "t", "q?", images, METHODS, 1, "Hanna")
    invitation = reviews.invitation(old)
    clock.ahead = SEAT - timedelta(days=1)
    reviews.renew_invitation(old)
    token = joined(reviews, old)
    clock.ahead = SEAT + timedelta(days=1)
    with pytest.raises(NotAllowed, match="heatcheck sessions --new-host"):
        reviews.reveal(old)
    (line,) = operation.listed(reviews)
    assert (line.host, line.expired, line.session.title) == ("Hanna", True, "t")
    new = operation.new_host(reviews, operation.find(reviews, line.session.id[:6]).id)
    (line,) = operation.listed(reviews)
    assert (line.host, line.expired) == ("Hanna", False)
    with pytest.raises(NotAllowed, match="opens no session"):
        reviews.seat(old)
    with pytest.raises(NotAllowed, match="opens no session"):
        reviews.join(invitation, "Eve")
    assert reviews.invitation(new) != invitation
    joined(reviews, new, "Bob")
    reviews.cast(token, reviews.ballot(token)[0].id, "left")  # who is in stays in
    reviews.reveal(new)
    assert [vote.choice for vote in reviews.outcome(new).votes] == ["left"]


def test_a_deleted_session_frees_its_run(reviews: Reviews, host: str, store: Store) -> None:
    token = joined(reviews, host)
    reviews.cast(token, reviews.ballot(token)[0].id, "left")
    (line,) = operation.listed(reviews)
    operation.delete(reviews, line.session.id)
    assert operation.listed(reviews) == []
    store.runs.delete(line.session.run)


@pytest.mark.parametrize("beginning", ["", "no such id", "%"])
def test_an_id_that_names_no_session_is_told(reviews: Reviews, host: str, beginning: str) -> None:
    with pytest.raises(UnknownName, match="Expected the name of a session"):
        operation.find(reviews, beginning)


def test_the_command_lists_gives_a_new_hosts_link_and_deletes(
    reviews: Reviews,
    host: str,
    store: Store,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cli, "leave_the_working_folder", lambda: None)

    def printed(*options: str, code: int = 0) -> str:
        assert cli.main(["sessions", "--store", store.url, *options]) == code
        output = capsys.readouterr()
        return output.err if code else output.out

    (session,) = reviews.sessions()
    line = printed()
    for word in (session.id, session.run, "voting", "Hanna", "good until", "A title"):
        assert word in line
    assert host not in line
    for wrong in (
        ("--new-host", "nothing"),
        ("--delete", "nothing"),
        ("--new-host", session.id, "--public-url", "heat.example"),
        ("--new-host", session.id, "--delete", session.id),
        ("--delete", session.id),
    ):
        assert "Expected" in printed(*wrong, code=2)
    assert reviews.seat(host).session == session  # nothing has changed
    words = printed("--new-host", session.id[:8], "--public-url", "https://heat.example")
    link = words.splitlines()[-1]
    assert link.startswith("https://heat.example/session?seat=")
    assert reviews.seat(link.partition("seat=")[2]).role == "host"
    assert "and its votes are deleted" in printed("--delete", session.id[:8], "--yes")
    assert printed().startswith("No team sessions yet")
