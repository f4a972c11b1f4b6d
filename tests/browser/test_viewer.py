"""The viewer in a real Chromium: what moves asks nothing of the server, the address keeps the view,
and keys do what hands do.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from heatcheck.runs.specs import STANDARD
from heatcheck.tests.doubles.browsing import MARKS, opened, shot

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS

HEATMAPS = "canvas[aria-label^='Heatmap of']"
DRAWN = "all => all.map(one => one.toDataURL())"
FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def address(running: str, browser: sync_api.Browser) -> str:
    """The page of an image whose answers are all there."""
    url = f"{running}/?image=photo_03"
    with opened(browser, url) as page:
        drawn(page)
    return url


@pytest.fixture
def page(address: str, browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    with opened(browser, address) as page:
        drawn(page)
        yield page


def drawn(page: sync_api.Page) -> None:
    page.locator(".viewer[data-done=true]").wait_for(timeout=400_000)
    sync_api.expect(page.locator(HEATMAPS)).to_have_count(len(STANDARD), timeout=60_000)


def pixels(page: sync_api.Page) -> list[str]:
    page.evaluate(FRAME)
    shown: list[str] = page.locator(HEATMAPS).evaluate_all(DRAWN)
    return shown


def asked(page: sync_api.Page) -> list[str]:
    """What a page asks its server from now on; its own look for runs every few seconds is none."""
    sent: list[str] = []

    def note(frame: str | bytes) -> None:
        message = BackMsg.FromString(frame if isinstance(frame, bytes) else frame.encode())
        if not message.rerun_script.is_auto_rerun:
            sent.append(str(message))

    page.on("websocket", lambda socket: socket.on("framesent", note))
    return sent


def test_what_moves_sends_nothing(address: str, browser: sync_api.Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sent = asked(page)
    page.goto(address)
    drawn(page)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_load_state("networkidle")  # what the page says of itself as it opens
    sent.clear()
    icon = page.locator("link[rel~=icon]").first.get_attribute("href")
    assert icon  # a browser looks for it again in its own store when an address changes
    page.on(
        "request",
        lambda request: None if request.url.endswith(icon) else sent.append(request.url),
    )
    before = pixels(page)
    for label in ("Opacity", "Focus intensity"):
        page.get_by_role("slider", name=label).press("ArrowLeft")
        after = pixels(page)
        assert not set(before) & set(after), label
        before = after
    for label, option in (
        ("Colour map", "Viridis"),
        ("Drawing", "map"),
        ("Drawing", "masked"),
        ("Drawing", "contour"),
        ("Scale", "shared"),
    ):
        page.get_by_label(label, exact=True).select_option(option)
    page.get_by_label("Drawing", exact=True).select_option("overlay")
    page.get_by_role("button", name="Zoom in", exact=True).click()
    page.get_by_role("button", name="Two methods").click()
    page.get_by_role("slider", name="Where the two methods meet").press("ArrowLeft")
    page.get_by_label("Two methods as").select_option("difference")
    view = page.locator(".panel .view").nth(3)
    view.hover()
    view.press("ArrowLeft")
    page.get_by_role("slider", name="Pixels covered").press("End")
    page.get_by_label("Curve", exact=True).select_option("insertion")
    page.evaluate(FRAME)
    page.wait_for_timeout(800)  # nothing follows either
    assert sent == []
    context.close()


def test_the_address_keeps_the_view_and_a_new_browser_shows_it(
    page: sync_api.Page, browser: sync_api.Browser
) -> None:
    page.get_by_role("slider", name="Opacity").press("Home")
    page.get_by_role("slider", name="Focus intensity").press("Home")
    page.get_by_label("Colour map", exact=True).select_option("Viridis")
    page.get_by_label("Drawing", exact=True).select_option("map")
    page.get_by_role("button", name="Zoom in", exact=True).click()
    page.wait_for_function("() => location.hash.includes('zoom=1.5')")
    assert "#opacity=0&focus=0&colours=Viridis&draw=map&zoom=1.5" in page.url
    expected = pixels(page)
    with opened(browser, page.url) as other:
        drawn(other)
        assert pixels(other) == expected
        assert other.get_by_label("Drawing", exact=True).input_value() == "map"
        assert other.locator(".viewer.zoomed").count() == 1


@pytest.mark.parametrize(
    "hash_", ["opacity=999", "focus=abc", "colours=%3Cscript%3E", "zoom=0,0,0", "draw=toString"]
)
def test_what_an_address_cannot_ask_for_is_said(
    hash_: str, address: str, browser: sync_api.Browser
) -> None:
    word = hash_.partition("=")[0]
    with opened(browser, f"{address}#{hash_}") as page:
        drawn(page)
        page.get_by_text(f"The address asks for {word}").wait_for()
        assert page.get_by_role("slider", name="Opacity").input_value() == "60"
        assert page.get_by_role("slider", name="Focus intensity").input_value() == "70"


def test_keys_move_the_cross_in_all_panels_zoom_and_flip(page: sync_api.Page) -> None:
    view = page.get_by_role("group", name="Grad-CAM")
    view.focus()
    view.press("ArrowRight")
    page.evaluate(FRAME)
    told = page.locator(".panel:visible .read").all_inner_texts()
    assert sum(" % of the pixels" in text for text in told) == len(STANDARD)
    assert page.locator(".line.x:visible").count() == len(STANDARD) + 1  # the original too
    view.press("+")
    page.evaluate(FRAME)
    assert page.locator(".viewer.zoomed").count() == 1
    view.press("0")
    view.press("o")
    page.evaluate(FRAME)
    assert page.locator(HEATMAPS).count() == len(STANDARD) - 1
    view.press("o")
    page.evaluate(FRAME)
    assert page.locator(HEATMAPS).count() == len(STANDARD)


def test_the_scrubber_shows_the_curves_pictures_and_their_probabilities(
    page: sync_api.Page,
) -> None:
    heatmaps = pixels(page)
    page.get_by_role("slider", name="Pixels covered").press("End")
    page.evaluate(FRAME)
    frames = page.locator("canvas[aria-label*=', Deletion: 100 % of the pixels are covered']")
    covered = frames.evaluate_all(DRAWN)
    assert len(covered) == len(STANDARD)
    assert len(set(covered)) == 1  # all pixels are covered, whatever the order
    assert covered[0] not in heatmaps
    told = page.locator(".panel:visible .read").all_inner_texts()
    assert sum(text.startswith("probability 0.") for text in told) == len(STANDARD)
    page.get_by_role("button", name="Back to the heatmaps").click()
    assert pixels(page) == heatmaps


def test_two_methods_in_one_panel_say_how_alike_they_are(page: sync_api.Page) -> None:
    page.get_by_role("button", name="Two methods").click()
    page.get_by_label("First method").select_option(label="Edges")
    page.get_by_label("Second method").select_option(label="Edges")
    told = page.locator(".pair .scores")
    sync_api.expect(told).to_contain_text(
        "Rank correlation 1.00. Of the strongest 30 % they share 100 %."
    )
    page.get_by_label("Second method").select_option(label="Random")
    sync_api.expect(told).not_to_contain_text("share 100 %")
    page.get_by_label("Two methods as").select_option("difference")
    page.get_by_role("img", name="Edges less Random").wait_for()


def saved(page: sync_api.Page, what: str, to: Path) -> str:
    """Save from the menu; the file's name as the browser was told."""
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=what).click()
    waiting.value.save_as(to)
    name: str = waiting.value.suggested_filename
    return name


