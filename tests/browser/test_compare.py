"""Compare in a real Chromium: an upload, moving sliders, bad files, two people at once."""

from __future__ import annotations

import re
from pathlib import Path

import PIL.Image
import pytest

from heatcheck.inputs.images import Image
from heatcheck.runs.specs import STANDARD
from heatcheck.tests.doubles.browsing import MARKS, opened, shot

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS
HEATMAPS = "canvas[aria-label^='Heatmap of']"
DRAWN = """all => Object.fromEntries(all.map(one =>
    [one.getAttribute("aria-label").replace(/,.*/, ""), one.toDataURL()]))"""


def wait_for_all(page: sync_api.Page) -> None:
    """Until every heatmap is drawn and scored."""
    page.locator(".viewer[data-done=true]").wait_for(timeout=400_000)
    sync_api.expect(page.locator(HEATMAPS)).to_have_count(len(STANDARD), timeout=60_000)


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory, photographs: list[Image]) -> Path:
    """A photograph that the gallery does not hold: one of the samples, mirrored."""
    path = tmp_path_factory.mktemp("upload") / "my photo.png"
    PIL.Image.open(photographs[3].path).transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT).save(path)
    return path


def upload(page: sync_api.Page, *files: Path) -> None:
    page.get_by_role("button", name="Upload").first.click()
    page.locator("input[type=file]").set_input_files(list(files))
    page.wait_for_timeout(1200)  # the file is on its way
    page.get_by_test_id("stFileChipIconSpinner").wait_for(state="hidden", timeout=120_000)
    page.keyboard.press("Escape")
    page.locator("input[type=file]").wait_for(state="hidden")


def pictures(page: sync_api.Page) -> dict[str, str]:
    """The heatmaps on the page: what they are, and their pixels."""
    drawn: dict[str, str] = page.locator(HEATMAPS).evaluate_all(DRAWN)
    return drawn


def test_an_upload_gets_panels_and_scores_and_the_sliders_change_the_picture(
    running: str, browser: sync_api.Browser, photograph: Path
) -> None:
    with opened(browser, running) as page:
        page.get_by_role("heading", name="Which method points at the evidence?").wait_for(
            timeout=60_000
        )
        page.locator(HEATMAPS).first.wait_for(timeout=180_000)
        upload(page, photograph)
        page.get_by_text("No label is known for this image.").wait_for(timeout=240_000)
        wait_for_all(page)
        before = pictures(page)
        assert len(before) == 7
        text = page.locator(".panels").inner_text()
        assert len(re.findall(r"Deletion \d\.\d+", text)) == 7
        assert len(re.findall(r"Time [\d.,]+ ms|Time <0.0001 ms", text)) == 7
        shot(page, "upload")
        for slider in ("Opacity", "Focus intensity"):
            page.get_by_role("slider", name=slider).press("ArrowLeft")
            page.get_by_role("slider", name=slider).press("ArrowLeft")
            page.evaluate("() => new Promise(requestAnimationFrame)")
            page.evaluate("() => new Promise(requestAnimationFrame)")
            after = pictures(page)
            assert after.keys() == before.keys()
            assert not set(after.values()) & set(before.values()), slider
            before = after
        assert page.locator(".panels").inner_text().count("failed") == 0


BAD = ("not an image.png", "truncated.jpg", "bomb.png", "drawing.png")


def test_bad_files_get_a_clear_message_and_the_session_goes_on(
    running: str, browser: sync_api.Browser, tmp_path: Path, photographs: list[Image]
) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    bomb = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    )
    bomb += chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    contents = (
        b"no image at all",
        photographs[0].encoded()[:3000],
        bomb,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    )
    expected = (
        "expected a PNG, JPEG, WebP",
        "is truncated",
        "at most 50 million pixels",
        "expected a PNG, JPEG, WebP",
    )
    with opened(browser, running) as page:
        page.locator(HEATMAPS).first.wait_for(timeout=180_000)
        for name, content, words in zip(BAD, contents, expected, strict=True):
            path = tmp_path / name
            path.write_bytes(content)
            upload(page, path)
            page.get_by_test_id("stAlert").filter(has_text=words).first.wait_for(timeout=120_000)
            kept = page.locator("canvas[aria-label='The picture as the classifier sees it']")
            kept.first.wait_for(
                timeout=120_000
            )  # the image before is still there, once the page is drawn
            assert kept.count() == 1
        shot(page, "bad-upload")


def test_two_people_see_their_own_images(running: str, browser: sync_api.Browser) -> None:
    names = ("photo_05", "photo_11")
    alone = {}
    for name in names:
        with opened(browser, f"{running}/?image={name}") as page:
            wait_for_all(page)
            alone[name] = pictures(page)
    assert alone[names[0]]["Heatmap of Grad-CAM"] != alone[names[1]]["Heatmap of Grad-CAM"]
    with (
        opened(browser, f"{running}/?image={names[0]}") as one,
        opened(browser, f"{running}/?image={names[1]}") as other,
    ):
        for name, page in zip(names, (one, other), strict=True):
            wait_for_all(page)
            assert pictures(page) == alone[name]
