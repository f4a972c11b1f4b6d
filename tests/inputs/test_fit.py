"""How pictures are fitted: the middle, all of it, or all of it on a ground; masks as pictures."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest

from heatcheck.inputs import images
from heatcheck.inputs.preparations import Preparation
from heatcheck.inputs.sizes import Frame, Size

GREY, RED = (90, 90, 90), (230, 20, 20)
GROUND = (0.485, 0.456, 0.406)


def wide(spot: tuple[int, int, int] = RED, ground: tuple[int, int, int] = GREY) -> bytes:
    """256 x 64 pixels with the only object at the left edge."""
    pixels = np.full((64, 256, 3), ground, np.uint8)
    pixels[20:44, 4:28] = spot
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def red(picture: np.ndarray) -> np.ndarray:
    return picture[..., 0].astype(int) - picture[..., 1] > 105


def test_the_object_at_the_edge_is_cut_away_by_the_middle_alone() -> None:
    seen = {
        fit: images.picture(wide(), Frame(Size(64, 64), fit, 3, GROUND))
        for fit in ("crop", "squash", "pad")
    }
    assert not red(seen["crop"]).any()
    rows, columns = np.nonzero(red(seen["squash"]))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 43, 1, 6)
    rows, columns = np.nonzero(red(seen["pad"]))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (29, 34, 1, 6)


def test_padding_is_the_mean_colour_above_and_below() -> None:
    picture = images.picture(wide(), Frame(Size(64, 64), "pad", 3, GROUND))
    assert picture.shape == (64, 64, 3)
    assert (picture[:24] == np.round(255 * np.array(GROUND))).all()
    assert (picture[40:] == np.round(255 * np.array(GROUND))).all()
    assert (picture[24:40, 40:] == GREY).all()
    upright = np.asarray(PIL.Image.open(io.BytesIO(wide()))).transpose(1, 0, 2)
    turned = images.picture(images.png(upright), Frame(Size(64, 64), "pad", 3, GROUND))
    assert (turned[:, :24] == np.round(255 * np.array(GROUND))).all()


@pytest.mark.parametrize("fit", ["crop", "squash", "pad"])
@pytest.mark.parametrize("size", [Size(64, 64), Size(40, 100), Size(100, 40), Size(7, 9)], ids=str)
def test_a_mask_lies_where_the_object_lies(fit: str, size: Size) -> None:
    into = Frame(size, fit, 3, GROUND)
    mask = images.mask(wide((255, 255, 255), (0, 0, 0)), into)
    assert mask.shape == size
    assert mask.dtype == bool
    there = red(images.picture(wide(), into))
    assert (mask != there).sum() <= 4 * max(1, there.sum()) ** 0.5  # but for the border


@pytest.mark.parametrize("fit", ["crop", "squash", "pad"])
@pytest.mark.parametrize("size", [Size(64, 128), Size(128, 64), Size(28, 28), Size(1, 1)], ids=str)
def test_a_picture_has_the_size_of_the_frame(fit: str, size: Size) -> None:
    for shape in ((3, 500), (500, 3), (64, 128), (1, 1), (28, 28)):
        pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
        picture = images.picture(images.png(pixels), Frame(size, fit))
        assert picture.shape == (*size, 3)
        if shape == size:
            assert np.array_equal(picture, pixels)


def test_an_oblong_input_shows_the_middle_of_a_picture() -> None:
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 40:260] = 255
    assert images.picture(images.png(pixels), Size(50, 100)).min() == 255
    assert images.picture(images.png(pixels), Size(50, 150)).min() == 0


def test_squashing_takes_no_more_room_than_the_picture() -> None:
    """What shrinks goes first: 2 x 400,000 pixels become 200 x 200 by way of 2 x 200."""
    tall = np.zeros((400_000, 2, 3), np.uint8)
    tall[:200_000] = 255
    picture = images.picture(images.png(tall), Frame(Size(200, 200), "squash"))
    assert picture[:99].min() == 255
    assert picture[101:].max() == 0


@pytest.mark.parametrize("squashed", [False, True])
@pytest.mark.parametrize("filter", ["bilinear", "bicubic"])
def test_a_networks_own_way_is_that_of_arrays_as_well(squashed: bool, filter: str) -> None:
    """Values far from black and white: between its two passes Pillow cuts them off, floats not."""
    into = Frame(Size(24, 24), own=Preparation(32, 32, squashed, filter))
    pixels = np.random.default_rng(0).integers(96, 160, (50, 90, 3), dtype=np.uint8)
    plain = images.picture(images.png(pixels), into)
    assert not np.array_equal(plain, images.picture(images.png(pixels), Frame(Size(24, 24))))

    def of(array: np.ndarray) -> np.ndarray:
        buffer = io.BytesIO()
        np.save(buffer, array)
        return images.picture(buffer.getvalue(), into)

    assert np.array_equal(of(pixels), plain)
    assert np.array_equal(of(np.moveaxis(pixels, -1, 0)), plain)
    assert np.abs(of(pixels / np.float32(255)) * 255 - plain).max() <= 1
    stripes = (np.indices((50, 90, 3)).sum(0) % 2).astype(np.float32)
    assert of(stripes).min() >= 0
    assert of(stripes).max() <= 1
