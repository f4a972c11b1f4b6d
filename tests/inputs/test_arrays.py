"""Pictures of any number of channels: which axis is the channels', what values mean, what pages
show, and what is refused.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from heatcheck.core.errors import BadImage
from heatcheck.inputs import image_sets, images
from heatcheck.inputs.sizes import Frame, Size


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array), allow_pickle=True)
    return buffer.getvalue()


def tiff(*pages: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    first, *others = (PIL.Image.fromarray(page) for page in pages)
    first.save(buffer, "TIFF", save_all=True, append_images=others)
    return buffer.getvalue()


def values(*shape: int, kind: Any = np.uint8, top: int = 256) -> np.ndarray:
    return np.random.default_rng(0).integers(0, top, shape).astype(kind)


def frame(channels: int, height: int = 30, width: int = 40) -> Frame:
    return Frame(Size(height, width), channels=channels, ground=(0.25,))


def test_the_models_channels_decide_which_axis_is_theirs() -> None:
    pixels = values(30, 40, 4)
    for given in (pixels, np.moveaxis(pixels, -1, 0)):
        assert np.array_equal(images.picture(npy(given), frame(4)), pixels)
    assert np.array_equal(images.picture(tiff(*np.moveaxis(pixels, -1, 0)), frame(4)), pixels)
    assert images.picture(npy(pixels[..., 0]), frame(1)).shape == (30, 40, 1)


@pytest.mark.parametrize(("channels", "given"), [(1, 3), (3, 1), (3, 3), (1, 1)])
def test_grey_and_colour_stand_for_each_other(channels: int, given: int) -> None:
    assert images.picture(npy(values(30, 40, given)), frame(channels)).shape == (30, 40, given)


def test_what_is_finer_than_8_bits_stays_so() -> None:
    floats = values(30, 40, 4) / np.float64(255)
    picture = images.picture(npy(floats), frame(4))
    assert picture.dtype == np.float32
    assert np.array_equal(picture, floats.astype(np.float32))
    deep = values(30, 40, 4, kind=np.uint16, top=1 << 12)
    whole = images.picture(npy(deep), frame(4))
    assert np.allclose(whole, deep / 4095, atol=1e-7)
    assert np.allclose(images.picture(npy(deep), frame(4), bits=16), deep / 65535, atol=1e-7)
    pages = tiff(*np.moveaxis(deep, -1, 0))
    assert np.allclose(images.picture(pages, frame(4), bits=12), deep / 4095, atol=1e-7)
    assert images.picture(npy(values(30, 40, 4) > 127), frame(4)).max() == 255


@pytest.mark.parametrize("fit", ["crop", "squash", "pad"])
@pytest.mark.parametrize("kind", ["uint8", "float"])
def test_arrays_are_scaled_as_pictures_are(kind: str, fit: str) -> None:
    """Three channels of uint8: the same pixels as the PNG of them."""
    pixels = values(50, 61, 3)
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "PNG")
    into = Frame(Size(20, 33), fit, 3, (0.5, 0.25, 0.75))
    plain = images.picture(buffer.getvalue(), into)
    given = pixels if kind == "uint8" else pixels / np.float32(255)
    picture = images.picture(npy(given), into)
    if kind == "uint8":
        assert np.array_equal(picture, plain)
    else:
        assert np.abs(255 * picture - plain).max() < 1.51  # Pillow rounds after each axis


def test_a_very_tall_array_is_scaled_around_its_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    tall = values(3000, 2, 2, kind=np.float64, top=2)
    whole = images.picture(npy(tall), frame(2, 8, 8))
    monkeypatch.setattr("heatcheck.inputs.scaling.LONG", 100)
    assert np.allclose(images.picture(npy(tall), frame(2, 8, 8)), whole, atol=1e-5)


def damaged(pages: bytes) -> bytes:
    return pages[: len(pages) // 2]


REFUSED = {
    "another count": (npy(values(30, 40, 5)), 4, r"expected 4 channels.*Got 5"),
    "a colour picture": (
        npy(values(30, 40, 3)),
        4,
        "expected 4 channels, as the model takes. Got 3",
    ),
    "four for colour": (
        npy(values(30, 40, 4)),
        3,
        "expected 3 channels, as the model takes. Got 4",
    ),
    "pages for colour": (tiff(*values(5, 30, 40)), 3, "expected 3 channels"),
    "both ends": (npy(values(4, 40, 4)), 4, "the first and the last could be it"),
    "bytes as floats": (npy(values(30, 40, 4, kind=float)), 4, "from 0 to 1. Got 0 to 255"),
    "negative": (npy(-values(30, 40, 4, kind=float) / 255), 4, "from 0 to 1. Got -1"),
    "not a number": (npy(np.full((30, 40, 4), np.nan)), 4, "from 0 to 1. Got nan"),
    "whole numbers of 64 bits": (npy(values(30, 40, 4, kind=np.int64)), 4, "uint8, uint16, or"),
    "complex": (npy(np.zeros((30, 40, 4), complex)), 4, "expected an array of numbers"),
    "objects": (npy(np.array([[{}]], object)), 4, "expected an array of numbers"),
    "words": (npy(np.array([["a"]])), 4, "expected an array of numbers"),
    "one axis": (npy(values(30)), 4, r"expected an array \[H,W\]"),
    "four axes": (npy(values(1, 4, 30, 40)), 4, r"expected an array \[H,W\]"),
    "nothing": (npy(np.zeros((0, 4, 4))), 4, r"expected an array \[H,W\]"),
    "half a file": (damaged(npy(values(30, 40, 4))), 4, "is truncated"),
    "no header": (b"\x93NUMPY\x01\x00", 4, "Its beginning cannot be read"),
    "half a tiff": (damaged(tiff(*values(4, 300, 40))), 4, "a"),
    "pages of two sizes": (tiff(values(30, 40), values(30, 41)), 2, "pages of one size"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_picture_for_the_model_is_refused_in_a_sentence(kind: str) -> None:
    encoded, channels, words = REFUSED[kind]
    with pytest.raises(BadImage, match=words) as caught:
        images.picture(encoded, frame(channels), "scene.npy")
    assert str(caught.value).startswith("scene.npy")


def test_a_photograph_is_refused_by_a_model_of_other_channels() -> None:
    buffer = io.BytesIO()
    PIL.Image.fromarray(values(30, 40, 3)).save(buffer, "PNG")
    with pytest.raises(BadImage, match=r"photo.png: expected 4 channels.*Got 3.*as .npy or as a"):
        images.picture(buffer.getvalue(), frame(4), "photo.png")


def test_bands_of_a_file_count_where_they_are_the_models() -> None:
    buffer = io.BytesIO()
    pixels = values(30, 40, 4)
    PIL.Image.fromarray(pixels).save(buffer, "PNG")
    assert np.array_equal(images.picture(buffer.getvalue(), frame(4)), pixels)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_picture_is_kept_without_loss_and_shown_in_colours(channels: int, kind: Any) -> None:
    pixels = values(5, 6, channels)
    given = pixels if kind is np.uint8 else (pixels / 255).astype(np.float32)
    kept = images.png(given)
    back = images.from_png(kept)
    assert back.dtype == given.dtype
    assert np.array_equal(back, given)
    assert kept.startswith(b"\x89PNG") == (channels == 3 and kind is np.uint8)
    drawn = images.from_png(images.drawn(kept))
    assert images.drawn(kept).startswith(b"\x89PNG")
    assert drawn.shape == (5, 6, 3)
    if channels == 1:
        assert np.array_equal(drawn, np.repeat(pixels, 3, -1))
    elif channels == 2:
        assert np.array_equal(drawn[..., :2], pixels)
        assert not drawn[..., 2].any()
    else:
        assert np.array_equal(drawn, pixels[..., :3])


def test_false_colours_are_told() -> None:
    assert images.false_colours(1) == images.false_colours(3) == ""
    assert "red and green." in images.false_colours(2)
    assert "4 channels; pages show the first three" in images.false_colours(4)


@pytest.mark.parametrize("given", [values(4, 30, 40), values(30, 40), values(30, 40, 2)], ids=str)
def test_a_preview_needs_no_model(given: np.ndarray) -> None:
    assert images.preview(npy(given), 16).shape == (16, 16, 3)
    if given.shape[0] == 4:
        assert images.preview(tiff(*given), 16).shape == (16, 16, 3)


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.int32])
def test_arrays_of_a_set_have_one_depth_whatever_holds_their_values(
    tmp_path: Path, kind: Any
) -> None:
    for name, value in (("bright", 3000), ("dim", 900)):
        np.save(tmp_path / f"{name}.npy", np.full((8, 8), value, kind))
    set_ = image_sets.read(str(tmp_path)).by_name
    shown = {
        name: images.picture(one.encoded(), frame(1, 8, 8), name, one.bits)[0, 0, 0]
        for name, one in set_.items()
    }
    assert shown == {name: pytest.approx(v / 4095) for name, v in (("bright", 3000), ("dim", 900))}
