"""Which run the pages speak of, in a real Chromium: links, choices, a run that is started, a
session made from a chosen run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from heatcheck.inputs.images import Image
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, PAGES, opened, server, settled
from heatcheck.tests.doubles.runs import fill

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS


@pytest.fixture(scope="module")
def two_runs(
    tmp_path_factory: pytest.TempPathFactory, photographs: list[Image]
) -> Iterator[tuple[str, str, str]]:
    """A dashboard over two finished runs: its address and their ids."""
    folder = tmp_path_factory.mktemp("runs")
    store = Store(f"sqlite:///{folder / 'browser.db'}")
    older = fill(store, photographs, points="drawn-17")
    newer = fill(store, photographs, seed=1)
    assert [run.id for run in store.runs.all()] == [newer, older]
    store.engine.dispose()
    with server(folder) as url:
        yield url, older, newer


def shown(page: sync_api.Page) -> str:
    settled(page)
    return str(page.get_by_role("combobox", name="Run", exact=True).input_value())


def choose(page: sync_api.Page, run: str) -> None:
    page.get_by_role("combobox", name="Run", exact=True).click()
    page.get_by_role("option").filter(has_text=run[:6]).click()
    settled(page)


def test_a_link_names_its_run_and_a_choice_goes_with_the_reader(
    two_runs: tuple[str, str, str], browser: sync_api.Browser
) -> None:
    url, older, newer = two_runs
    with opened(browser, f"{url}/leaderboard?run={older[:8]}") as page:
        page.get_by_role("tab", name="How sure").wait_for(timeout=60_000)
        assert older[:6] in shown(page)
        page.get_by_role("link", name="Strengths and limitations").click()
        page.get_by_role("heading", name=PAGES["/strengths"]).wait_for(timeout=60_000)
        settled(page)
        assert older[:6] in shown(page)
        choose(page, newer)
        assert newer[:6] in shown(page)
        page.wait_for_url(re.compile(f"run={newer}"))
        page.go_back()
        page.wait_for_timeout(1000)
        settled(page)
        assert newer not in page.url
    with opened(browser, f"{url}/leaderboard?run=nosuchrun") as page:
        page.get_by_text("The address asks for run nosuchrun").wait_for(timeout=60_000)
        assert newer[:6] in shown(page)


def test_a_started_run_is_shown_whatever_was_chosen_before(
    two_runs: tuple[str, str, str], browser: sync_api.Browser
) -> None:
    """What is asked for is answered already, so the button shows its run and computes nothing."""
    url, older, newer = two_runs
    with opened(browser, f"{url}/runs?run={older}") as page:
        page.get_by_text("One run closer").wait_for(timeout=60_000)
        choose(page, newer)
        page.get_by_text("Start a run", exact=True).click()
        page.get_by_role("button", name="Start the run").wait_for(timeout=120_000)
        page.wait_for_timeout(
            3000
        )  # the form asks the worker which methods fit, and is drawn again
        settled(page)
        page.get_by_role("combobox", name="Points of each curve").click()
        page.get_by_role("option", name="17 drawn ones").click()
        page.get_by_text("This very question is answered").wait_for(timeout=120_000)
        settled(page)
        page.get_by_role("button", name="Start the run").click()
        page.wait_for_url(re.compile(f"run={older}"), timeout=60_000)
        choice = page.get_by_role("combobox", name="Run", exact=True)
        sync_api.expect(choice).to_have_value(re.compile(older[:6]), timeout=60_000)


def test_a_session_is_made_from_a_run_that_was_chosen(
    two_runs: tuple[str, str, str], browser: sync_api.Browser
) -> None:
    url, older, newer = two_runs
    with opened(browser, f"{url}/session") as page:
        page.get_by_text("A new session").wait_for(timeout=60_000)
        for run in (older, newer):
            choose(page, run)
        page.get_by_label("Your name, as host", exact=True).fill("Hanna")
        page.keyboard.press("Enter")
        page.get_by_text("votes a reviewer").wait_for(timeout=60_000)
        page.get_by_role("button", name="Make the session").click()
        page.get_by_text("Send this link").wait_for(timeout=60_000)
        assert "seat=" in page.url
        assert "run=" not in page.url
        page.get_by_role("button", name="Delete this session").click()
        page.get_by_role("button", name="Delete it").click()
        page.get_by_text("A new session").wait_for(timeout=60_000)
        assert "seat=" not in page.url
