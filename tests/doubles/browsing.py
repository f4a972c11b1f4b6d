"""A dashboard of its own and a real Chromium to look at it, for the tests that need a browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
REQUIRED = os.environ.get("HEATCHECK_REQUIRE_BROWSER") == "1"
NEEDS_CHROMIUM = pytest.mark.skipif(
    not CHROMIUM and not REQUIRED,
    reason="no Chromium found: the dashboard was NOT tested in a browser",
)
MARKS = [pytest.mark.browser, NEEDS_CHROMIUM]
ROOT = Path(__file__).parent.parent.parent
OUTPUT = ROOT / "tests" / "output"
HEATCHECK = (sys.executable, "-m", "heatcheck.cli")
PAGES = {
    "/": "Which method points at the evidence?",
    "/methods": "What does each method compute?",
    "/runs": "What has been measured, and how far is it?",
    "/leaderboard": "Which method scores best, and how sure is that?",
    "/strengths": "What is each method good for?",
    "/report": "What can we send round?",
    "/session": "What do people see in these heatmaps?",
}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where CI demands the browser, a test that wants one and is skipped has failed."""
    report = yield
    if report.skipped and REQUIRED and item.get_closest_marker("browser"):
        reason: Any = report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, and HEATCHECK_REQUIRE_BROWSER=1 demands it: {reason}"
    return report


@contextmanager
def server(
    folder: Path, command: Sequence[str | Path] = HEATCHECK, cwd: Path = ROOT, **environment: str
) -> Iterator[str]:
    """A dashboard of its own, on a free port, with a store of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        **os.environ,
        "HEATCHECK_DATABASE_URL": f"sqlite:///{folder / 'browser.db'}",
        "HEATCHECK_AUTOSTART": "0",
        **environment,
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "serve", "--port", str(port)],
            cwd=cwd,
            env=settings,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 90
            while True:
                try:
                    urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
                    break
                except OSError:
                    assert process.poll() is None, (folder / "server.log").read_text()
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
            yield url
        finally:
            process.terminate()
            process.wait(20)
    said = (folder / "server.log").read_text()
    assert "Traceback" not in said, said


def elsewhere(url: str) -> bool:
    """Whether a request leaves this machine."""
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))


def superseded(message: Any) -> bool:
    """Whether a console message is about a picture that a newer one had replaced before the browser
    asked for it.
    """
    refused = "404" in message.text and "/media/" in str(message.location.get("url", ""))
    return refused or (
        "Image source error" in message.text and "/media/" in message.text
    )  # Streamlit's own word for the same


def given_up(request: Any) -> bool:
    """Whether the browser itself gave a request up, as it does with what a page still waits for
    when the reader leaves it.
    """
    return request.failure == "net::ERR_ABORTED"


@contextmanager
def opened(browser: Any, url: str, width: int = 1400, scheme: str = "light") -> Iterator[Any]:
    """A page whose console and screen must stay free of errors."""
    context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    page = context.new_page()
    problems: list[str] = []
    page.on(
        "console",
        lambda message: (
            problems.append(message.text)
            if message.type == "error" and not superseded(message)
            else None
        ),
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "requestfailed",
        lambda request: None if given_up(request) else problems.append(f"{request.url} failed"),
    )
    page.on(
        "request",
        lambda request: (
            problems.append(f"asked another host: {request.url}")
            if elsewhere(request.url)
            else None
        ),
    )
    page.goto(url)
    yield page
    assert problems == [], problems
    assert page.get_by_test_id("stException").count() == 0
    assert "Page not found" not in page.content()
    context.close()


def settled(page: Any, timeout: float = 120_000) -> None:
    """Wait until the server has answered what the reader has just done; a key pressed before may
    meet no button.
    """
    page.wait_for_timeout(400)  # what was done is on its way
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=timeout)


def shot(page: Any, name: str) -> None:
    OUTPUT.mkdir(exist_ok=True)
    page.screenshot(path=OUTPUT / f"{name}.png", full_page=True)
