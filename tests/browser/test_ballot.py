"""A reviewer's keys and ways back, in a real Chromium: each vote lands on the pair that was in
sight, and a click in the menu loses nobody their seat.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heatcheck.inputs.images import Image
from heatcheck.review.store import Reviews
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, opened, server, settled, shot
from heatcheck.tests.doubles.sessions import METHODS, joined, mapped_run

pytestmark = MARKS
KEYS = {"ArrowLeft": "left", "t": "tie", "ArrowRight": "right", "n": "neither"}
WORDS = {"left": "left", "tie": "both alike", "right": "right", "neither": "neither"}
TRIES = 8  # looks at a pair until it must have an answer

# Presses a pair's key where its heading stands, and by itself in the very moment in which a heading
# comes, whatever buttons are in the page then.
PRESS_AT_ONCE = """keys => {
  const place = () => Number(/Pair (\\d+) of/.exec(document.body.innerText)?.[1])
  window.pressIn = wanted => {
    if (place() !== wanted) return
    const key = keys[wanted - 1]
    const code = key.length === 1 ? `Key${key.toUpperCase()}` : key
    for (const kind of ["keydown", "keyup"])
      document.body.dispatchEvent(new KeyboardEvent(kind, {key, code, bubbles: true}))
  }
  let last = place()
  new MutationObserver(() => {
    if (place() > last) window.pressIn(last = place())
  }).observe(document.body, {childList: true, subtree: true, characterData: true})
}"""


@pytest.fixture
def hosted(tmp_path: Path, photographs: list[Image]) -> Iterator[tuple[str, Reviews, str]]:
    """A server, its sessions, and the token of a session's host: 24 pairs a reviewer."""
    store = Store(f"sqlite:///{tmp_path / 'browser.db'}")
    run = mapped_run(store, photographs, methods=METHODS)
    reviews = Reviews(store)
    names = [image.name for image in store.results.images(run)]
    host = reviews.open_session(run, "A title", "Which is better?", names, METHODS, 4, "Hanna")
    with server(tmp_path) as url:
        yield url, reviews, host
    store.engine.dispose()


def test_keys_pressed_as_the_next_pair_comes_answer_the_pair_that_was_meant(
    browser: Any, hosted: tuple[str, Reviews, str]
) -> None:
    url, reviews, host = hosted
    token = joined(reviews, host)
    keys = [list(KEYS)[place % 4] for place in range(24)]
    meant = [KEYS[key] for key in keys]
    with opened(browser, f"{url}/session?seat={token}") as page:
        answers(page, ready=True)
        page.evaluate(PRESS_AT_ONCE, keys)
        for _ in range(24 * TRIES):
            settled(page)
            choices = [item.choice for item in reviews.ballot(token)]
            answered = sum(map(bool, choices))
            assert choices == meant[:answered] + [""] * (24 - answered)
            if answered == 24:
                break
            page.evaluate("place => window.pressIn(place)", answered + 1)
        page.get_by_text("All 24 pairs answered").wait_for(timeout=120_000)
        page.get_by_role("button", name="Go through them again").click()
        page.get_by_text("Pair 1 of").wait_for(timeout=120_000)
        page.get_by_text(f"Pair 1 saved: {WORDS[meant[0]]}").wait_for(timeout=120_000)
    assert [item.choice for item in reviews.ballot(token)] == meant


def answers(page: Any, *, ready: bool) -> Any:
    """The button of an answer, once it takes one, or while it takes none."""
    button = page.get_by_role("button", name="Both alike", disabled=not ready)
    button.wait_for(timeout=120_000)
    return button


def test_no_key_click_or_other_keyboard_answers_a_pair_that_is_not_drawn(
    browser: Any, hosted: tuple[str, Reviews, str]
) -> None:
    url, reviews, host = hosted
    token = joined(reviews, host)
    with opened(browser, f"{url}/session?seat={token}") as page:
        answers(page, ready=True)
        held: list[Any] = []
        page.route("**/heatcheck/bytes/*", lambda request: held.append(request))
        page.keyboard.press("ArrowLeft")
        page.get_by_text("Pair 2 of").wait_for(timeout=120_000)
        box = answers(page, ready=False).bounding_box()
        page.get_by_text("The pair is on its way.").wait_for()
        shot(page, "ballot-waits")
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for key in ("t", "T", "n", "ArrowLeft", "ArrowRight"):
            page.keyboard.press(key)
        page.evaluate(  # the key T of a Greek keyboard
            """() => document.body.dispatchEvent(
              new KeyboardEvent("keydown", {key: "τ", code: "KeyT", bubbles: true}))"""
        )
        settled(page)
        assert [item.choice for item in reviews.ballot(token)][:2] == ["left", ""]
        for request in held:
            request.continue_()
        page.unroute("**/heatcheck/bytes/*")
        answers(page, ready=True).click()
        page.get_by_text("Pair 2 saved: both alike").wait_for(timeout=120_000)


def test_a_key_that_is_held_is_one_answer(browser: Any, hosted: tuple[str, Reviews, str]) -> None:
    url, reviews, host = hosted
    token = joined(reviews, host)
    with opened(browser, f"{url}/session?seat={token}") as page:
        for place, key in enumerate(("ArrowLeft", "Enter")):
            answers(page, ready=True).focus()
            page.keyboard.down(key)
            page.get_by_text(f"Pair {place + 2} of").wait_for(timeout=120_000)
            settled(page)
            answers(page, ready=True)
            page.keyboard.down(key)  # as a keyboard repeats it
            settled(page)
            page.keyboard.up(key)
        choices = [item.choice for item in reviews.ballot(token)]
        assert choices[:3] == ["left", "tie", ""]


def choose_page(page: Any, name: str) -> None:
    """Go to a page by the menu at the top."""
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()


def test_a_click_in_the_menu_loses_nobody_their_seat_and_each_tab_keeps_its_own(
    browser: Any, hosted: tuple[str, Reviews, str]
) -> None:
    url, reviews, host = hosted
    token = joined(reviews, host)
    seen = {host: "Send this link", token: "Pair 1 of 24"}
    with opened(browser, f"{url}/session?seat={host}") as page:
        other = page.context.new_page()
        other.goto(f"{url}/session?seat={token}")
        for tab, own in ((page, host), (other, token)):
            tab.get_by_text(seen[own]).first.wait_for(timeout=120_000)
            settled(tab)
        for tab in (page, other):
            choose_page(tab, "Report")
            tab.get_by_text("What can we send round?").wait_for(timeout=120_000)
            choose_page(tab, "Session")
        for tab, own in ((page, host), (other, token)):
            back = tab.get_by_role("button", name="Return to your session")
            back.wait_for(timeout=120_000)
            assert back.count() == 1
            assert "seat=" not in tab.url
            shot(tab, "session-return")
            assert host not in tab.content()
            assert token not in tab.content()
            back.click()
            tab.get_by_text(seen[own]).first.wait_for(timeout=120_000)
            assert tab.url.endswith(f"seat={own}")
        stranger = page.context.new_page()
        stranger.goto(f"{url}/session")
        stranger.get_by_text("A new session").wait_for(timeout=120_000)
        assert stranger.get_by_role("button", name="Return to your session").count() == 0
