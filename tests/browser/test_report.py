"""The report opened from disk in a real Chromium with the network cut, on screens and on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from heatcheck import report
from heatcheck.inputs.images import Image
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import MARKS, OUTPUT
from heatcheck.tests.doubles.runs import HOSTILE, fill_at_random, outcome

pytestmark = MARKS


@pytest.fixture
def page_file(store: Store, hostile_run: str, tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(report.build(store, hostile_run, [outcome(HOSTILE)]))
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 800])
def test_it_opens_offline_without_a_request_or_an_error_and_draws_its_charts(
    browser: Any, page_file: Path, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 1000}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    problems: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(f"dialog {dialog.message}"))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(page_file.as_uri())
    page.locator(".still[src]").nth(4).wait_for(state="attached", timeout=30_000)
    assert problems == []
    assert [url for url in requests if not url.startswith("data:")] == [page_file.as_uri()]
    assert (
        page.locator(".js-plotly-plot .scatterlayer .trace").count() == 28 + 2 * 28 + 14 + 2 + 7
    )  # dots, curves, splits, two Pareto fronts, and what repeats
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(
        "[...document.querySelectorAll('.still, .row img, .strip img')].every(one => one.complete)"
    )
    if scheme == "light" and width == 1400:
        OUTPUT.mkdir(exist_ok=True)
        page.pdf(path=OUTPUT / "report.pdf", prefer_css_page_size=True)
        assert (OUTPUT / "report.pdf").read_bytes().startswith(b"%PDF")
        page.emulate_media(media="print")
        page.set_viewport_size(
            {"width": 688, "height": 1000}
        )  # the paper's width between its margins
        assert (
            page.evaluate("document.documentElement.scrollWidth") <= 688
        )  # no table or chart is cut
        assert page.evaluate(
            "[...document.querySelectorAll('.wide')].every(one => one.scrollWidth <= "
            "one.clientWidth)"
        )
        assert page.locator(".still").first.is_visible()
        assert not page.locator(".live").first.is_visible()
    context.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
def test_the_first_screen_holds_the_answer_and_a_heatmap(
    browser: Any, store: Store, photographs: list[Image], tmp_path: Path, width: int, height: int
) -> None:
    path = tmp_path / "report.html"
    path.write_text(report.build(store, fill_at_random(store, photographs)))
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(path.as_uri())
    seen = [".answer", ".strip figure:nth-child(2) img"]
    if width == 1280:
        seen += [".glance", ".strip figure:last-child"]
    for part in seen:
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= height, part
        assert box["x"] + box["width"] <= width, part
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
