"""What axe finds: nothing serious or critical on any page, light and dark, at three widths.

One fault is Streamlit's own markup, which no label or theme of ours reaches; it is let off for
its rule and its elements alone.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heatcheck.inputs.images import Image
from heatcheck.review.store import Reviews
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, PAGES, opened, server, settled
from heatcheck.tests.doubles.runs import fill
from heatcheck.tests.doubles.sessions import METHODS, joined, mapped_run

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS

WIDTHS = (1440, 800, 390)
SCHEMES = ("light", "dark")
# A formula, a table wider than its place and a long popover scroll inside a box that Streamlit
# gives no tabindex; Chromium and Firefox let the keyboard into it by themselves.
LET_OFF = {
    "scrollable-region-focusable": (
        ".katex-display",
        "[data-testid=stTable] > div",
        "[data-testid=stPopoverBody]",
    ),
}
DEEPER = [
    *(
        f"/leaderboard?all_metrics=true&look={look}"
        for look in ("Evidence", "Substrates", "Curves", "Views", "Agreement")
    ),
    "/strengths?method=smoothgrad&cell=method",
    "/strengths?method=smoothgrad&cell=evidence",
    "/methods?tab=Metrics+(35)",
    "/methods?tab=Glossary",
    *(
        f"/methods?tab=Laboratory&part={part}"
        for part in ("Vanilla+Gradients", "Integrated+Gradients", "SmoothGrad", "Grad-CAM")
    ),
]
MAPS = "canvas[aria-label^='Heatmap of']"
FOUND = """async (letOff) => {
  const asked = { resultTypes: ['violations'] }
  const found = await axe.run(document, asked)
  const grave = found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
  const excused = (rule, target) =>
    (letOff[rule] || []).some((selector) =>
      typeof target[0] === 'string' && document.querySelector(target[0])?.matches(selector))
  return grave.flatMap((one) => one.nodes
    .filter((node) => !excused(one.id, node.target))
    .map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 300)}`))
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core, from the package that carries it."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("no axe-playwright-python found: the pages were NOT looked at by axe")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def measured(
    tmp_path_factory: pytest.TempPathFactory, photographs: list[Image], small_classifier: str
) -> Iterator[tuple[str, list[str]]]:
    """A dashboard over a finished run, and the addresses of a session's host and reviewer."""
    folder = tmp_path_factory.mktemp("axe")
    store = Store(f"sqlite:///{folder / 'browser.db'}")
    reviews = Reviews(store)
    run = mapped_run(store, photographs)
    names = [image.name for image in store.runs.get(run).spec.images[:6]]
    host = reviews.open_session(run, "A title", "Which?", names, METHODS, 1, "Hanna")
    fill(store, photographs)
    seats = [f"/session?seat={token}" for token in (host, joined(reviews, host))]
    store.engine.dispose()
    with server(folder, HEATCHECK_CLASSIFIER=small_classifier) as url:
        yield url, seats


def graves(page: Any, axe: str) -> list[str]:
    """What axe finds on the page as it stands, at each width."""
    page.evaluate(axe)
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("innerWidth === " + str(width))
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))")
        found += [f"{width}: {one}" for one in page.evaluate(FOUND, LET_OFF)]
    return found


def go(page: Any, address: str) -> None:
    """Open an address, and wait until its page is drawn and nothing on it is pale."""
    page.goto(address)
    page.locator("h1").first.wait_for(timeout=60_000)
    settled(page)
    page.wait_for_function("!document.querySelector('[data-stale=true]')")
    if page.url.endswith("/"):
        page.locator(MAPS).first.wait_for(timeout=120_000)
    page.get_by_test_id("stSpinner").first.wait_for(state="hidden", timeout=120_000)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_on_any_page(
    scheme: str, measured: tuple[str, list[str]], browser: Any, axe: str
) -> None:
    url, seats = measured
    with opened(browser, url + "/methods", WIDTHS[0], scheme) as page:
        page.emulate_media(reduced_motion="reduce")
        found = {}
        for path in [*PAGES, *seats]:
            go(page, url + path)
            found[path] = graves(page, axe)
        assert not any(found.values()), found


@pytest.mark.long
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_a_click_deeper(
    scheme: str, measured: tuple[str, list[str]], browser: Any, axe: str
) -> None:
    url, _ = measured
    with opened(browser, url + "/methods", WIDTHS[0], scheme) as page:
        page.emulate_media(reduced_motion="reduce")
        found = {}
        for path in DEEPER:
            go(page, url + path)
            found[path] = graves(page, axe)
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})  # narrow bars are folded
        go(page, url + "/")
        page.locator(".viewer[data-done=true]").wait_for(timeout=240_000)
        page.get_by_role("button", name="Two methods").click()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("slider", name="Pixels covered").press("ArrowRight")
        found["viewer"] = graves(page, axe)
        page.get_by_role("button", name="Gallery").click()
        page.locator(".tiles button").first.wait_for(timeout=60_000)
        found["gallery"] = graves(page, axe)
        go(page, url + "/runs")
        page.get_by_text("Start a run").first.click()
        page.get_by_role("button", name="Start the run").wait_for(timeout=120_000)
        settled(page)
        found["form"] = graves(page, axe)
        page.get_by_text("Start a run from a file").click()
        page.get_by_text("Add methods or images to this run").click()
        page.get_by_text("Methods to add").wait_for(timeout=60_000)
        page.get_by_role("tab", name="Beside another run").click()
        page.get_by_role("combobox", name="The other run").click()
        page.get_by_role("option").first.click()
        page.get_by_text("All else is the same").wait_for(timeout=60_000)
        page.mouse.move(0, 0)  # no tooltip fades in
        settled(page)
        found["a run extended, from a file, and held against another"] = graves(page, axe)
        for path in PAGES:
            go(page, url + path)
            page.get_by_role("button", name="How to read this").click()
            page.get_by_test_id("stPopoverBody").wait_for()
            found[f"{path}, how to read it"] = graves(page, axe)
        assert not any(found.values()), found


def test_axe_sees_what_is_wrong(browser: Any, axe: str) -> None:
    """The test can fail: pale words and a button without a name are found."""
    page = browser.new_page()
    page.set_content(
        "<html lang=en><title>t</title><main><h1>a</h1><p style='color:#bbb'>pale</p>"
        "<button></button></main>"
    )
    found = " ".join(graves(page, axe))
    assert "color-contrast" in found
    assert "button-name" in found
    page.close()