def test_all_panels_are_saved_as_one_picture(page: sync_api.Page, tmp_path: Path) -> None:
    assert saved(page, "All panels as PNG", tmp_path / "grid.png") == "heatcheck-photo_03.png"
    with PIL.Image.open(tmp_path / "grid.png") as grid:
        assert grid.width > 4 * 160
        assert grid.height > 2 * 160
    page.get_by_role("slider", name="Pixels covered").press("End")
    page.get_by_role("group", name="Edges").press("o")
    saved(page, "All panels as SVG", tmp_path / "grid.svg")
    text = (tmp_path / "grid.svg").read_text(encoding="utf-8")
    assert text.count("<image") == len(STANDARD) + 1
    assert text.count("probability 0") == len(STANDARD) - 1  # the original has none
    assert "Deletion: 100 % of the pixels are covered with" in text
    assert "Shown as the original: Edges." in text
    assert "For the class" not in text


def test_maps_are_saved_with_all_their_digits(page: sync_api.Page, tmp_path: Path) -> None:
    saved(page, "All maps, zipped", tmp_path / "maps.zip")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("combobox", name="Panel").select_option(label="Edges")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Its map as .npy").click()
    waiting.value.save_as(tmp_path / "one.npy")
    with zipfile.ZipFile(tmp_path / "maps.zip") as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
        files = {told["method"]["name"]: told["file"] for told in manifest["maps"]}
        assert set(bundle.namelist()) == {"manifest.json", *files.values()}
        assert bundle.read(files["edges"]) == (tmp_path / "one.npy").read_bytes()
    assert all(told["scores"] for told in manifest["maps"])


def test_the_menu_opens_and_closes_by_keys(page: sync_api.Page) -> None:
    button = page.get_by_role("button", name="Save")
    button.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    page.get_by_role("combobox", name="Panel").press("Escape")
    assert button.get_attribute("aria-expanded") == "false"
    assert page.locator(".menu:visible").count() == 0


def without_covers(route: sync_api.Route) -> None:
    """Answer as the server does before the covers have come."""
    told = [
        json.loads(line[6:]) for line in route.fetch().text().splitlines() if '"panels"' in line
    ]
    body = "".join(f"data: {json.dumps({**one, 'covers': {}})}\n\n" for one in told)
    route.fulfill(body=f"{body}event: end\ndata: {{}}\n\n", content_type="text/event-stream")


