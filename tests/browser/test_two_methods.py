"""Two methods in one panel, scales and legends in a real Chromium: what colours mean is said, and
why a panel is empty.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from heatcheck.attribution import METHODS
from heatcheck.runs.specs import STANDARD
from heatcheck.tests.doubles.browsing import MARKS, opened, shot

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS

HEATMAPS = "canvas[aria-label^='Heatmap of']"
OWN, SHARED = "(scale per map)", "(shared scale; units differ)"
CONTROLS = {
    f"Heatmap of {METHODS.build(name).title}" for name in STANDARD if METHODS.build(name).is_control
}
DRAWN = """all => Object.fromEntries(all.map((one) =>
  [one.getAttribute("aria-label").split(",")[0], one.toDataURL()]))"""
FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def address(running: str, browser: sync_api.Browser) -> str:
    """The page of an image whose answers are all there."""
    url = f"{running}/?image=photo_03"
    with opened(browser, url) as page:
        page.locator(".viewer[data-done=true]").wait_for(timeout=400_000)
    return url


@pytest.fixture
def page(address: str, browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    with opened(browser, address) as page:
        page.locator(".viewer[data-done=true]").wait_for(timeout=60_000)
        sync_api.expect(page.locator(HEATMAPS)).to_have_count(len(STANDARD))
        yield page


def told_otherwise(change: Callable[[dict[str, Any]], Any]) -> Callable[[sync_api.Route], None]:
    """Answers of the server after `change` has been at them."""

    def answer(route: sync_api.Route) -> None:
        news = [
            json.loads(line[6:]) for line in route.fetch().text().splitlines() if '"panels"' in line
        ]
        for told in news:
            change(told)
        body = "".join(f"data: {json.dumps(told)}\n\n" for told in news)
        route.fulfill(body=f"{body}event: end\ndata: {{}}\n\n", content_type="text/event-stream")

    return answer


def two_methods(page: sync_api.Page, first: str, second: str, how: str) -> sync_api.Locator:
    page.get_by_role("button", name="Two methods").click()
    page.get_by_label("First method").select_option(label=first)
    page.get_by_label("Second method").select_option(label=second)
    page.get_by_label("Two methods as").select_option(how)
    return page.locator(".panel.pair")


def legend(page: sync_api.Page) -> list[str]:
    page.evaluate(FRAME)
    told: list[str] = page.locator(".bar > .legend > *").all_inner_texts()
    return [" ".join(text.split()) for text in told]


def test_a_difference_says_its_colours_and_what_it_takes(page: sync_api.Page) -> None:
    page.get_by_label("Colour map", exact=True).select_option("Both signs")
    pair = two_methods(page, "Integrated Gradients", "Edges", "difference")
    sentence = (
        "Integrated Gradients less Edges, each on its own scale, signs and all (Edges has none): "
        "red where the first is higher, blue where the second is."
    )
    sync_api.expect(pair).to_contain_text(sentence)
    sync_api.expect(pair).to_contain_text("(signed values)")
    ramp = pair.get_by_role("img", name="Colours from First higher to Second higher")
    sync_api.expect(ramp).to_be_visible()
    colours = ramp.evaluate("one => [...one.getContext('2d').getImageData(0, 0, 256, 1).data]")
    assert colours[0] > colours[2]  # red at the first's end
    assert colours[-4] < colours[-2]
    page.get_by_label("First method").select_option(label="Centre Prior")
    sync_api.expect(pair).to_contain_text("Centre Prior less Edges, each on its own scale: red")
    sync_api.expect(pair).not_to_contain_text("signed values")
    shot(page, "difference")
    page.get_by_label("Two methods as").select_option("swipe")
    sync_api.expect(ramp).to_be_hidden()
    sync_api.expect(pair).not_to_contain_text("less Edges")


def test_equal_values_at_the_edge_of_the_focus_are_said(page: sync_api.Page) -> None:
    pair = two_methods(page, "Grad-CAM", "Grad-CAM", "difference")
    page.get_by_role("slider", name="Focus intensity").press("Home")
    sync_api.expect(pair).to_contain_text("strongest 100 % they share 100 %.")
    page.get_by_role("slider", name="Focus intensity").press("ArrowRight")
    sync_api.expect(pair).to_contain_text("strongest 99 % they share 100 %")


@pytest.mark.parametrize("how", ["swipe", "difference"])
@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("none", "Grad-CAM has no map."),
        ("waiting", "Grad-CAM is on its way."),
        ("blank", "Grad-CAM has the same value everywhere: there is no order to compare."),
    ],
)
def test_a_pair_says_why_it_is_empty(
    state: str, words: str, how: str, address: str, browser: sync_api.Browser
) -> None:
    def change(told: dict[str, Any]) -> None:
        for panel in told["panels"]:
            if panel["key"] == METHODS.build("grad_cam").digest:
                panel["state"] = state
                panel["lines"] = [["As the test says."]]
                panel["layer"] = panel["layer"] if state == "blank" else None

    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.route("**/heatcheck/looks/*", told_otherwise(change))
    page.goto(address)
    page.get_by_text("As the test says.").wait_for(timeout=20_000)
    pair = two_methods(page, "Grad-CAM", "Edges", how)
    sync_api.expect(pair.get_by_text(words, exact=True)).to_be_visible()
    sync_api.expect(pair).not_to_contain_text("Rank correlation")
    drawn = state == "blank" and how == "swipe"
    assert pair.get_by_role("img", name="nothing is drawn").count() == (not drawn)
    assert pair.get_by_role("img", name="First higher").count() == 0
    context.close()


def test_a_masked_swipe_says_that_its_cover_is_missing(
    address: str, browser: sync_api.Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/heatcheck/looks/*", told_otherwise(lambda told: told.update(covers={})))
    page.goto(f"{address}#draw=masked")
    pair = two_methods(page, "Grad-CAM", "Edges", "swipe")
    sync_api.expect(pair.get_by_text("The cover is on its way.", exact=True)).to_be_visible()
    page.get_by_label("Drawing", exact=True).select_option("overlay")
    sync_api.expect(pair).not_to_contain_text("on its way")
    context.close()


def test_the_legend_names_all_colours_that_are_drawn_and_keeps_its_height(
    page: sync_api.Page,
) -> None:
    def tall() -> tuple[float, float]:
        bar, panels = (
            page.locator(one).first.bounding_box() for one in (".bar > .legend", ".panels")
        )
        assert bar is not None
        assert panels is not None
        return bar["height"], panels["y"] - bar["y"]

    before = tall()
    assert legend(page) == [f"High Low activation {OWN}"]
    page.get_by_label("Colour map", exact=True).select_option("Both signs")
    assert sorted(legend(page)) == [f"For the class Against {OWN}", f"High Low activation {OWN}"]
    assert tall() == before
    page.get_by_label("Scale", exact=True).select_option("shared")
    assert f"For the class Against {SHARED}" in legend(page)
    assert tall() == before
    for drawing, words in (
        ("masked", "The picture where each map is strongest"),
        ("contour", "The edge of where each map is strongest"),
    ):
        page.get_by_label("Drawing", exact=True).select_option(drawing)
        assert legend(page) == [words]
        assert tall() == before
    page.get_by_label("Drawing", exact=True).select_option("overlay")
    page.get_by_role("slider", name="Pixels covered").press("End")
    assert legend(page) == ["The picture, covered in the order of each map"]
    assert tall() == before


def test_a_shared_scale_takes_what_explains_and_leaves_the_controls(page: sync_api.Page) -> None:
    page.get_by_label("Drawing", exact=True).select_option("map")
    page.evaluate(FRAME)
    own = page.locator(HEATMAPS).evaluate_all(DRAWN)
    page.get_by_label("Scale", exact=True).select_option("shared")
    page.evaluate(FRAME)
    shared = page.locator(HEATMAPS).evaluate_all(DRAWN)
    same = {title for title in own if own[title] == shared[title]}
    assert same > CONTROLS
    assert len(same - CONTROLS) == 1  # the one with the highest value
    assert set(legend(page)) == {f"High Low {SHARED}", f"High Low activation {OWN}"}
