"""Pictures of more than 8 bits a channel: their values, and how they become 8 bits.

A camera of 12 bits saves its values in files of 16, where its white is a sixteenth of the file's.
So the values are scaled by the smallest of `DEPTHS` that holds the largest value of the whole set:
one scale for all its pictures, and a full one.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from heatcheck.core.errors import BadImage

MAX_BYTES = 64 * 2**20  # of a file
MAX_PIXELS = 50_000_000
SUFFIXES = (".png", ".tif", ".tiff")  # of files that may be so
DEPTHS = (8, 10, 12, 14, 16)  # bits
BITS_PER_SAMPLE = 258  # TIFF's tag
ROWS = 256  # that are converted at once
# Of colour with 16 bits Pillow keeps the high byte; read by the other byte order, the low one.
LOW = {
    "RGB;16B": "RGB;16L",
    "RGB;16L": "RGB;16B",
    "RGB;16N": "RGB;16B",
    "RGBA;16B": "RGBA;16L",
    "RGBA;16L": "RGBA;16B",
    "RGBA;16N": "RGBA;16B",
    "LA;16B": "RGBA",  # all four bytes of a pixel
}


@dataclass(frozen=True)
class Deep:
    """A picture's values as the file has them, band by band."""

    width: int
    height: int
    channels: int  # 1, 2 (grey, opacity), 3 or 4
    clear: tuple[int, ...]  # the colour that is transparent; empty where none is
    rows: Callable[[int, int], np.ndarray]  # whole numbers `[h,W,C]` of the rows from, to

    @property
    def bands(self) -> Iterator[tuple[int, np.ndarray]]:
        """All rows from the top: the first row's place and the values."""
        for top in range(0, self.height, ROWS):
            yield top, self.rows(top, min(top + ROWS, self.height))

    @property
    def largest(self) -> int:
        """The largest value of a colour; opacity is none."""
        colours = self.channels - (self.channels in (2, 4))
        return max(int(band[..., :colours].max()) for _, band in self.bands)


def is_deep(image: PIL.Image.Image) -> bool:
    """Whether a picture that Pillow has opened holds more than 8 bits a channel."""
    return image.mode.startswith("I") or _raw_mode(image) in LOW


def check_planes(image: PIL.Image.Image, name: str) -> None:
    """Raise BadImage for a TIFF of more than 8 bits whose colours lie one behind the other: Pillow
    would take its bytes for pixels.
    """
    depths = getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, ())
    if max(depths, default=8) > 8 and image.mode != "F" and not is_deep(image):
        raise BadImage(
            f"{name}: expected a TIFF of more than 8 bits a channel to have the colours of a pixel "
            "side by side. Got them in planes. Save it so (planar configuration 1), or as PNG."
        )


def bits_for(largest: int) -> int:
    """The smallest depth that holds a value."""
    return next(bits for bits in DEPTHS if largest < 1 << bits)


def shallow(encoded: bytes, image: PIL.Image.Image, name: str, bits: int = 0) -> PIL.Image.Image:
    """The picture with 8 bits a channel, its exif kept: a value v becomes v / (2**bits - 1) of 255.

    Args:
        encoded: the file's bytes.
        image: what Pillow opened of them.
        name: for messages.
        bits: the depth of the picture's set; its own where 0.

    Raises:
        BadImage: its values are not of 16 bits.
    """
    deep = opened(encoded, image, name)
    bits = max(bits, bits_for(deep.largest))
    top = (1 << bits) - 1
    table = (np.arange(1 << 16) * (255 / top)).round().clip(0, 255).astype(np.uint8)
    opacity = (np.arange(1 << 16) / 257).round().astype(np.uint8)
    clear = bool(deep.clear)
    mode = ("", "L", "LA", "RGB", "RGBA")[deep.channels + clear]
    scaled = PIL.Image.new(mode, (deep.width, deep.height))
    for place, band in deep.bands:
        pixels = table[band]
        if deep.channels in (2, 4):
            pixels[..., -1] = opacity[band[..., -1]]
        if clear:
            seen = 255 * np.any(band != np.array(deep.clear), axis=-1, keepdims=True)
            pixels = np.concatenate([pixels, seen.astype(np.uint8)], axis=-1)
        part = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
        scaled.paste(PIL.Image.fromarray(np.ascontiguousarray(part)), (0, place))
    scaled.getexif().update(image.getexif())
    scaled.format = image.format
    return scaled


