"""What the viewer says, in a real Chromium without a server: labels, values under the cross and
saved pictures say what is drawn; what did not arrive is asked for again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from heatcheck.drawing.maps import top_of
from heatcheck.tests.doubles.browsing import MARKS
from heatcheck.tests.doubles.mounted import SIDE, Mounted

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS

FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
LONG = "Integrated Gradients: Labrador retriever of a long name"
RNG = np.random.default_rng(0)
UNSIGNED = RNG.random((SIDE, SIDE)).astype(np.float32) ** 8
SIGNED = RNG.standard_normal((SIDE, SIDE)).astype(np.float32) ** 3
BLANK = np.zeros((SIDE, SIDE), np.float32)
SAID = """() => {
    window.said = [];
    const kept = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
        window.said.push(text);
        return kept.call(this, text, ...rest);
    };
}"""
BOXES = """() => {
    const box = (one) => { const { x, y, width, height } = one.getBBox();
        return [x, y, x + width, y + height]; };
    return { texts: [...document.querySelectorAll("text")].map(box),
             images: [...document.querySelectorAll("image")].map(box),
             width: document.documentElement.viewBox.baseVal.width };
}"""
OUT_OF_SIGHT = """
    Object.defineProperty(document, "hidden", { get: () => true });
    const kept = window.setTimeout; // a long wait is a short one
    window.setTimeout = (act, wait) => kept(act, wait === 15000 ? 50 : wait);
