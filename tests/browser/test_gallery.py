"""The gallery in a real Chromium: a click on a picture chooses it and closes the gallery, the
address names it, and arrows go on where nothing else wants them.
"""

from __future__ import annotations

import re

import pytest

from heatcheck.tests.doubles.browsing import MARKS, opened

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS
HEATMAP = "canvas[aria-label^='Heatmap of']"


def wait_for_image(page: sync_api.Page, name: str) -> None:
    """Until the address and the page are of that image."""
    page.wait_for_url(re.compile(f"image={name}"), timeout=60_000)
    sync_api.expect(page.get_by_role("combobox", name="Image")).to_have_value(name, timeout=60_000)


def open_gallery(page: sync_api.Page) -> sync_api.Locator:
    page.get_by_role("button", name="Gallery").click()
    tiles = page.locator(".tiles button")
    tiles.first.wait_for(timeout=60_000)
    return tiles


def test_a_click_on_a_picture_chooses_it_and_closes_the_gallery(
    running: str, browser: sync_api.Browser
) -> None:
    with opened(browser, running) as page:
        page.locator(HEATMAP).first.wait_for(timeout=180_000)
        tiles = open_gallery(page)
        assert tiles.count() == 20
        tiles.locator("img").nth(3).click()
        page.locator(".tiles").wait_for(state="hidden", timeout=60_000)
        wait_for_image(page, "photo_03")
        tiles = open_gallery(page)
        sync_api.expect(page.locator(".tiles [aria-current]")).to_contain_text("photo_03")
        first = tiles.locator("img").first.element_handle()
        page.wait_for_function("one => one.complete && one.naturalWidth === 160", arg=first)
        tiles.nth(3).focus()
        page.keyboard.press("ArrowRight")  # in the gallery the arrows go from picture to picture
        page.keyboard.press("Enter")
        page.locator(".tiles").wait_for(state="hidden", timeout=60_000)
        wait_for_image(page, "photo_04")
        page.go_back()
        wait_for_image(page, "photo_03")


def test_a_hand_that_does_not_wait_loses_no_step(running: str, browser: sync_api.Browser) -> None:
    with opened(browser, f"{running}/?image=photo_10") as page:
        page.locator(HEATMAP).first.wait_for(timeout=180_000)
        for place in (11, 12, 13):
            page.keyboard.press("ArrowRight")
            shown = page.get_by_role("combobox", name="Image")  # before its heatmaps are there
            sync_api.expect(shown).to_have_value(f"photo_{place}", timeout=60_000)
        wait_for_image(page, "photo_13")
        page.locator(HEATMAP).first.wait_for(timeout=60_000)
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        wait_for_image(page, "photo_13")
        page.go_back()
        wait_for_image(page, "photo_12")


def test_arrows_go_to_the_next_image_where_nothing_else_wants_them(
    running: str, browser: sync_api.Browser
) -> None:
    with opened(browser, f"{running}/?image=photo_05") as page:
        page.locator(HEATMAP).first.wait_for(timeout=180_000)
        page.keyboard.press("ArrowRight")
        wait_for_image(page, "photo_06")
        page.get_by_role("button", name="Next image").click()
        wait_for_image(page, "photo_07")
        page.keyboard.press("ArrowLeft")  # the button has the focus
        wait_for_image(page, "photo_06")
        page.locator(HEATMAP).first.wait_for(timeout=180_000)
        slider = page.get_by_label(re.compile("Opacity")).first
        before = slider.input_value()
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert int(slider.input_value()) > int(before)
        field = page.get_by_role("combobox", name="Image")
        field.focus()
        page.keyboard.press("ArrowLeft")
        page.get_by_role("button", name="Gallery").focus()
        page.keyboard.press("ArrowLeft")
        wait_for_image(page, "photo_05")  # one step: the slider and the field kept theirs
