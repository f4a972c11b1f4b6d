"""A session in three browsers: a host and two reviewers, from the invitation to the decision;
nothing names a method while blind.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heatcheck.attribution import METHODS
from heatcheck.inputs.images import Image
from heatcheck.review.store import Reviews
from heatcheck.review.texts import LONGEST
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, opened, server, settled, shot
from heatcheck.tests.doubles.runs import HOSTILE as TWENTY
from heatcheck.tests.doubles.runs import fill_at_random as fill
from heatcheck.tests.doubles.sessions import mapped_run

pytestmark = MARKS
KEYS = ["ArrowLeft", "ArrowRight", "t", "n"]
CHOICES = {"ArrowLeft": "left", "ArrowRight": "right", "t": "tie", "n": "neither"}
HOSTILE = "<img src=x onerror=alert(1)> **T** [a](javascript:alert(1))"


@pytest.fixture
def reviewed(tmp_path: Path, photographs: list[Image]) -> Iterator[tuple[str, Store]]:
    """A server whose store holds a finished run with a map of every method on six photographs."""
    store = Store(f"sqlite:///{tmp_path / 'browser.db'}")
    mapped_run(store, photographs, target_name=HOSTILE)
    with server(tmp_path) as url:
        yield url, store
    store.engine.dispose()


def heard(page: Any) -> list[bytes]:
    """Everything that comes and goes between the page and its server from now on."""
    frames: list[bytes] = []

    def listen(socket: Any) -> None:
        for event in ("framereceived", "framesent"):
            socket.on(
                event,
                lambda frame: frames.append(frame if isinstance(frame, bytes) else frame.encode()),
            )

    page.on("websocket", listen)
    page.on("request", lambda request: frames.append(request.url.encode()))
    return frames


def names_in(text: bytes) -> set[str]:
    """Methods whose title or registered name stands in the text as a word."""
    low = text.lower()
    words = {word for name, method in METHODS.items() for word in (name, method.title)}
    return {
        word
        for word in words
        if re.search(rb"(?<![a-z])" + re.escape(word.lower().encode()) + rb"(?![a-z])", low)
    }


def join(page: Any, name: str) -> None:
    page.get_by_test_id("stTextInputField").fill(name)
    page.get_by_role("button", name="Join the session").click()
    page.get_by_text("Pair 1 of").wait_for(timeout=120_000)


def pair_in_sight(page: Any, place: int) -> None:
    page.get_by_text(f"Pair {place} of").wait_for(timeout=120_000)
    settled(page)  # the buttons of the pair before have gone
    page.get_by_role("button", name="Both alike", disabled=False).wait_for(timeout=120_000)
    settled(page)


def test_a_host_and_two_reviewers_from_the_invitation_to_the_decision(
    browser: Any, reviewed: tuple[str, Store]
) -> None:
    url, _ = reviewed
    cast: dict[tuple[str, int], str] = {}
    with opened(browser, f"{url}/session") as host:
        host.get_by_label("Your name, as host", exact=True).fill("Hanna")
        host.keyboard.press("Enter")
        host.get_by_text("votes a reviewer").wait_for(timeout=120_000)
        host.get_by_role("button", name="Make the session").click()
        host.get_by_text("Send this link").wait_for(timeout=120_000)
        link = host.get_by_test_id("stCode").first.inner_text().strip()
        private = host.url
        host.get_by_role(
            "button", name="Reveal the names"
        ).click()  # nobody has voted: it is refused, and nothing is lost
        host.get_by_role("button", name="End the voting and reveal").click()
        host.get_by_text("Nobody has voted yet").wait_for(timeout=120_000)
        host.get_by_text("Send this link").wait_for(timeout=120_000)

        with (
            opened(browser, "about:blank") as ada,
            opened(browser, "about:blank", 800, "dark") as bob,
        ):
            frames = {"Ada": heard(ada), "Bob": heard(bob)}
            pages = {"Ada": ada, "Bob": bob}
            for name, page in pages.items():
                page.goto(link)
                join(page, name)
            counted = re.search(r"Pair 1 of (\d+)", ada.inner_text("body"))
            assert counted
            total = int(counted[1])
            assert total == 12
            for place in range(1, 6):
                for name, page in pages.items():
                    pair_in_sight(page, place)
                    key = KEYS[(place + len(frames[name])) % 4]
                    if place == 3:
                        page.get_by_label("Note, if you like").fill(f"{HOSTILE} by {name}, nt")
                        page.keyboard.press("Tab")
                        settled(page)
                    page.keyboard.press(key)
                    cast[name, place] = CHOICES[key]
            for name, page in pages.items():  # reload in mid-vote
                pair_in_sight(page, 6)
                address = page.url
                page.reload()
                pair_in_sight(page, 6)
                assert page.url == address
                page.get_by_role("button", name="Pair before").click()
                pair_in_sight(page, 5)
                page.keyboard.press("t")  # a changed mind
                cast[name, 5] = "tie"
                pair_in_sight(page, 6)
                shot(page, f"session-{name}")

            with opened(
                browser, "about:blank"
            ) as again:  # the host comes back by the bookmark, and nothing names a method
                host_frames = heard(again)
                again.goto(private)
                again.get_by_text("10 votes").wait_for(timeout=120_000)
                again.wait_for_timeout(3500)
                assert names_in(b"\n".join(host_frames)) == set()
                assert names_in(again.get_by_test_id("stMain").inner_html().encode()) == set()
                assert "Method A" in again.get_by_test_id(
                    "stMain"
                ).inner_html() or "Method A" in str(host_frames)
            for name, page in pages.items():
                assert len(frames[name]) > 20
                assert names_in(b"\n".join(frames[name])) == set(), name
                assert names_in(page.get_by_test_id("stMain").inner_html().encode()) == set()
                assert page.locator("img[src=x]").count() == 0
                assert HOSTILE[:20] in page.get_by_test_id("stMain").inner_text()

            host.get_by_role("button", name="Reveal the names").click()
            host.get_by_role("button", name="End the voting and reveal").click()
            host.get_by_text("What does the team decide?").wait_for(timeout=120_000)
            host.get_by_text("Do metrics see what people see?").wait_for(timeout=120_000)
            ada.keyboard.press("n")  # too late
            ada.get_by_text("The voting has ended").wait_for(timeout=120_000)
            host.locator("textarea").fill("We look again on Friday.")
            host.get_by_role("button", name="Save the decision").click()
            host.get_by_text("Saved.", exact=True).wait_for(timeout=120_000)
            host.get_by_role("button", name="Close the session").click()
            host.get_by_role("button", name="Close it").click()
            host.get_by_text("closed", exact=False).first.wait_for(timeout=120_000)
            ada.reload()
            ada.get_by_text("We look again on Friday.").wait_for(timeout=120_000)
            shot(ada, "session-closed")
    check_tally(reviewed[1], cast)


def check_tally(store: Store, cast: dict[tuple[str, int], str]) -> None:
    """The outcome in the store is what was pressed, vote by vote and in sum."""
    (outcome,) = Reviews(store).outcomes(store.runs.all()[0].id)
    assert outcome.decision == "We look again on Friday."
    assert Counter(vote.choice for vote in outcome.votes) == Counter(cast.values())
    for name in ("Ada", "Bob"):
        own = [vote for vote in outcome.votes if vote.reviewer == name]
        assert [vote.choice for vote in own] == [cast[name, place] for place in range(1, 6)]
        assert own[2].note == f"{HOSTILE} by {name}, nt"
    assert sum(one.wins for one in outcome.tally) == sum(
        choice in ("left", "right") for choice in cast.values()
    )
    assert sum(one.ties for one in outcome.tally) == 2 * sum(
        choice == "tie" for choice in cast.values()
    )


@pytest.mark.parametrize(
    "query", ["seat=guess", "join=guess", "seat=", "seat=%00", "join=<script>"]
)
def test_a_link_that_opens_nothing_says_so(
    browser: Any, reviewed: tuple[str, Store], query: str
) -> None:
    with opened(browser, f"{reviewed[0]}/session?{query}") as page:
        words = "A new session" if query == "seat=" else "opens no session"
        page.get_by_text(words).first.wait_for(timeout=60_000)


def printable(words: str) -> str:
    """The text as a session keeps it."""
    return "".join(letter for letter in words if letter.isprintable())


@pytest.fixture
def hostile(tmp_path: Path, photographs: list[Image]) -> Iterator[tuple[str, list[str]]]:
    """A server with a closed session for each hostile text: title, question, names, notes and
    decision are that text.
    """
    store = Store(f"sqlite:///{tmp_path / 'browser.db'}")
    run = fill(store, photographs)
    reviews, hosts = Reviews(store), []
    for words in map(printable, TWENTY):
        image, label = store.results.images(run)[0].name, words[: LONGEST["name"]]
        host = reviews.open_session(
            run, words[: LONGEST["title"]], words, [image], ["smoothgrad", "grad_cam"], 1, label
        )
        reviewer = reviews.join(reviews.invitation(host), "." + label[1:])
        (item,) = reviews.ballot(reviewer)
        reviews.cast(reviewer, item.id, "left")
        reviews.write_note(reviewer, item.id, words)
        reviews.reveal(host)
        reviews.decide(host, words)
        reviews.close(host)
        hosts.append(host)
    with server(tmp_path) as url:
        yield url, hosts
    store.engine.dispose()


def test_twenty_hostile_texts_stay_text_on_the_pages(
    browser: Any, hostile: tuple[str, list[str]]
) -> None:
    url, hosts = hostile
    injected = (
        "[onerror], [onload], [onmouseover], a[href^='javascript:'], img[src=x], "
        "[data-testid=stMain] strong:text-is('bold')"
    )
    with opened(browser, "about:blank") as page:
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        for words, host in zip(map(printable, TWENTY), hosts, strict=True):
            page.goto(f"{url}/session?seat={host}")
            page.get_by_text("Delete this session").wait_for(timeout=60_000)
            shown = " ".join(page.get_by_test_id("stMain").inner_text().split())
            for text in (words, words[: LONGEST["title"]], words[: LONGEST["name"]]):
                assert " ".join(text.split()) in shown, text
            assert page.locator(injected).count() == 0, words
        page.goto(f"{url}/report")
        page.get_by_text("What the HTML file and the PDF hold").click(timeout=60_000)
        page.get_by_text("team sessions").first.wait_for(timeout=60_000)
        shown = " ".join(page.get_by_test_id("stMain").inner_text().split())
        for words in map(printable, TWENTY):
            assert " ".join(words[: LONGEST["title"]].split()) in shown, words
        assert page.locator(injected).count() == 0
