"""The middle of a scaled image: bit for bit what Pillow makes of the whole, in bounded memory."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest

from heatcheck.inputs import images, scaling

SHAPES = [
    (224, 224),
    (300, 200),
    (200, 300),
    (33, 500),
    (500, 33),
    (32, 1001),
    (224, 1000),
    (1000, 224),
    (997, 641),
    (641, 997),
    (225, 224),
    (2000, 225),
]


def whole(encoded: bytes, size: int) -> np.ndarray:
    """The reference: everything decoded, turned, converted and scaled by Pillow, then cut."""
    image = PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(encoded)))
    if image.mode == "I;16":  # of the full range
        image = PIL.Image.fromarray((np.asarray(image) / 257).round().astype(np.uint8))
    image = images._rgb(image)
    width, height = image.size
    if min(width, height) != size:
        scale = size / min(width, height)
        image = image.resize(
            (max(size, round(width * scale)), max(size, round(height * scale))),
            PIL.Image.Resampling.BICUBIC,
        )
    left, top = (image.width - size) // 2, (image.height - size) // 2
    return np.asarray(image.crop((left, top, left + size, top + size)))


def noise(width: int, height: int, channels: int = 3) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def saved(image: PIL.Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("long", [scaling.LONG, 1], ids=["by Pillow", "ours where it enlarges"])
@pytest.mark.parametrize("size", [28, 224, 299])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shapes_of_all_kinds(
    shape: tuple[int, int], size: int, long: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaling, "LONG", long)
    monkeypatch.setattr(images, "BAND", 20_000)
    encoded = saved(PIL.Image.fromarray(noise(*shape)))
    assert np.array_equal(images.picture(encoded, size), whole(encoded, size))


@pytest.mark.parametrize("shape", [(32, 20_011), (20_011, 32)], ids=str)
def test_a_side_that_becomes_very_long(shape: tuple[int, int]) -> None:
    encoded = saved(PIL.Image.fromarray(noise(*shape)), compress_level=1)
    assert np.array_equal(images.picture(encoded, 224), whole(encoded, 224))


@pytest.mark.parametrize("shape", [(90, 61), (61, 90), (40, 3001), (3001, 40), (64, 65)], ids=str)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation(
    orientation: int, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaling, "LONG", 2000)
    exif = PIL.Image.Exif()
    exif[images.ORIENTATION] = orientation
    for kind in ("PNG", "JPEG"):
        encoded = saved(PIL.Image.fromarray(noise(*shape)), kind, exif=exif)
        for size in (64, 100):
            assert np.array_equal(images.picture(encoded, size), whole(encoded, size))


def colours(kind: str, width: int, height: int) -> bytes:
    rgb = PIL.Image.fromarray(noise(width, height))
    grey = noise(width, height, 1)
    if kind == "16 bits":
        deep = grey.astype(np.uint16) * 257 + np.arange(width, dtype=np.uint16)
        return saved(PIL.Image.fromarray(deep))
    if kind == "palette":
        return saved(rgb.quantize(50))
    if kind == "palette with a clear colour":
        return saved(rgb.quantize(50), transparency=7)
    if kind == "clear colour":
        return saved(rgb, transparency=tuple(noise(width, height)[0, 0].tolist()))
    if kind == "alpha":
        return saved(PIL.Image.fromarray(noise(width, height, 4)))
    if kind == "grey with alpha":
        return saved(PIL.Image.fromarray(noise(width, height, 4)).convert("LA"))
    if kind == "one bit":
        return saved(PIL.Image.fromarray(grey > 127))
    if kind == "grey":
        return saved(PIL.Image.fromarray(grey))
    if kind == "four inks":
        return saved(rgb.convert("CMYK"), "JPEG")
    return saved(PIL.Image.fromarray(noise(width, height, 4)), "WEBP", lossless=True)


@pytest.mark.parametrize("shape", [(70, 50), (32, 900), (900, 32), (64, 64)], ids=str)
@pytest.mark.parametrize(
    "kind",
    [
        "16 bits",
        "palette",
        "palette with a clear colour",
        "clear colour",
        "alpha",
        "grey with alpha",
        "one bit",
        "grey",
        "four inks",
        "webp with alpha",
    ],
)
def test_every_kind_of_colour(
    kind: str, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaling, "LONG", 1000)
    monkeypatch.setattr(images, "BAND", 3000)
    encoded = colours(kind, *shape)
    assert np.array_equal(images.picture(encoded, 64), whole(encoded, 64))
