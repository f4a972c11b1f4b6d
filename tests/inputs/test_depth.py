"""More than 8 bits a channel: scaled by the depth that holds the largest value of the set."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from heatcheck.core.errors import BadImage
from heatcheck.inputs import depth, image_sets, images

SIDE = 40


def values(largest: int, channels: int = 1) -> np.ndarray:
    """Noise from 0 to the largest value, which is there, `[S,S,C]`."""
    drawn = np.random.default_rng(largest).integers(0, largest + 1, (SIDE, SIDE, channels))
    drawn[0, 0] = largest
    return drawn.astype(np.uint16)


def deep_png(pixels: np.ndarray, clear: tuple[int, ...] = ()) -> bytes:
    """A PNG of 16 bits a channel, written here since Pillow writes grey ones alone."""

    def chunk(name: bytes, body: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + sum_

    height, width, channels = pixels.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))
        + (chunk(b"tRNS", struct.pack(f">{len(clear)}H", *clear)) if clear else b"")
        + chunk(b"IDAT", zlib.compress(raw))
        + chunk(b"IEND", b"")
    )


def deep_tiff(pixels: np.ndarray, order: str = "<", packed: bool = False, planar: int = 1) -> bytes:
    """A TIFF of 16 bits a channel in one strip; `planar` 2 says that its colours lie in planes."""
    height, width, channels = pixels.shape
    strip = pixels.astype(f"{order}u2").tobytes()
    strip = zlib.compress(strip) if packed else strip
    place = 8 + 2 + 12 * 10 + 4
    bits = struct.pack(f"{order}{channels}H", *[16] * channels)
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, channels, place if channels > 2 else 16),
        (259, 3, 1, 8 if packed else 1),
        (262, 3, 1, 2 if channels == 3 else 1),
        (273, 4, 1, place + len(bits)),
        (277, 3, 1, channels),
        (278, 4, 1, height),
        (279, 4, 1, len(strip)),
        (284, 3, 1, planar),
    ]
    body = b"".join(
        struct.pack(f"{order}HHI", tag, kind, count)
        + (
            struct.pack(f"{order}HH", value, 0)
            if kind == 3 and count == 1
            else struct.pack(f"{order}I", value)
        )
        for tag, kind, count, value in entries
    )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(entries))
    return head + body + struct.pack(f"{order}I", 0) + bits + strip


FILES = {
    "grey PNG": lambda pixels: deep_png(pixels[..., :1]),
    "colour PNG": deep_png,
    "colour TIFF": deep_tiff,
    "big-endian TIFF": lambda pixels: deep_tiff(pixels, ">"),
    "packed TIFF": lambda pixels: deep_tiff(pixels, packed=True),
    "grey TIFF": lambda pixels: deep_tiff(pixels[..., :1]),
}


@pytest.mark.parametrize(("largest", "bits"), [(200, 8), (1000, 10), (4095, 12), (65535, 16)])
@pytest.mark.parametrize("kind", FILES)
def test_a_value_is_scaled_by_the_smallest_depth_that_holds_all(
    kind: str, largest: int, bits: int
) -> None:
    pixels = values(largest, 3)
    expected = (pixels * (255 / (2**bits - 1))).round().astype(np.uint8)
    if kind.startswith("grey"):
        expected = expected[..., :1].repeat(3, -1)
    assert np.array_equal(images.picture(FILES[kind](pixels), SIDE), expected)


def test_a_set_has_one_scale_whichever_picture_is_read(tmp_path: Path) -> None:
    for name, largest in (("dark", 500), ("bright", 4000), ("black", 0)):
        (tmp_path / f"{name}.png").write_bytes(deep_png(values(largest)))
    (tmp_path / "eight.png").write_bytes(images.png(np.full((SIDE, SIDE, 3), 7, np.uint8)))
    read = image_sets.read(str(tmp_path))
    assert {image.bits for image in read.images} == {12}
    assert any("scaled by 12 bits" in note for note in read.notes)
    dark = next(image for image in read.images if image.name == "dark")
    shown = images.picture(dark.encoded(), SIDE, dark.name, dark.bits)
    assert shown.max() == round(500 * 255 / 4095)
    eight = next(image for image in read.images if image.name == "eight")
    assert (images.picture(eight.encoded(), SIDE, "eight", eight.bits) == 7).all()


@pytest.mark.parametrize("bits", [12, 16])
def test_a_transparent_value_leaves_the_others_as_bright_as_they_are(bits: int) -> None:
    pixels = np.full((SIDE, SIDE, 1), 2**bits - 1, np.uint16)
    pixels[:, :10], pixels[:, 10:20] = 5, 2 ** (bits - 1)
    shown = images.picture(deep_png(pixels, clear=(5,)), SIDE)
    assert shown[0, [0, 15, 30], 0].tolist() == [255, 128, 255]
    coloured = images.picture(deep_png(pixels.repeat(3, -1), clear=(5, 5, 5)), SIDE)
    assert np.array_equal(coloured, shown)


@pytest.mark.parametrize("channels", [2, 4])
def test_opacity_has_all_16_bits(channels: int) -> None:
    pixels = np.full((SIDE, SIDE, channels), 1023, np.uint16)
    pixels[..., :-1] = 0
    pixels[0, 0, 0], pixels[:20, :, -1], pixels[20:, :, -1] = 1000, 65535, 0
    shown = images.picture(deep_png(pixels), SIDE)
    assert shown[5, 5].tolist() == [0, 0, 0]
    assert shown[30, 5].tolist() == [255, 255, 255]


def test_colours_of_16_bits_in_planes_are_refused() -> None:
    """Pillow makes noise of them."""
    apart = deep_tiff(values(65535, 3), planar=2)
    with pytest.raises(BadImage, match=r"the colours of a pixel side by side. Got them in planes"):
        images.picture(apart, SIDE)


def test_values_beyond_16_bits_are_refused_and_floats_taken_from_0_to_1() -> None:
    def tiff(pixels: np.ndarray) -> bytes:
        buffer = io.BytesIO()
        PIL.Image.fromarray(pixels).save(buffer, "TIFF")
        return buffer.getvalue()

    with pytest.raises(BadImage, match=r"expected values from 0 to 65535. Got -1 to"):
        images.picture(
            tiff(np.arange(-1, SIDE * SIDE - 1, dtype=np.int32).reshape(SIDE, SIDE)), SIDE
        )
    ramp = np.linspace(0, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    assert np.array_equal(images.picture(tiff(ramp), SIDE)[..., 0], (ramp * 255).round())
    with pytest.raises(BadImage, match=r"floating-point pixels from 0 to 1. Got 0.00 to 3.00"):
        images.picture(tiff(ramp * 3), SIDE)


def test_a_deep_file_that_cannot_be_read_says_nothing_of_the_set(tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(deep_png(values(65535))[:900])
    (tmp_path / "whole.png").write_bytes(deep_png(values(900)))
    assert {image.bits for image in image_sets.load(str(tmp_path))} == {10}
    assert depth.bits_for(0) == 8
