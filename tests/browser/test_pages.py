"""Every page in a real Chromium: deep links on a fresh server, both widths and colours, and the run
that starts by itself.
"""

from __future__ import annotations

import re
import time
import urllib.request
from pathlib import Path

import pytest

from heatcheck.inputs import classifiers
from heatcheck.inputs.images import Image
from heatcheck.tests.doubles.browsing import MARKS, PAGES, opened, server, shot

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS


@pytest.mark.parametrize("real", [False, pytest.param(True, marks=pytest.mark.long)])
def test_the_default_run_starts_by_itself_and_fills_the_pages(
    real: bool,
    browser: sync_api.Browser,
    tmp_path: Path,
    photographs: list[Image],
    small_classifier: str,
) -> None:
    name, title = (
        (classifiers.DEFAULT, "EfficientNet-Lite0")
        if real
        else (small_classifier, "test_resnet, ours.pth")
    )
    folder = tmp_path / "images"
    folder.mkdir()
    for photo in photographs[:1]:  # two would take minutes with the real network
        (folder / f"{photo.name}.jpg").write_bytes(photo.encoded())
    with (
        server(
            tmp_path,
            HEATCHECK_AUTOSTART="1",
            HEATCHECK_IMAGES=str(folder),
            HEATCHECK_CLASSIFIER=name,
        ) as url,
        opened(browser, url + "/leaderboard") as page,
    ):
        page.get_by_text(re.compile(rf"Measuring {title} on 1 image")).wait_for(timeout=60_000)
        page.get_by_text(re.compile("1 of at least 5")).first.wait_for(timeout=400_000)
        page.get_by_text(re.compile("7 maps, measured")).first.wait_for(timeout=400_000)
        shot(page, "default-run")


@pytest.mark.parametrize(
    "path", ["/methods", "/leaderboard", "/session"]
)  # one of each section; every page is opened below
def test_a_page_opens_by_deep_link_first_on_a_fresh_server(
    path: str, browser: sync_api.Browser, tmp_path: Path
) -> None:
    with server(tmp_path) as url, opened(browser, url + path) as page:
        seen: list[str] = []
        deadline = time.monotonic() + 60
        while not page.get_by_role("heading", name=PAGES[path]).count():
            seen.append(page.inner_text("body"))
            assert time.monotonic() < deadline
            page.wait_for_timeout(50)
        assert not any("not found" in text.lower() for text in seen)
        page.wait_for_timeout(1000)
        shot(page, f"deep-link-{path.strip('/') or 'compare'}")


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (800, "dark"), (390, "light")])
def test_nothing_is_wider_than_the_window(
    running: str, browser: sync_api.Browser, width: int, scheme: str
) -> None:
    with opened(browser, running, width, scheme) as page:
        for path, heading in PAGES.items():
            page.goto(running + path)
            page.get_by_role("heading", name=heading).wait_for(timeout=60_000)
            page.wait_for_timeout(1500)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            shot(page, f"{path.strip('/') or 'compare'}-{width}-{scheme}")


def test_the_server_sends_the_headers_that_a_page_should_carry(running: str) -> None:
    with urllib.request.urlopen(running, timeout=10) as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
