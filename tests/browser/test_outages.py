"""An open dashboard whose store goes away: it says so, and comes back by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatcheck.inputs.images import Image
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, PAGES, opened, server
from heatcheck.tests.doubles.postgresql import skip_where_missing, started
from heatcheck.tests.doubles.sessions import mapped_run

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = [*MARKS, pytest.mark.long]
QUESTION = PAGES["/runs"]


def test_a_page_says_that_its_database_does_not_answer_and_comes_back_by_itself(
    tmp_path: Path, browser: sync_api.Browser, photographs: list[Image]
) -> None:
    skip_where_missing()
    with started() as database:
        store = Store(database.url)
        run = mapped_run(store, photographs, images=2, side=32)
        store.engine.dispose()
        with (
            server(tmp_path, HEATCHECK_DATABASE_URL=database.url) as url,
            opened(browser, f"{url}/runs") as page,
        ):
            page.get_by_text("One run closer").wait_for(timeout=60_000)
            database.crash()
            told = page.get_by_text("It does not answer").first
            told.wait_for(timeout=60_000)  # by itself: nobody has clicked
            page.get_by_role("link", name="Report", exact=True).click()
            page.get_by_text("comes back by itself").wait_for(timeout=60_000)
            assert page.get_by_text("Traceback").count() == 0
            database.start()
            page.get_by_role("button", name="Download the report").wait_for(timeout=60_000)
            page.get_by_text(f"heatcheck report {run[:8]}").wait_for(timeout=60_000)
            told.wait_for(state="detached", timeout=60_000)
