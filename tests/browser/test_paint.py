"""The browser's drawing against the reference, pixel by pixel, in a real Chromium."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.stats
import torch

from heatcheck.drawing import layers, maps
from heatcheck.inputs.images import from_png
from heatcheck.metrics.orders import counts, ranks
from heatcheck.tests.doubles.browsing import MARKS

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = MARKS

HEIGHT, WIDTH = 40, 56
RANDOM = np.random.default_rng(0)
PICTURE = RANDOM.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
COVER = RANDOM.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
SIGNED = RANDOM.normal(size=(HEIGHT, WIDTH)).astype(np.float32)
MAPS = {"signed": SIGNED, "unsigned": np.abs(SIGNED), "zero": np.zeros_like(SIGNED)}
TAKE = """({ layer, picture, cover, colours, width, how }) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const under = bytes(picture), out = new Uint8ClampedArray(4 * under.length / 3);
  const read = layerOf(bytes(layer).buffer, under.length / 3);
  const both = how.signed && read.signed;
  const all = { ...how, levels: both ? read.signed : read.levels, zero: both ? 127.5 : 0,
    colours: bytes(colours), gain: 1, cover: bytes(cover) };
  if (how.mode === "frame") frame(out, under, all.cover, read.places, how.count, how.inserted);
  else paint(out, width, under, read.places, { ...all, count: kept(under.length / 3, how.focus) });
  return { out: Array.from(out), top: read.top };
}"""


def places_of(heat: np.ndarray) -> np.ndarray:
    return ranks(torch.from_numpy(heat), torch.Generator().manual_seed(0)).numpy()


@pytest.fixture(scope="module")
def blank_page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    page = browser.new_page()
    page.add_script_tag(content=layers.PAINT.replace("export function", "function"))
    yield page
    page.close()


def painted(page: sync_api.Page, heat: np.ndarray, colours: str = "Inferno", **how: Any) -> Any:
    def text(content: bytes) -> str:
        return base64.b64encode(content).decode()

    told = page.evaluate(
        TAKE,
        {
            "layer": text(layers.packed(heat, places_of(heat))),
            "picture": text(layers.picture(PICTURE)),
            "cover": text(layers.picture(COVER)),
            "colours": text(maps.colours(colours).tobytes()),
            "width": WIDTH,
            "how": how,
        },
    )
    assert told["top"] == maps.top_of(heat)
    drawn = np.array(told["out"]).reshape(HEIGHT, WIDTH, 4)
    assert (drawn[..., 3] == 255).all()
    return drawn[..., :3]


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("colours", maps.COLOUR_MAPS)
@pytest.mark.parametrize(("opacity", "focus"), [(0.6, 0.7), (1.0, 0.0), (0.0, 0.99), (0.37, 0.5)])
def test_an_overlay_is_the_reference_drawing(
    name: str, colours: str, opacity: float, focus: float, blank_page: sync_api.Page
) -> None:
    heat, both = MAPS[name], colours == maps.BOTH_SIGNS
    expected = from_png(
        maps.overlay(
            PICTURE, heat, places_of(heat), opacity=opacity, focus=focus, colour_map=colours
        )
    ).astype(int)
    used = "Inferno" if both and maps.unsigned(heat) else colours
    how = {"mode": "overlay", "opacity": opacity, "focus": focus, "signed": both}
    drawn = painted(blank_page, heat, used, **how)
    assert np.abs(drawn - expected).max() <= 1
    assert (drawn == expected).mean() > 0.999


@pytest.mark.parametrize("step", [0, 1, 100, 223, 224])
@pytest.mark.parametrize("inserted", [False, True])
def test_a_frame_changes_the_pixels_that_the_curve_changes(
    step: int, inserted: bool, blank_page: sync_api.Page
) -> None:
    count = counts(HEIGHT * WIDTH)[step]
    drawn = painted(blank_page, SIGNED, mode="frame", count=count, inserted=inserted)
    changed = (places_of(SIGNED) < count)[..., None]
    first, second = (PICTURE, COVER) if inserted else (COVER, PICTURE)
    assert np.array_equal(drawn, np.where(changed, first, second))


def test_a_masked_picture_and_a_contour_are_of_the_focus_area(blank_page: sync_api.Page) -> None:
    inside = (places_of(SIGNED) < maps.kept(SIGNED.size, 0.7))[..., None]
    how = {"opacity": 0.6, "focus": 0.7}
    masked = painted(blank_page, SIGNED, mode="masked", **how)
    assert np.array_equal(masked, np.where(inside, PICTURE, COVER))
    block = np.zeros((HEIGHT, WIDTH), np.float32)
    block[10:20, 10:30] = 1 + np.arange(200, dtype=np.float32).reshape(10, 20)
    contour = painted(blank_page, block, mode="contour", opacity=1, focus=1 - 200 / block.size)
    white, black = (contour == 255).all(2), (contour == 0).all(2)
    edge = np.zeros_like(white)
    edge[10:20, 10:30] = True
    edge[11:19, 11:29] = False
    assert np.array_equal(white & ~(PICTURE == 255).all(2), edge)
    assert black[9, 10:30].all()
    assert black[20, 10:30].all()
    assert black[10:20, 9].all()
    assert black[10:20, 30].all()


def test_pixels_of_one_level_have_one_percentile(blank_page: sync_api.Page) -> None:
    levels = np.array([0, 0, 0, 7, 7, 255, 3, 3])
    shares = blank_page.evaluate("all => Array.from(lower(all))", levels.tolist())
    assert [shares[level] for level in levels] == [(levels < level).mean() for level in levels]
    assert blank_page.evaluate("all => lower(all)[9]", [9] * 12) == 0


def test_two_maps_are_held_against_each_other(blank_page: sync_api.Page) -> None:
    """Places are a permutation, so that Spearman's formula without ties is exact."""
    first, second = places_of(SIGNED), places_of(SIGNED + RANDOM.normal(size=SIGNED.shape))
    count = maps.kept(SIGNED.size, 0.7)
    told = blank_page.evaluate(
        "([first, second, count]) => agreement(first, second, count)",
        [first.ravel().tolist(), second.ravel().tolist(), count],
    )
    expected = scipy.stats.spearmanr(first.ravel(), second.ravel()).statistic
    assert told["correlation"] == pytest.approx(expected, abs=1e-12)
    assert told["shared"] == pytest.approx(((first < count) & (second < count)).sum() / count)
    levels = RANDOM.integers(0, 256, (2, SIGNED.size))
    colours = maps.colours(maps.BOTH_SIGNS)
    drawn = blank_page.evaluate(
        """([first, second, colours]) => {
          const out = new Uint8ClampedArray(4 * first.length);
          difference(out, first, second, colours);
          return Array.from(out);
        }""",
        [*levels.tolist(), colours.ravel().tolist()],
    )
    middle = np.round((levels[0] - levels[1] + 255) / 2).astype(int)
    assert np.array_equal(np.array(drawn).reshape(-1, 4)[:, :3], colours[middle])
