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
from heatcheck.metrics.similarity import rank_correlation
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


def places_of(heat: np.ndarray, seed: int = 0) -> np.ndarray:
    heat = np.ascontiguousarray(heat)
    return ranks(torch.from_numpy(heat), torch.Generator().manual_seed(seed)).numpy()


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


def of_two(page: sync_api.Page, what: str, *planes: np.ndarray, count: int = 0) -> Any:
    """What `what` makes of two maps, each as it is packed, with ties in an order of its own."""
    packed = [layers.packed(heat, places_of(heat, seed)) for seed, heat in enumerate(planes)]
    return page.evaluate(
        """([texts, colours, count, pixels, what]) => {
          const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const [first, second] = texts.map((text) => layerOf(bytes(text).buffer, pixels));
          if (what === "agreement") return agreement(first, second, count);
          const out = new Uint8ClampedArray(4 * pixels);
          difference(out, first, second, bytes(colours));
          return Array.from(out);
        }""",
        [
            [base64.b64encode(one).decode() for one in packed],
            base64.b64encode(maps.colours(maps.BOTH_SIGNS).tobytes()).decode(),
            count,
            planes[0].size,
            what,
        ],
    )


RECTIFIED = np.maximum(SIGNED - 0.25, 0)  # 60 % zeros, as a Grad-CAM has
ROUGH = np.round(2 * (SIGNED + RANDOM.normal(size=SIGNED.shape))).astype(np.float32)  # many ties
PAIRS = {
    "no ties": (SIGNED, SIGNED**3 + RANDOM.normal(size=SIGNED.shape).astype(np.float32)),
    "the same with ties": (RECTIFIED, RECTIFIED),
    "ties in one": (SIGNED, RECTIFIED),
    "ties in both": (ROUGH, RECTIFIED),
    "against each other": (ROUGH, -ROUGH),
    "of an odd size": (ROUGH[:37, :51], SIGNED[:37, :51]),
    "wide": (np.tile(ROUGH, (6, 6)), np.tile(RECTIFIED, (6, 6))),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_maps_are_as_alike_as_the_metrics_say(name: str, blank_page: sync_api.Page) -> None:
    first, second = PAIRS[name]
    told = of_two(blank_page, "agreement", first, second)["correlation"]
    expected = rank_correlation(torch.from_numpy(first), torch.from_numpy(second))
    assert told == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("focus", [0.0, 0.3, 0.7, 0.99])
def test_a_map_shares_all_of_its_strongest_pixels_with_itself(
    focus: float, blank_page: sync_api.Page
) -> None:
    count = maps.kept(RECTIFIED.size, focus)
    told = of_two(blank_page, "agreement", RECTIFIED, RECTIFIED, count=count)
    assert told["shared"] == pytest.approx(1)
    assert told["parts"] == (count not in (RECTIFIED.size, *range((RECTIFIED > 0).sum() + 1)))


def test_pixels_of_one_value_count_by_the_part_that_is_inside(blank_page: sync_api.Page) -> None:
    first = np.array([[9, 5, 5, 5, 0]], np.float32)  # of 3: one whole, and 2 of 3 of three
    second = np.array([[7, 6, 5, 4, 3]], np.float32)  # no ties: the first three
    assert of_two(blank_page, "agreement", first, second, count=3) == {
        "correlation": pytest.approx(scipy.stats.spearmanr(first[0], second[0]).statistic),
        "shared": pytest.approx((1 + 2 / 3 + 2 / 3) / 3),
        "parts": True,
    }
    whole = of_two(blank_page, "agreement", first, second, count=4)
    assert (whole["shared"], whole["parts"]) == (1, False)


@pytest.mark.parametrize("signs", [(True, True), (True, False), (False, True), (False, False)])
def test_a_difference_takes_what_speaks_against_the_class(
    signs: tuple[bool, bool], blank_page: sync_api.Page
) -> None:
    planes = [one if sign else abs(one) for one, sign in zip((SIGNED, ROUGH), signs, strict=True)]
    both = [*zip(planes, signs, strict=True)]
    drawn = np.array(of_two(blank_page, "difference", *planes)).reshape(HEIGHT, WIDTH, 4)[..., :3]
    units = [np.round(255 * maps.scaled(one, both_signs=sign)) for one, sign in both]
    if any(signs):  # on one scale, with zero at half
        units = [
            one if sign else np.round((255 + one) / 2)
            for one, sign in zip(units, signs, strict=True)
        ]
    steps = np.round((units[0] - units[1] + 255) / 2).astype(int)
    assert np.array_equal(drawn, maps.colours(maps.BOTH_SIGNS)[steps])


def test_where_two_maps_agree_the_difference_has_the_middle_colour(
    blank_page: sync_api.Page,
) -> None:
    against = -np.abs(SIGNED)
    middle = maps.colours(maps.BOTH_SIGNS)[128]
    same = np.array(of_two(blank_page, "difference", against, against)).reshape(-1, 4)[:, :3]
    assert (same == middle).all()
    bare = np.array(of_two(blank_page, "difference", against, np.zeros_like(against)))
    assert not (bare.reshape(-1, 4)[:, :3] == middle).all(1).mean() > 0.1
