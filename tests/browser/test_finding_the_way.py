"""Where one is, and where one can go from there, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from heatcheck.inputs.images import Image
from heatcheck.runs import specs
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, PAGES, opened, server, settled
from heatcheck.tests.doubles.runs import fill, put_in_state

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36",
}
NAMES = {
    "/": "Compare",
    "/methods": "Methods",
    "/runs": "Runs",
    "/leaderboard": "Leaderboard",
    "/strengths": "Strengths and limitations",
    "/session": "Session",
    "/report": "Report",
}


@pytest.fixture(scope="module")
def two_runs(
    tmp_path_factory: pytest.TempPathFactory, photographs: list[Image], small_classifier: str
) -> Iterator[tuple[str, Store, list[str]]]:
    """A dashboard over two finished runs: its address, its store, their ids, the newest first."""
    folder = tmp_path_factory.mktemp("way")
    store = Store(f"sqlite:///{folder / 'browser.db'}")
    fill(store, photographs)
    fill(store, photographs, seed=1)
    with server(folder, HEATCHECK_CLASSIFIER=small_classifier) as url:
        yield url, store, [run.id for run in store.runs.all()]
    store.engine.dispose()


def test_every_page_says_its_name_where_one_looks_for_it(
    two_runs: tuple[str, Store, list[str]], browser: Any
) -> None:
    url, _, _ = two_runs
    with opened(browser, url + "/methods", 1440) as page:
        for path, name in NAMES.items():
            page.goto(url + path)
            heading = page.get_by_role("heading", level=1, name=f"{name} · {PAGES[path]}")
            heading.wait_for(timeout=60_000)
            sync_api.expect(page).to_have_title(f"{name} · Heatcheck")
            here = page.locator("header a[aria-current=page]")
            sync_api.expect(here).to_have_count(1)
            sync_api.expect(here).to_contain_text(name)
        word = page.get_by_test_id("stHeaderLogo")
        assert word.bounding_box()["width"] > 3 * word.bounding_box()["height"]  # not an icon alone


def test_the_menu_closes_on_a_phone_once_a_page_is_chosen(
    two_runs: tuple[str, Store, list[str]], browser: Any
) -> None:
    url, _, _ = two_runs
    with closing(browser.new_page(**PHONE)) as page:
        page.goto(url + "/runs")
        page.get_by_role("heading", name=PAGES["/runs"]).wait_for(timeout=60_000)
        page.get_by_test_id("stExpandSidebarButton").click()
        menu = page.get_by_test_id("stSidebar")
        menu.get_by_role("link", name="Report").click()
        page.get_by_role("heading", name=PAGES["/report"]).wait_for(timeout=60_000)
        page.wait_for_function(
            "document.querySelector('[data-testid=stSidebar]').getBoundingClientRect().right <= 0"
        )


def test_a_row_opens_its_run_which_leads_to_its_answer(
    two_runs: tuple[str, Store, list[str]], browser: Any
) -> None:
    url, _, (newer, older) = two_runs
    with opened(browser, url + "/runs", 1440) as page:
        page.get_by_role("heading", name=PAGES["/runs"]).wait_for(timeout=60_000)
        settled(page)
        table = page.get_by_test_id("stDataFrame").first
        box = table.bounding_box()
        height = box["height"] / 3  # a head and two rows
        table.click(position={"x": 120, "y": 2.5 * height})
        page.wait_for_url(re.compile(f"run={older}"))
        settled(page)
        table.click(position={"x": 120, "y": 1.5 * height})
        page.wait_for_url(re.compile(f"run={newer}"))
        settled(page)
        table.click(position={"x": 120, "y": 2.5 * height})
        page.wait_for_url(re.compile(f"run={older}"))
        settled(page)
        page.get_by_role("button", name="Its leaderboard").click()
        page.wait_for_url(re.compile(f"leaderboard.*run={older}"))
        page.get_by_role("heading", name=PAGES["/leaderboard"]).wait_for(timeout=60_000)
        settled(page)
        chosen = page.get_by_role("combobox", name="Run", exact=True)
        sync_api.expect(chosen).to_have_value(re.compile(older[:6]))


def test_a_page_that_was_left_open_shows_a_run_that_starts_elsewhere(
    two_runs: tuple[str, Store, list[str]], browser: Any
) -> None:
    url, store, _ = two_runs
    with opened(browser, url + "/leaderboard", 1440) as page:
        page.get_by_role("heading", name=PAGES["/leaderboard"]).wait_for(timeout=60_000)
        settled(page)
        assert page.get_by_text("Measuring").count() == 0
        run = store.runs.open(specs.ask(methods=["random"], points=3))
        put_in_state(store, run, "running")
        page.get_by_text(re.compile("Measuring .* on 20 images")).wait_for(timeout=30_000)
        put_in_state(store, run, "cancelled")
