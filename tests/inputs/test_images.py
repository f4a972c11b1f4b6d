"""Untrusted bytes: what is taken, what is refused, and in what words."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from heatcheck.core.errors import BadImage
from heatcheck.inputs import images
from heatcheck.inputs.cutouts import Cutout
from heatcheck.inputs.sizes import Frame, Size


def encoded(image: PIL.Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def noise(width: int, height: int) -> PIL.Image.Image:
    return PIL.Image.fromarray(
        np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    )


def bomb(side: int = 20_000) -> bytes:
    """A small PNG that claims to be side x side."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


REFUSED = {
    "not an image": (
        b"hello, world" * 100,
        "expected a PNG, JPEG, WebP, TIFF, BMP, GIF or DICOM image",
    ),
    "empty": (b"", "Got an empty file"),
    "an svg": (
        b"<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'/>",
        "Got an SVG drawing",
    ),
    "truncated": (encoded(noise(200, 200))[:20_000], "the PNG file is truncated"),
    "truncated jpeg": (
        encoded(noise(200, 200), "JPEG")[:5_000],
        "the JPEG file is truncated: its end is missing after 5000 bytes",
    ),
    "truncated in its head": (encoded(noise(64, 64))[:20], "the PNG file is truncated"),
    "damaged": (
        encoded(noise(64, 64)).replace(b"IDAT", b"IDAT" + b"\xff" * 9, 1),
        "says PNG but cannot be decoded; it is damaged",
    ),
    "a web page": (b"\n<!DOCTYPE html><html>404</html>", "Got a web page"),
    "a file of macOS": (b"\0\x05\x16\x07" + bytes(120), "Got what macOS keeps beside a file"),
    "a bomb": (bomb(), "expected at most 50 million pixels"),
    "a smaller bomb": (bomb(8_000), "expected at most 50 million pixels. Got 8000 x 8000"),
    "too many bytes": (b"\x89PNG" + bytes(65 * 2**20), "expected at most 64 MB. Got 65.0 MB"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_an_image_is_refused_with_expected_got_and_what_to_do(kind: str) -> None:
    content, words = REFUSED[kind]
    with pytest.raises(BadImage, match=words) as caught:
        images.picture(content, 224, "upload.png")
    assert str(caught.value).startswith("upload.png: ")


@pytest.mark.parametrize(("format", "options"), [("PNG", {}), ("WEBP", {"lossless": True})])
def test_a_picture_at_the_input_size_passes_through_pixel_for_pixel(
    format: str, options: dict[str, object]
) -> None:
    original = noise(224, 224)
    assert np.array_equal(
        images.picture(encoded(original, format, **options), 224), np.asarray(original)
    )


@pytest.mark.parametrize("format", ["TIFF", "BMP", "GIF"])
def test_other_formats_are_read_as_their_pixels(format: str) -> None:
    grey = noise(64, 48).convert("L")
    shown = images.picture(encoded(grey, format), 48)
    assert np.array_equal(shown, np.asarray(grey.convert("RGB"))[:, 8:56])


def test_of_a_film_the_first_frame_is_taken() -> None:
    frames = [PIL.Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    film = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (images.picture(film, 40) == (255, 0, 0)).all()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_file_whose_end_is_missing_is_called_truncated(format: str, part: float) -> None:
    whole = encoded(noise(90, 80), format)
    with pytest.raises(BadImage, match=f"(?i)the {format} file is truncated"):
        images.picture(whole[: int(len(whole) * part)], 64)


@pytest.mark.parametrize("size", [(300, 200), (200, 300), (33, 500), (224, 1000)])
def test_the_shorter_side_is_scaled_and_the_middle_cut_out(size: tuple[int, int]) -> None:
    assert images.picture(encoded(noise(*size)), 224).shape == (224, 224, 3)


def test_the_middle_is_the_middle() -> None:
    stripes = np.zeros((100, 300, 3), np.uint8)
    stripes[:, 100:200] = 255
    assert images.picture(encoded(PIL.Image.fromarray(stripes)), 100).min() == 255


def test_transparency_lies_over_white_and_16_bits_become_8() -> None:
    clear = PIL.Image.new("RGBA", (64, 64), (10, 20, 30, 0))
    assert (images.picture(encoded(clear), 64) == 255).all()
    deep = PIL.Image.fromarray(np.full((64, 64), 32896, np.uint16))
    assert (images.picture(encoded(deep), 64) == 128).all()


def test_a_photograph_is_turned_upright() -> None:
    sideways = noise(64, 40)
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    upright = np.asarray(sideways.transpose(PIL.Image.Transpose.ROTATE_270))
    assert np.array_equal(images.picture(encoded(sideways, exif=exif), 40), upright[12:52])


@pytest.mark.parametrize("kind", ["plain", "cut-out"])
def test_a_file_that_has_gone_is_told_with_its_place(kind: str, tmp_path: Path) -> None:
    """Between a folder's listing and its reading a file can go."""
    path = tmp_path / "gone \x1b[2J.png"
    image = images.Image("gone", path) if kind == "plain" else Cutout("gone", path, "1")
    for ask in (image.encoded, lambda: image.digest):
        with pytest.raises(BadImage, match=r"gone: the file cannot be read") as caught:
            ask()
        assert "gone \\x1b[2J.png. Put it back" in str(caught.value)


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path: Path) -> None:
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(BadImage, match=r"large: expected at most 64 MB. Got more than 64 MB"):
        images.Image("large", tmp_path / "large.png").encoded()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_of_four_bands_is_upright_as_its_colours_are(orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[images.ORIENTATION] = orientation
    lying = noise(30, 20)
    lying.putalpha(255)
    content = encoded(lying, exif=exif)
    height, width = images.sides(content, 4)
    four = images.picture(content, Frame(Size(height, width), channels=4))
    assert np.array_equal(four[..., :3], images.picture(content, Frame(Size(height, width))))
