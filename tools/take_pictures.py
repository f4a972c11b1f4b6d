"""Take the README's pictures: start the dashboard on the store in use and photograph each page in
Chromium.

    .venv/bin/python -m heatcheck.tools.take_pictures [--url http://127.0.0.1:8501] [--out
    docs/pictures]

Wide and narrow, light and dark; waits until nothing is on its way. Needs /usr/bin/chromium, a
running dashboard, and its store (HEATCHECK_DATABASE_URL) with a finished run.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

import PIL.Image
from playwright.sync_api import Browser, Page, sync_playwright

from heatcheck import report
from heatcheck.review.store import Reviews
from heatcheck.runs.store import Store

PAGES = {
    "compare": "/",
    "methods": "/methods",
    "runs": "/runs",
    "leaderboard": "/leaderboard",
    "strengths": "/strengths",
    "report-page": "/report",
}
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
    && !document.querySelector('[data-testid=stSpinner], [data-testid=stSkeleton]')
    && (location.pathname !== '/' || document.querySelector('.js-plotly-plot'))"""
TALLEST = """Math.max(
    ...[...document.querySelectorAll('[data-testid=stMain]')].map(e => e.scrollHeight))"""
QUIET = 1500  # milliseconds without a change


def settle(page: Page, seconds: float = 120) -> None:
    """Wait until the page has a title, no panel waits and the app has stopped running."""
    page.wait_for_selector("h1", timeout=30_000)
    page.wait_for_function(READY, timeout=1000 * seconds)
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
        photograph(browser, places, out, 1100)
    reviews.reveal(host)
    photograph(browser, {"session-revealed": f"{url}/session?seat={host}"}, out, 1900)
    reviews.delete(host)


def photograph(browser: Browser, places: dict[str, str], out: Path, height: int) -> None:
    """Each address at both widths and in both colours, as far down as `height`."""
    for scheme in ("light", "dark"):
        for width in (1400, 800):
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page = context.new_page()
            for name, address in places.items():
                page.goto(address)
                page.wait_for_selector("h1", timeout=30_000)
                page.wait_for_timeout(2 * QUIET)
                taken = PIL.Image.open(io.BytesIO(page.screenshot()))
                taken.convert("RGB").save(out / f"{name}-{width}-{scheme}.png", optimize=True)
            context.close()


def main() -> None:
    """Photograph every page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8501")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--pages", default=",".join(PAGES))
    parser.add_argument(
        "--height", type=int, default=0, help="of the window; 0 shows the whole page"
    )
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for scheme in ("light", "dark"):
            for width in (1400, 800):
                context = browser.new_context(
                    viewport={"width": width, "height": arguments.height or 1000},
                    color_scheme=scheme,
                )
                page = context.new_page()
                for name in arguments.pages.split(","):
                    page.goto(arguments.url + PAGES[name])
                    settle(page)
                    if not arguments.height:
                        tall = page.evaluate(TALLEST)
                        page.set_viewport_size({"width": width, "height": int(tall) + 20})
                        page.wait_for_timeout(QUIET)
                    taken = PIL.Image.open(io.BytesIO(page.screenshot()))
                    taken.convert("RGB").save(
                        arguments.out / f"{name}-{width}-{scheme}.png", optimize=True
                    )
                    page.set_viewport_size({"width": width, "height": arguments.height or 1000})
                context.close()
        if not arguments.height:
            review_pictures(browser, arguments.url, arguments.out)
        browser.close()


if __name__ == "__main__":
    main()