def from_floats(image: PIL.Image.Image, name: str) -> PIL.Image.Image:
    """A grey picture of floating-point pixels within 0 and 1 with 8 bits. Raises BadImage."""
    values = np.asarray(image)
    low, high = float(values.min()), float(values.max())
    if not 0 <= low <= high <= 1:
        raise BadImage(
            f"{name}: expected floating-point pixels from 0 to 1. Got {low:.2f} to {high:.2f}. "
            "Scale them, or save 8 or 16 bits a channel."
        )
    return PIL.Image.fromarray((values * 255).round().astype(np.uint8))


@lru_cache(maxsize=65_536)
def largest_in(path: Path, size: int, changed: int) -> int:
    """The largest value in a file of more than 8 bits a channel; 0 of another, or one that cannot
    be read. It is read again when its size or time of change is another.
    """
    try:
        with path.open("rb") as file:
            if size > MAX_BYTES or not _may_be_deep(file.read(32)):
                return 0
            file.seek(0)
            return largest(file.read(MAX_BYTES), path.name)
    except OSError:  # it fails for itself, when it is looked at
        return 0


def largest(encoded: bytes, name: str = "image") -> int:
    """The largest value of a file's bytes: see `largest_in`."""
    if not _may_be_deep(encoded[:32]):
        return 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = PIL.Image.open(io.BytesIO(encoded), formats=("PNG", "TIFF"))
            if not is_deep(image) or image.width * image.height > MAX_PIXELS:
                return 0
            return opened(encoded, image, name).largest
    except Exception:  # it fails for itself, when it is looked at
        return 0


def _may_be_deep(head: bytes) -> bool:
    """Whether a file's first bytes are those of a PNG of 16 bits, or of a TIFF."""
    png = head.startswith(b"\x89PNG") and head[24:25] == b"\x10"
    return png or head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def opened(encoded: bytes, image: PIL.Image.Image, name: str) -> Deep:
    """The values of a picture that Pillow has opened; loads it."""
    image.load()
    raw = _raw_mode(PIL.Image.open(io.BytesIO(encoded), formats=[image.format or ""]))
    clear = image.info.get("transparency")
    if raw in LOW:
        low = PIL.Image.open(io.BytesIO(encoded), formats=[image.format or ""])
        _read_low(low)
        rows = _grey_and_opacity(low) if raw == "LA;16B" else _high_and_low(image, low)
        channels = 2 if raw == "LA;16B" else len(image.getbands())
        return Deep(*image.size, channels, clear if isinstance(clear, tuple) else (), rows)
    return Deep(*image.size, 1, (clear,) if isinstance(clear, int) else (), _whole(image, name))


def _grey_and_opacity(raw: PIL.Image.Image) -> Callable[[int, int], np.ndarray]:
    def rows(top: int, bottom: int) -> np.ndarray:
        bytes_ = np.asarray(raw.crop((0, top, raw.width, bottom))).astype(np.uint16)
        return bytes_[..., 0::2] << 8 | bytes_[..., 1::2]

    return rows


def _high_and_low(high: PIL.Image.Image, low: PIL.Image.Image) -> Callable[[int, int], np.ndarray]:
    def rows(top: int, bottom: int) -> np.ndarray:
        box = (0, top, high.width, bottom)
        upper, lower = (np.asarray(half.crop(box)).astype(np.uint16) for half in (high, low))
        return upper << 8 | lower

    return rows


def _whole(image: PIL.Image.Image, name: str) -> Callable[[int, int], np.ndarray]:
    def rows(top: int, bottom: int) -> np.ndarray:
        band = np.asarray(image.crop((0, top, image.width, bottom)))
        if image.mode == "I" and (band.min() < 0 or band.max() > 65_535):
            raise BadImage(
                f"{name}: expected values from 0 to 65535. Got {band.min()} to {band.max()}. Save "
                "it with 8 or 16 bits a channel."
            )
        return band.astype(np.uint16)[..., None]

    return rows


def _raw_mode(image: PIL.Image.Image) -> str:
    """How the file's pixels lie, of a picture that Pillow has opened and not loaded."""
    tiles = getattr(image, "tile", ())
    args = tiles[0].args if tiles else ""
    return str(args if isinstance(args, str) else args[0] if args else "")


def _read_low(image: Any) -> None:
    """Load a picture that Pillow has opened by the other byte order."""
    image.tile = [tile._replace(args=_low(tile.args)) for tile in image.tile]
    image.load()


def _low(args: Any) -> Any:
    return LOW[args] if isinstance(args, str) else (LOW[args[0]], *args[1:])
