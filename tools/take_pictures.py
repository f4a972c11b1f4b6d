"""Take the README's pictures: start the dashboard on the store in use and photograph each page in
Chromium.

    .venv/bin/python -m heatcheck.tools.take_pictures [--url http://127.0.0.1:8501] [--out
    docs/pictures]

On a desk (1440 x 900, 1280 x 720), a tablet (800 wide) and a telephone (390 wide), light and dark;
waits until nothing is on its way. Needs Chromium, a running dashboard, and its store
(HEATCHECK_DATABASE_URL) with a finished run.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import PIL.Image
from playwright.sync_api import Browser, Page, sync_playwright

from heatcheck import report
from heatcheck.review.store import Reviews
from heatcheck.runs.store import Store

PAGES = {
    "compare": "/",
    "methods": "/methods",
    "laboratory": "/methods?tab=Laboratory",
    "runs": "/runs",
    "leaderboard": "/leaderboard",
    "strengths": "/strengths",
    "report-page": "/report",
}
WINDOWS = ((1440, 900), (1280, 720), (800, 1100), (390, 844))  # width and height in pixels
SCHEMES = ("light", "dark")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
READY = """() =>
    document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
    && !/ …/.test(document.body.innerText)
    && !document.querySelector('[data-testid=stSpinner], [data-testid=stSkeleton]')"""
TALLEST = """Math.max(
    ...[...document.querySelectorAll('[data-testid=stMain]')].map(e => e.scrollHeight))"""
QUIET = 1500  # milliseconds without a change


def settle(page: Page, seconds: float = 120) -> None:
    """Wait until the page has a title, no panel waits and the app has stopped running."""
    page.wait_for_selector("h1", timeout=30_000)
    page.wait_for_function(READY, timeout=1000 * seconds)
    if page.locator(".viewer").count():
        page.locator(".viewer[data-done=true]").wait_for(timeout=1000 * seconds)
    page.wait_for_timeout(QUIET)


def review_pictures(browser: Browser, url: str, out: Path) -> None:
    """The newest finished run's report, and a session of it as its host and a reviewer see it; the
    session is deleted afterwards.
    """
    reviews = Reviews(Store())
    run = next(run for run in reviews.store.runs.all() if run.status == "finished")
    keys = list(run.spec.keyed)
    host = reviews.open_session(
        run.id,
        "Which heatmaps do we trust?",
        "Which map explains the prediction better?",
        [image.name for image in run.spec.images],
        keys,
        2,
        "Hanna",
    )
    people = [reviews.join(reviews.invitation(host), name) for name in ("Ada", "Bert")]
    for place, token in enumerate(people):
        for item in reviews.ballot(token)[: 40 - 15 * place]:
            reviews.cast(
                token,
                item.id,
                ("left", "right", "tie", "neither", "left")[(item.place + place) % 5],
            )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        file.write_text(report.build(reviews.store, run.id))
        places = {
            "session-host": f"{url}/session?seat={host}",
            "session-reviewer": f"{url}/session?seat={people[1]}",
            "report": file.as_uri(),
        }
        photograph(browser, places, out)
    reviews.reveal(host)
    photograph(browser, {"session-revealed": f"{url}/session?seat={host}"}, out, 1900)
    reviews.delete(host)


@contextmanager
def windows(browser: Browser, height: int = 0) -> Iterator[list[tuple[Page, str]]]:
    """A window of each size and colour, and what its pictures' names end in; as high as `height`
    where that is given.
    """
    contexts = {
        f"{width}-{scheme}": browser.new_context(
            viewport={"width": width, "height": height or high}, color_scheme=scheme
        )
        for scheme in SCHEMES
        for width, high in WINDOWS
    }
    yield [(context.new_page(), end) for end, context in contexts.items()]
    for context in contexts.values():
        context.close()


def save(page: Page, path: Path) -> None:
    """What the window shows."""
    taken = PIL.Image.open(io.BytesIO(page.screenshot()))
    taken.convert("RGB").save(path, optimize=True)


def photograph(browser: Browser, places: dict[str, str], out: Path, height: int = 0) -> None:
    """Each address in each window."""
    with windows(browser, height) as opened:
        for page, end in opened:
            for name, address in places.items():
                page.goto(address)
                page.wait_for_selector("h1", timeout=30_000)
                page.wait_for_timeout(2 * QUIET)
                save(page, out / f"{name}-{end}.png")


def photograph_pages(browser: Browser, url: str, names: list[str], out: Path, whole: bool) -> None:
    """The dashboard's pages, as much as the window holds, or the whole of each."""
    with windows(browser) as opened:
        for page, end in opened:
            size = page.viewport_size
            assert size
            for name in names:
                page.goto(url + PAGES[name])
                settle(page)
                if whole:
                    tall = int(page.evaluate(TALLEST)) + 20
                    page.set_viewport_size({"width": size["width"], "height": tall})
                    page.wait_for_timeout(QUIET)
                save(page, out / f"{name}-{end}.png")
                page.set_viewport_size(size)


def main() -> None:
    """Photograph every page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8501")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--pages", default=",".join(PAGES), help="names, comma between")
    parser.add_argument(
        "--whole", action="store_true", help="each page down to its end, not one window of it"
    )
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    names = arguments.pages.split(",")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        photograph_pages(browser, arguments.url, names, arguments.out, arguments.whole)
        if names == list(PAGES):
            review_pictures(browser, arguments.url, arguments.out)
        browser.close()


if __name__ == "__main__":
    main()