def test_a_masked_picture_waits_for_its_cover(address: str, browser: sync_api.Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/heatcheck/looks/*", without_covers)
    page.goto(f"{address}#draw=masked")
    told = page.locator(".panel:visible .read").get_by_text("The cover is on its way.")
    sync_api.expect(told).to_have_count(len(STANDARD), timeout=60_000)
    assert page.locator(HEATMAPS).count() == 0
    bare = page.locator(".panel:visible canvas[aria-label$='on its way']").evaluate_all(DRAWN)
    original = page.locator("canvas[aria-label^='The picture as']").evaluate_all(DRAWN)
    assert len(bare) == len(STANDARD)
    assert not set(bare) & set(original)
    page.get_by_label("Drawing", exact=True).select_option("overlay")
    sync_api.expect(page.locator(HEATMAPS)).to_have_count(len(STANDARD))
    context.close()


def test_an_unknown_word_is_said_until_a_hand_changes_the_view(
    address: str, browser: sync_api.Browser
) -> None:
    with opened(browser, f"{address}#nonsense=1&opacity=999") as page:
        drawn(page)
        status = page.locator(".viewer > .status")
        sync_api.expect(status).to_contain_text("“nonsense”, which is no part of a view")
        page.get_by_role("slider", name="Focus intensity").press("ArrowLeft")
        sync_api.expect(status).not_to_contain_text("nonsense")
        sync_api.expect(status).to_contain_text("The address asks for opacity")
        page.get_by_role("slider", name="Opacity").press("ArrowLeft")
        sync_api.expect(status).not_to_contain_text("The address")
        sync_api.expect(status).to_contain_text("all scored")


def test_a_zoomed_view_goes_with_the_cross_and_by_keys(page: sync_api.Page) -> None:
    view = page.get_by_role("group", name="Grad-CAM")
    for key in ("+", "+", "+"):
        view.press(key)
    page.evaluate(FRAME)
    canvas = view.locator("canvas")
    before = canvas.evaluate("one => one.style.transform")
    view.press("d")
    page.evaluate(FRAME)
    assert canvas.evaluate("one => one.style.transform") != before
    for _ in range(30):
        view.press("Shift+ArrowLeft")
    page.evaluate(FRAME)
    assert view.locator(".line.x:visible").count() == 1
    assert "translate(0%" in canvas.evaluate("one => one.style.transform")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720), (390, 844)])
def test_the_first_heatmaps_are_in_sight_when_the_page_opens(
    width: int, height: int, address: str, browser: sync_api.Browser
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(address)
    drawn(page)
    first = page.locator(HEATMAPS).first.bounding_box()
    assert first is not None
    assert first["y"] + first["height"] <= height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shot(page, f"viewer-{width}")
    context.close()


def touches(session: sync_api.CDPSession, kind: str, **fingers: float) -> None:
    """Fingers at `left` and `right`, all on the height `y`; what ends is one that is named."""
    y = fingers.pop("y")
    points = [{"x": x, "y": y, "id": ["left", "right"].index(one)} for one, x in fingers.items()]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_two_fingers_zoom_one_that_stays_pans_and_nothing_is_sent(
    address: str, browser: sync_api.Browser
) -> None:
    context = browser.new_context(viewport={"width": 800, "height": 900}, has_touch=True)
    page = context.new_page()
    sent = asked(page)
    page.goto(address)
    drawn(page)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_load_state("networkidle")
    canvas = page.locator(HEATMAPS).first
    canvas.scroll_into_view_if_needed()
    box = page.locator(".panel .view").nth(2).bounding_box()
    assert box is not None
    wide, tall = box["width"], box["height"]
    x, y = box["x"] + wide / 2, box["y"] + tall / 2
    heatmaps = page.locator(HEATMAPS).count()
    sent.clear()
    session = context.new_cdp_session(page)
    touches(session, "touchStart", y=y, left=x - 20)
    touches(session, "touchStart", y=y, left=x - 20, right=x + 20)
    for far in (25, 30, 35, 40):
        touches(session, "touchMove", y=y, left=x - far, right=x + far)
    page.wait_for_function("() => location.hash === '#zoom=2%2C0.25%2C0.25'")
    touches(session, "touchEnd", y=y, left=x - 40)
    for share in (0.05, 0.1, 0.15, 0.2):
        touches(session, "touchMove", y=y, right=x + 40 + share * wide)
    page.wait_for_function("() => location.hash.startsWith('#zoom=2%2C0.15')")
    touches(session, "touchEnd", y=y, right=x + 40 + 0.2 * wide)
    page.evaluate(FRAME)
    assert page.evaluate("visualViewport.scale") == 1  # the page itself stays
    assert page.locator(HEATMAPS).count() == heatmaps  # no finger has flipped one
    page.wait_for_timeout(800)  # nothing follows either
    assert sent == []
    context.close()
