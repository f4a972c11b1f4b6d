"""A spec file in a real Chromium: uploaded, asked for, behind another run in the queue, started."""

from __future__ import annotations

import json
import re
import socket
import time
from pathlib import Path

import pytest

from heatcheck.runs import specs
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, opened, server, settled
from heatcheck.tests.doubles.runs import put_in_state

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS


def test_a_file_is_uploaded_asked_for_waits_its_turn_and_starts(
    tmp_path: Path, browser: sync_api.Browser
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'browser.db'}")
    works = store.runs.open(specs.ask(methods=["edges"], points=9))
    server_here = {"started_by": "server", "host": socket.gethostname()}
    put_in_state(store, works, "running", held_until=time.time() + 3600, **server_here)
    spec = specs.ask(only=["photo_00"], methods=["random"], metrics=["total_variation"])
    good, bad = (json.dumps({**spec.as_asked, **odd}) for odd in ({}, {"images": "/etc"}))
    with server(tmp_path) as url, opened(browser, f"{url}/runs?run={works}") as page:
        page.get_by_text("One run closer").wait_for(timeout=120_000)
        settled(page)
        page.get_by_text("Start a run from a file").click()
        place = page.get_by_test_id("stFileUploader").filter(has_text="Spec, JSON")
        upload(place, bad)
        page.get_by_text("Expected images in mine.json to be one that").wait_for(timeout=60_000)
        place.get_by_role("button", name="Remove").click()
        settled(page)
        upload(place, good)
        asked = page.get_by_text("1 image x 1 method, 1 map")
        asked.filter(has_text="1 run goes before it.").wait_for(timeout=60_000)
        page.get_by_role("button", name="Start this run").click()
        page.get_by_role("paragraph").filter(has_text="waiting, 1 before it").wait_for(
            timeout=60_000
        )
        page.wait_for_url(f"**/runs?run={spec.id}")
        assert store.queue.waiting() == [spec.id]
        put_in_state(store, works, "finished")  # its process is none of this server's
        page.get_by_role("button", name="Start it now").click(timeout=60_000)
        page.get_by_text(re.compile(r"(running|finished) · .*1 map")).wait_for(timeout=120_000)
        assert store.queue.waiting() == []
    store.engine.dispose()


def upload(place: sync_api.Locator, content: str) -> None:
    file = {"name": "mine.json", "mimeType": "application/json", "buffer": content.encode()}
    place.locator("input[type=file]").set_input_files(file)
