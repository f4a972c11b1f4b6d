"""Strengths and Leaderboard of a finished run by keyboard alone, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from heatcheck.inputs.images import Image
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, opened, server, settled
from heatcheck.tests.doubles.runs import fill

pytestmark = MARKS
# A group of alternatives is one stop of Tab; the arrows move within it.
UNREACHED = """() => [...document.querySelectorAll(
    "[data-testid=stMain] :is(button, input, textarea, select, summary, a[href], [role=radio]," +
    " [role=combobox], [role=slider], canvas[tabindex])")]
  .filter(one => one.checkVisibility() && !one.disabled && !one.closest("[aria-hidden=true]"))
  .filter(one => !one.dataset.reached)
  .filter(one => !one.dataset.testid?.startsWith("stNumberInputStep"))  // its arrow keys do it
  .filter(one => !one.closest("[role=radiogroup], [role=group]")?.querySelector("[data-reached]"))
  .map(one => one.outerHTML.slice(0, 200))"""
REACH = """() => {
  document.activeElement.dataset.reached = "yes"
  return document.activeElement === document.body
}"""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, photographs: list[Image]) -> Iterator[str]:
    """A dashboard over a finished run with planted scores."""
    folder = tmp_path_factory.mktemp("judged")
    store = Store(f"sqlite:///{folder / 'browser.db'}")
    fill(store, photographs)
    store.engine.dispose()
    with server(folder) as url:
        yield url


def tab_to(page: Any, name: str) -> None:
    """Press Tab until what has the focus has this in its name."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if name in page.evaluate(
            "(document.activeElement.getAttribute('aria-label') || "
            "document.activeElement.innerText).slice(0, 80)"
        ):
            return
    raise AssertionError(f"150 tabs do not reach {name}")


@pytest.mark.parametrize(
    ("path", "last"),
    [("strengths", "radio"), ("leaderboard", "tab"), ("leaderboard?look=Views", "tab")],
)
def test_tab_reaches_every_control(path: str, last: str, judged: str, browser: Any) -> None:
    with opened(browser, f"{judged}/{path}") as page:
        page.get_by_test_id("stMain").get_by_role(last).last.wait_for(timeout=60_000)
        page.wait_for_timeout(1000)
        settled(page)
        for stop in range(200):  # noqa: B007
            page.keyboard.press("Tab")
            if page.evaluate(REACH):
                break
        assert 10 < stop < 199  # the walk has an end, and no element keeps the focus
        assert page.evaluate(UNREACHED) == []


def test_evidence_and_thresholds_answer_to_keys(judged: str, browser: Any) -> None:
    with opened(browser, f"{judged}/strengths?reading=By+claim") as page:
        page.get_by_role("heading", name="Limitations", exact=True).wait_for(timeout=60_000)
        settled(page)
        tab_to(page, "Thresholds")
        page.keyboard.press("Enter")
        tab_to(page, "Fast computation")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("1")
        page.keyboard.press("Enter")
        page.get_by_text(re.compile("With your threshold, 1 verdict of [0-9]+ changes")).wait_for(
            timeout=60_000
        )
        settled(page)
        assert page.locator(".js-plotly-plot").count() == 0
        tab_to(page, "Evidence")
        page.keyboard.press("Space")
        page.locator(".js-plotly-plot").wait_for(timeout=60_000)


def test_a_cell_of_the_table_opens_by_a_key_and_the_address_names_it(
    judged: str, browser: Any
) -> None:
    with opened(browser, f"{judged}/strengths") as page:
        cell = page.get_by_role("row", name="Grad-CAM").get_by_role("button").nth(1)
        cell.wait_for(timeout=60_000)
        settled(page)
        cell.focus()
        page.keyboard.press("Enter")
        page.get_by_text("Grad-CAM: evidence").wait_for(timeout=60_000)
        assert "method=grad_cam&cell=evidence" in page.url
        assert cell.get_attribute("aria-pressed") == "true"
        page.go_back()
        page.get_by_text("Grad-CAM: evidence").wait_for(state="detached", timeout=60_000)


def test_views_and_weights_answer_to_keys(judged: str, browser: Any) -> None:
    with opened(browser, f"{judged}/leaderboard?look=Views") as page:
        page.get_by_text("Filled: may be the best").wait_for(timeout=60_000)
        settled(page)
        tab_to(page, "Intervals")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.get_by_text("so that above zero is better").wait_for(timeout=60_000)
        for _ in range(7):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.get_by_text("By your weights Grad-CAM stands first").wait_for(timeout=60_000)
        for metric, weight in (
            ("Deletion ↓", "9"),
            ("Deletion exchange gain ↑", "0"),
            ("Insertion exchange gain ↑", "0"),
        ):
            tab_to(page, metric)
            page.keyboard.press("ControlOrMeta+a")
            page.keyboard.type(weight)
            page.keyboard.press("Enter")
            settled(page)
        page.get_by_text("By your weights Vanilla Gradients stands first").wait_for(timeout=60_000)