"""
UNDER = """async () => {
    const view = document.querySelectorAll(".panel .view")[2], box = view.getBoundingClientRect();
    const reads = [...document.querySelectorAll(".panel .read")].slice(2), told = [];
    for (let column = 0; column < 56; column += 1) {
        view.dispatchEvent(new PointerEvent("pointermove", {
            clientX: box.left + (column + 0.5) * box.width / 56, clientY: box.top + 1 }));
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        told.push(reads.map((one) => one.textContent));
    }
    return told;
}"""


@pytest.fixture
def page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True)
    yield context.new_page()
    context.close()


def mounted(page: sync_api.Page, patch: pytest.MonkeyPatch, *titles: str, **changed: str) -> None:
    every = {
        "Edges": UNSIGNED,
        "Signed": SIGNED,
        "Blank": BLANK,
        "Late": None,
        "None": "It cannot be made.",
        LONG: UNSIGNED,
    }
    Mounted({title: every[title] for title in titles}, changed).on(page, patch)
    page.locator(".viewer[data-done=true]").wait_for()
    page.evaluate(FRAME)


def labels(page: sync_api.Page) -> list[str]:
    page.evaluate(FRAME)
    told: list[str] = page.locator(".panel:visible canvas").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-label'))"
    )
    return told


def covered(page: sync_api.Page) -> None:
    page.get_by_role("slider", name="Pixels covered").press("PageUp")
    page.get_by_role("slider", name="Pixels covered").press("ArrowLeft")
    page.evaluate(FRAME)


def saved(page: sync_api.Page, to: Path, what: str = "All panels as SVG", panel: str = "") -> str:
    """Save from the menu; the text of the file, or what was written into its picture."""
    page.evaluate(SAID)
    page.get_by_role("button", name="Save").click()
    if panel:
        page.get_by_role("combobox", name="Panel", exact=True).select_option(label=panel)
    with page.expect_download() as waiting:
        page.get_by_role("button", name=what).click()
    waiting.value.save_as(to)
    if what.endswith("SVG"):
        return " ".join(re.findall(r"<text[^>]*>([^<]*)", to.read_text(encoding="utf-8")))
    return " ".join(page.evaluate("window.said"))


def test_a_label_says_what_is_drawn(page: sync_api.Page, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(page, monkeypatch, "Edges", "Blank", "Late", "None")
    rest = ["Blank: the same value everywhere, so the picture alone", "Late: on its way"]
    rest.append("None: no map")
    told = labels(page)
    assert told[0] == "The picture as the classifier sees it"
    assert told[1].startswith("Heatmap of Edges, overlay of the strongest 30 % of the pixels, Inf")
    assert told[2:] == rest
    page.get_by_label("Drawing", exact=True).select_option("contour")
    assert labels(page)[1] == "Heatmap of Edges, contour of the strongest 30 % of the pixels"
    covered(page)
    told = labels(page)
    assert re.fullmatch(r"Edges, Deletion: [\d.]+ % of the pixels are covered with mean", told[1])
    assert told[2:] == rest


def test_a_blank_map_is_drawn_as_the_picture(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(page, monkeypatch, "Edges", "Blank")
    covered(page)
    shown = page.locator(".panel:visible canvas").evaluate_all("all => all.map(o => o.toDataURL())")
    original, edges, blank = shown
    assert blank == original
    assert edges != original


def test_a_picture_says_only_what_it_shows(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mounted(page, monkeypatch, "Edges", "Blank", "Late", "None")
    one, to = "This panel as PNG", tmp_path / "one.png"
    for panel in ("Original", "Blank", "Late", "None"):
        assert "Overlay" not in saved(page, to, one, panel), panel
    assert "Overlay of the strongest 30 % of the pixels" in saved(page, to, one, "Edges")
    covered(page)
    for panel in ("Original", "Blank", "Late", "None"):
        told = saved(page, to, one, panel)
        assert "Deletion" not in told, panel
        assert "probability" not in told, panel
    assert "Deletion: " in saved(page, to, one, "Edges")
    told = saved(page, tmp_path / "all.svg")
    assert "Its map had not come: Late." in told
    assert "No map: None." in told
    assert told.count("probability") == 1


def test_colours_for_both_signs_are_said_of_maps_with_signs_alone(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mounted(page, monkeypatch, "Edges", "Signed")
    page.get_by_label("Colour map", exact=True).select_option("Both signs")
    told = saved(page, tmp_path / "all.svg")
    assert "Inferno, opacity 60 %, scale per map: Edges." in told
    assert "Both signs, opacity 60 %, scale per map: Signed." in told


def test_a_click_flips_a_heatmap_and_not_two_methods(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mounted(page, monkeypatch, "Edges", "Signed")
    page.get_by_role("button", name="Two methods").click()
    page.locator(".pair .view").click()
    assert "Shown as the original" not in saved(page, tmp_path / "all.svg")
    page.get_by_role("group", name="Edges: ").click()
    assert "Shown as the original: Edges." in saved(page, tmp_path / "all.svg")


def test_parameters_are_said_of_the_panels_that_are_saved(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mounted(page, monkeypatch, "Edges", "Signed", Edges="Edges with sigma 0.5")
    one, to = "This panel as PNG", tmp_path / "one.png"
    assert "Edges with sigma 0.5. All other parameters" in saved(page, tmp_path / "all.svg")
    assert "Edges with sigma 0.5." in saved(page, to, one, "Edges")
    assert "All parameters are the defaults." in saved(page, to, one, "Signed")
    assert "parameters" not in saved(page, to, one, "Original")


def test_no_text_of_a_picture_runs_into_its_neighbour(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mounted(page, monkeypatch, LONG, "Edges", "Signed")
    covered(page)
    told = saved(page, tmp_path / "all.svg")
    assert LONG in told
    assert told.count("between measured points") == 3
    page.goto((tmp_path / "all.svg").as_uri())
    boxes = page.evaluate(BOXES)
    for left, top, right, bottom in boxes["texts"]:
        assert right <= boxes["width"]
        for image in boxes["images"]:
            apart = right <= image[0] or left >= image[2] or bottom <= image[1] or top >= image[3]
            assert apart
            if top < boxes["images"][0][1] and left < image[0]:
                assert right < image[0], "a title ends before the next panel"


def test_values_under_the_cross_say_no_more_than_is_known(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(page, monkeypatch, "Edges", "Signed")
    kinds = Counter[str]()
    for column, texts in enumerate(page.evaluate(UNDER)):
        for text, heat in zip(texts, (UNSIGNED, SIGNED), strict=True):
            kinds[_holds(text, heat, float(heat[0, column]))] += 1
    assert kinds.keys() >= {"about", "under"}
    assert kinds.total() == 2 * SIDE


def _holds(text: str, heat: np.ndarray, value: float) -> str:
    """The word for how exact a value is, once what stands under the cross is known to be true."""
    found = re.fullmatch(
        r"(about|under|at least|at most) (-?[\d.]+), "
        r"(above|among the lowest) (\d+) % of the pixels",
        text,
    )
    assert found, text
    word, number, place, share = found.groups()
    assert len(number.lstrip("-0.").replace(".", "")) <= 2, text
    said, level = float(number), top_of(heat) / (127.5 if heat.min() < 0 else 255)
    shown = value if heat.min() < 0 else max(0.0, value)
    digit = 10 ** -len(number.partition(".")[2])
    assert {
        "about": abs(said - shown) <= level + digit / 2,
        "under": 0 <= shown <= said,
        "at least": shown >= said,
        "at most": shown <= said,
    }[word], (text, value)
    below = 100 * float((heat < value).mean())
    assert below >= int(share) - 2 if place == "above" else below <= int(share), (text, value)
    return word


def test_a_page_out_of_sight_listens_no_more_when_all_is_told(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.add_init_script(OUT_OF_SIGHT)
    one = Mounted({"Edges": UNSIGNED})
    one.on(page, monkeypatch)
    page.locator(".viewer[data-done=true]").wait_for()
    page.wait_for_timeout(500)  # ten times as long as it would take to ask again
    assert one.asked["look"] == 1


def test_a_picture_that_was_left_and_is_come_back_to_is_listened_for_again(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Mounted({"Drawn": UNSIGNED}, overtaken=1)
    one.on(page, monkeypatch)
    page.locator(".viewer[data-done=true]").wait_for()
    assert one.asked["look"] == 2


def test_what_did_not_arrive_is_asked_for_again_and_the_rest_is_shown(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Mounted({"Edges": UNSIGNED, "Signed": SIGNED}, failures=Counter(Edges=1))
    one.on(page, monkeypatch)
    status = page.locator(".viewer > .status")
    sync_api.expect(status).to_have_text(
        "Some heatmaps did not arrive; they are asked for again. All is told."
    )
    page.locator("canvas[aria-label^='Heatmap of Signed']").wait_for()
    page.locator("canvas[aria-label^='Heatmap of Edges']").wait_for()
    sync_api.expect(status).to_have_text("All is told.")
    assert (one.asked["look"], one.asked["Signed"]) == (2, 1)


def test_what_never_arrives_is_said_for_good(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Mounted({"Edges": UNSIGNED, "Signed": SIGNED}, failures=Counter(Edges=99))
    one.on(page, monkeypatch)
    told = "Some heatmaps did not arrive. Reload the page. All is told."
    sync_api.expect(page.locator(".viewer > .status")).to_have_text(told)
    page.wait_for_timeout(1500)  # it is not asked for a third time
    assert one.asked["look"] == 2
    assert page.locator(".viewer[data-done]").count() == 0


def test_what_an_address_asked_for_is_not_said_after_back(
    page: sync_api.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(page, monkeypatch, "Edges")
    status = page.locator(".viewer > .status")
    page.evaluate("() => { location.hash = '#opacity=999'; }")
    sync_api.expect(status).to_contain_text("The address asks for opacity")
    page.go_back()
    sync_api.expect(status).to_have_text("All is told.")


@pytest.mark.parametrize("width", [390, 1400])
def test_what_stands_under_the_cross_is_in_sight_and_nothing_jumps(
    width: int, page: sync_api.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    mounted(page, monkeypatch, "Edges", "Signed")
    reads = page.locator(".panel:visible .read")
    heights = reads.evaluate_all("all => all.map(one => one.clientHeight)")
    covered(page)
    told = reads.evaluate_all(
        "all => all.map(o => [o.textContent, o.scrollHeight, o.scrollWidth - o.clientWidth])"
    )
    assert [high for _, high, _ in told] == heights
    assert all(beyond == 0 for *_, beyond in told)
    assert sum("between measured points" in text for text, *_ in told) == 2
