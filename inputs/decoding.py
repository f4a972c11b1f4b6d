"""Untrusted bytes become pixels: one of some formats, bounded before a pixel is decoded, and in
words of what is wrong with a file.
"""

from __future__ import annotations

import io
import warnings
from functools import lru_cache
from pathlib import Path

import PIL.Image

from heatcheck.core.errors import BadImage
from heatcheck.inputs import arrays, depth, dicom
from heatcheck.inputs.depth import MAX_BYTES, MAX_PIXELS

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
NAMED = "PNG, JPEG, WebP, TIFF, BMP, GIF or DICOM"
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".webp"),
    *(".tif", ".tiff", ".bmp", ".gif", ".dcm", ".dicom", ".npy"),
)
FILMS = (".gif", ".webp", ".tif", ".tiff", *dicom.ENDINGS)  # files that may have several pictures
BEGINNINGS = {  # of files, and what they are
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"RIFF": "WebP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"BM": "BMP",
    b"GIF8": "GIF",
}
OTHERS = {  # what else people give, by how it begins
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"<svg": "an SVG drawing",
    b"<?xml": "an XML text",
    b"%pdf": "a PDF",
    b"pk\x03\x04": "a ZIP archive",
    b"\0\x05\x16\x07": "what macOS keeps beside a file, not the file",
    b"version https://git-lfs": "a pointer of Git LFS, not the file",
}


def decode(encoded: bytes, name: str = "image", bits: int = 0) -> PIL.Image.Image:
    """Untrusted bytes -> an image as the file has it: its own size and mode, 8 bits a channel, not
    yet upright; of a film the first frame.

    Args:
        encoded: the file's bytes.
        name: for messages.
        bits: the depth that values of more than 8 bits are scaled by, that of the image's set; its
            own where 0.

    Raises:
        BadImage: none of the formats; truncated; more than 50 million pixels; over 64 MB.
    """
    if len(encoded) > MAX_BYTES:
        raise too_large(name, f"{len(encoded) / 2**20:.1f}")
    if dicom.is_one(encoded):
        return dicom.decode(encoded, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is wrong is said below, in our words
        image = _opened(encoded, name)
        check_size(*image.size, name)
        depth.check_planes(image, name)
        try:
            if depth.is_deep(image):
                return depth.shallow(encoded, image, name, bits)
            image.load()
        except BadImage:
            raise
        except Exception as error:
            raise undecoded(name, image.format or "an image", encoded) from error
    return depth.from_floats(image, name) if image.mode == "F" else image


@lru_cache(maxsize=65_536)
def is_film_in(path: Path, size: int, changed: int) -> bool:
    """Whether a file is a film: see `is_film`. It is read again when its size or time of change is
    another.
    """
    try:
        with path.open("rb") as file:
            return size <= MAX_BYTES and is_film(file.read(MAX_BYTES))
    except OSError:  # it fails for itself, when it is looked at
        return False


def is_film(encoded: bytes) -> bool:
    """Whether `decode` takes the first of several pictures; pages that are channels are none."""
    if dicom.is_one(encoded):
        return dicom.frames(encoded) > 1
    if arrays.is_one(encoded):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = PIL.Image.open(io.BytesIO(encoded), formats=("GIF", "WEBP", "TIFF"))
            return bool(getattr(image, "is_animated", False))
    except Exception:  # what is wrong with it is said when it is decoded
        return False


def _opened(encoded: bytes, name: str) -> PIL.Image.Image:
    try:
        return PIL.Image.open(io.BytesIO(encoded), formats=FORMATS)
    except PIL.Image.DecompressionBombError as error:
        raise BadImage(
            f"{name}: expected at most {MAX_PIXELS // 10**6} million pixels. Got more "
            "than twice what is safe. Scale it down."
        ) from error
    except Exception as error:
        if kind := next(
            (kind for head, kind in BEGINNINGS.items() if encoded.startswith(head)), ""
        ):
            raise undecoded(name, kind, encoded) from error
        raise BadImage(
            f"{name}: expected a {NAMED} image. Got {_other(encoded)}. Convert it and try again."
        ) from error


def _other(encoded: bytes) -> str:
    head = encoded[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    known = (words for start, words in OTHERS.items() if head.startswith(start))
    return next(known, "a file of another kind") if encoded else "an empty file"


def check_size(width: int, height: int, name: str) -> None:
    """Raise BadImage where an image is too large to decode."""
    if width * height > MAX_PIXELS:
        raise BadImage(
            f"{name}: expected at most {MAX_PIXELS // 10**6} million pixels. Got {width} "
            f"x {height}. Scale it down."
        )


def too_large(name: str, megabytes: str = f"more than {MAX_BYTES >> 20}") -> BadImage:
    """What is said of a file that is too large."""
    return BadImage(
        f"{name}: expected at most {MAX_BYTES >> 20} MB. Got {megabytes} MB. Scale it down."
    )


def undecoded(name: str, kind: str, encoded: bytes = b"") -> BadImage:
    """What is said of a file that begins as an image does and cannot be decoded."""
    if encoded and is_cut_off(kind, encoded):
        return BadImage(
            f"{name}: the {kind} file is truncated: its end is missing after {len(encoded)} bytes. "
            "Copy or download it again."
        )
    return BadImage(
        f"{name}: the file says {kind} but cannot be decoded; it is damaged, or of a variant that "
        "is not read. Export it again."
    )


def is_cut_off(kind: str, encoded: bytes) -> bool:
    """Whether a file's end is missing, by what its format ends with or says of its length."""
    if kind == "JPEG":
        return b"\xff\xd9" not in encoded[-64:]
    if kind == "PNG":
        return b"IEND" not in encoded[-64:]
    if kind == "GIF":
        return not encoded.rstrip(b"\0").endswith(b";")
    if kind.casefold() == "webp":
        return int.from_bytes(encoded[4:8], "little") + 8 > len(encoded)
    if kind == "BMP":
        return int.from_bytes(encoded[2:6], "little") > len(encoded)
    return _tiff_ends_beyond(encoded) if kind == "TIFF" else False


def _tiff_ends_beyond(encoded: bytes) -> bool:
    """Whether a TIFF's first directory, or a strip that it names, lies beyond the file's end."""
    order = "little" if encoded.startswith(b"II") else "big"

    def number(start: int, length: int) -> int:
        return int.from_bytes(encoded[start : start + length], order)  # type: ignore[arg-type]

    first = number(4, 4)
    count = number(first, 2)
    if len(encoded) < 8 or first + 2 + 12 * count > len(encoded):
        return True
    ends: dict[int, list[int]] = {}
    for entry in range(first + 2, first + 2 + 12 * count, 12):
        tag, kind, values = number(entry, 2), number(entry + 2, 2), number(entry + 4, 4)
        if tag in (273, 279, 324, 325) and kind in (3, 4) and values <= 1 << 20:
            width = 2 if kind == 3 else 4
            start = entry + 8 if width * values <= 4 else number(entry + 8, 4)
            ends[tag] = [number(start + width * place, width) for place in range(values)]
    return any(
        offset + length > len(encoded)
        for offsets, lengths in ((273, 279), (324, 325))
        for offset, length in zip(ends.get(offsets, ()), ends.get(lengths, ()), strict=False)
    )
