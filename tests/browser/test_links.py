"""Links to Compare in a real Chromium: a copied link restores all that it names, Back and Forward
go through images, and another page and back keeps what was chosen.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from heatcheck.tests.doubles.browsing import MARKS, opened

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS
HEATMAPS = "canvas[aria-label^='Heatmap of']"
LINK = "image=photo_05&class=2&methods=grad_cam,smoothgrad:samples=3#opacity=20&draw=map"
COPIED = (
    "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }"
)


def shows(page: sync_api.Page, image: str) -> None:
    chosen = page.get_by_role("combobox", name="Image")
    sync_api.expect(chosen).to_have_value(image, timeout=60_000)


def choose(page: sync_api.Page, image: str) -> None:
    page.get_by_role("combobox", name="Image").click()
    page.get_by_role("option", name=image, exact=True).click()
    page.wait_for_url(re.compile(f"image={image}"), timeout=60_000)
    shows(page, image)


def test_a_copied_link_restores_all_that_it_names(running: str, browser: sync_api.Browser) -> None:
    with opened(browser, f"{running}/?{LINK}") as page:
        sync_api.expect(page.locator(HEATMAPS)).to_have_count(2, timeout=180_000)
        page.evaluate(COPIED)
        page.get_by_role("button", name="Copy link").click()
        page.get_by_text("The link is copied.").wait_for()
        copied = page.evaluate("window.copied")
    asked = urlsplit(copied)
    assert asked.fragment == "opacity=20&draw=map"
    words = {word: value for word, (value,) in parse_qs(asked.query).items()}
    assert words.pop("classifier")
    assert words == {
        "image": "photo_05",
        "class": "2",
        "methods": "smoothgrad:samples=3,grad_cam",
    }
    with opened(browser, copied) as page:
        sync_api.expect(page.locator(HEATMAPS)).to_have_count(2, timeout=180_000)
        shows(page, "photo_05")
        assert page.get_by_role("slider", name="Opacity").input_value() == "20"
        assert page.get_by_label("Drawing", exact=True).input_value() == "map"
        page.get_by_text("1 method with parameters of your own: SmoothGrad.").wait_for()
        assert page.get_by_test_id("stAlert").count() == 0


def test_what_a_link_cannot_show_is_in_sight(running: str, browser: sync_api.Browser) -> None:
    with opened(browser, f"{running}/?image=photo_05&class=-1&methods=grad_cam,nope") as page:
        page.locator(HEATMAPS).first.wait_for(timeout=180_000)
        told = page.get_by_test_id("stAlert").filter(visible=True)
        sync_api.expect(told).to_contain_text(["class “-1”", "method “nope”"])


def test_back_and_forward_go_through_images_and_another_page_keeps_them(
    running: str, browser: sync_api.Browser
) -> None:
    with opened(browser, running) as page:
        page.locator(HEATMAPS).first.wait_for(timeout=180_000)
        page.get_by_role("slider", name="Opacity").press("Home")
        choose(page, "photo_05")
        choose(page, "photo_07")
        page.go_back()
        shows(page, "photo_05")
        page.go_back()
        shows(page, "photo_00")
        page.go_forward()
        shows(page, "photo_05")
        page.get_by_role("link", name="Methods").first.click()
        page.get_by_role("tab", name=re.compile("Glossary")).wait_for(timeout=60_000)
        page.get_by_role("link", name="Compare").first.click()
        page.locator(HEATMAPS).first.wait_for(timeout=60_000)
        shows(page, "photo_05")
        assert page.get_by_role("slider", name="Opacity").input_value() == "0"
