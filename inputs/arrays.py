"""Pictures of any number of channels: a NumPy file, or a TIFF with a page a channel."""

from __future__ import annotations

import io
import math
import warnings
from functools import lru_cache
from pathlib import Path

import numpy as np
import PIL.Image

from heatcheck.core.errors import BadImage
from heatcheck.core.numbers import rounded
from heatcheck.inputs.depth import MAX_BYTES, bits_for

NUMPY, TIFFS = b"\x93NUMPY", (b"II*\0", b"MM\0*")
SUFFIXES = (".npy", ".tif", ".tiff")  # of files that may be so
PLAIN = (1, 3)  # channels of other formats: grey and colour, of which one gives the other
MAX_VALUES = 100_000_000


def is_one(encoded: bytes) -> bool:
    """Whether a file is of this kind: a NumPy file, or a TIFF of several grey pages."""
    return encoded.startswith(NUMPY) or _pages(encoded) > 1


def read(encoded: bytes, channels: int, name: str, bits: int = 0) -> np.ndarray:
    """Such a file -> `[H,W,C]`, uint8, or float32 in [0, 1] where its values are finer.

    Args:
        encoded: the file's bytes.
        channels: that the model takes; they decide which axis of an array is the channels'.
        name: for messages.
        bits: the depth of the picture's set, by which whole numbers of 16 bits are scaled; its own
            where 0.

    Raises:
        BadImage: the file is damaged, its values are no pixels, or its channels are not those.
    """
    if len(encoded) > MAX_BYTES:
        raise BadImage(f"{name}: expected at most {MAX_BYTES >> 20} MB. Got more. Scale it down.")
    return _pixels(_oriented(_raw(encoded, name), channels, name), name, bits)


@lru_cache(maxsize=65_536)
def largest_in(path: Path, size: int, changed: int) -> int:
    """The largest value in a file of this kind whose values are scaled by the depth of their set;
    0 of another, or one that cannot be read. It is read again when its size or time of change is
    another.
    """
    try:
        if size > MAX_BYTES:
            return 0
        with path.open("rb") as file:
            head = file.read(8)
            known = head.startswith(NUMPY) or head[:4] in TIFFS
            return largest(head + file.read(MAX_BYTES), path.name) if known else 0
    except OSError:  # it fails for itself, when it is looked at
        return 0


def largest(encoded: bytes, name: str = "image") -> int:
    """The largest value of a file's bytes: see `largest_in`."""
    try:
        raw = _raw(encoded, name) if is_one(encoded) else np.zeros(1)
    except Exception:  # it fails for itself, when it is looked at
        return 0
    return int(raw.max()) if _has_depth(raw) else 0


def channels_in(encoded: bytes, name: str) -> int:
    """How many channels a file of this kind seems to have, for a picture of it that no model
    looks at: its shortest outer axis. Raises BadImage.
    """
    if not encoded.startswith(NUMPY):
        return _pages(encoded)
    shape = _array(encoded, name).shape
    return 1 if len(shape) == 2 else min(shape[0], shape[-1])


def wrong_channels(what: str, given: int, wanted: int) -> BadImage:
    """What is said of a picture whose channels are not those that a model takes."""
    return BadImage(
        f"{what}: expected {counted(wanted)}, as the model takes. Got {given}. Give pictures of "
        f"{counted(wanted)}"
        + ("" if wanted in PLAIN else ", as .npy or as a TIFF with a page a channel")
        + ", or choose another model."
    )


def counted(channels: int) -> str:
    """`1 channel`, `4 channels`."""
    return f"{channels} channel{'' if channels == 1 else 's'}"


# -- files -----------------------------------------------------------------------------------------


def _raw(encoded: bytes, name: str) -> np.ndarray:
    return _array(encoded, name) if encoded.startswith(NUMPY) else _stacked(encoded, name)


def _array(encoded: bytes, name: str) -> np.ndarray:
    """The array of a NumPy file; nothing in it is run, and no more is read than is there."""
    file = io.BytesIO(encoded)
    try:
        version = np.lib.format.read_magic(file)
        read_header = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, kind = read_header(file)
    except Exception as error:
        raise BadImage(
            f"{name}: expected a NumPy file. Its beginning cannot be read ({error}). Save it again "
            "with numpy.save."
        ) from error
    if kind.hasobject or kind.kind not in "buif":
        raise BadImage(
            f"{name}: expected an array of numbers. Got one of {kind}. Save it as uint8, or as "
            "float32 in [0, 1]."
        )
    if len(shape) not in (2, 3) or 0 in shape or math.prod(shape) > MAX_VALUES:
        raise BadImage(
            f"{name}: expected an array [H,W], [H,W,C] or [C,H,W] of at most "
            f"{MAX_VALUES // 10**6} million values. Got {list(shape)}. Save one picture a file."
        )
    if len(encoded) - file.tell() < math.prod(shape) * kind.itemsize:
        raise BadImage(
            f"{name}: the NumPy file is truncated: its end is missing after {len(encoded)} bytes. "
            "Copy or save it again."
        )
    file.seek(0)
    return np.asarray(np.load(file, allow_pickle=False))


def _pages(encoded: bytes) -> int:
    """How many grey pages a TIFF has; 0 of another file, or of one whose first page is not grey."""
    if encoded[:4] not in TIFFS:
        return 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = PIL.Image.open(io.BytesIO(encoded), formats=("TIFF",))
            grey = len(image.getbands()) == 1 and image.mode != "P"
            return int(getattr(image, "n_frames", 1)) if grey else 0
    except Exception:  # what is wrong with it is said when it is decoded
        return 0


def _stacked(encoded: bytes, name: str) -> np.ndarray:
    """The pages of a TIFF as `[H,W,C]`."""
    pages = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = PIL.Image.open(io.BytesIO(encoded), formats=("TIFF",))
            count = _pages(encoded)
            if image.width * image.height * count > MAX_VALUES:
                raise BadImage(
                    f"{name}: expected at most {MAX_VALUES // 10**6} million values. Got "
                    f"{image.width} x {image.height} x {count}. Scale it down."
                )
            for page in range(count):
                image.seek(page)
                pages.append(np.asarray(image))
    except BadImage:
        raise
    except Exception as error:
        raise BadImage(
            f"{name}: page {len(pages) + 1} of the TIFF cannot be decoded; it is damaged or "
            "truncated. Export it again."
        ) from error
    if len({(page.shape, page.dtype) for page in pages}) > 1:
        raise BadImage(
            f"{name}: expected pages of one size and depth, one a channel. Got "
            f"{', '.join(sorted({f'{page.shape[1]} x {page.shape[0]}' for page in pages}))}. Save "
            "them alike."
        )
    return np.stack(pages, -1)


# -- what the values mean --------------------------------------------------------------------------


def _oriented(raw: np.ndarray, channels: int, name: str) -> np.ndarray:
    """An array with its channels last."""
    if raw.ndim == 2:
        raw = raw[..., None]
    allowed = (channels, *(other for other in PLAIN if channels in PLAIN))
    for count in dict.fromkeys(allowed):
        first, last = raw.shape[0] == count, raw.shape[-1] == count
        if first and last and raw.shape[1] != count and count > 1:
            raise BadImage(
                f"{name}: expected one axis of {counted(count)}. Got {list(raw.shape)}, where the "
                "first and the last could be it. Save pictures with more pixels a side."
            )
        if last:
            return raw
        if first:
            return np.moveaxis(raw, 0, -1)
    raise wrong_channels(f"{name}, an array {list(raw.shape)}", min(raw.shape[::2]), channels)


def _has_depth(raw: np.ndarray) -> bool:
    """Whether values are whole numbers of up to 16 bits that are scaled by a depth."""
    wide = raw.dtype.kind in "ui" and (raw.dtype.itemsize == 2 or raw.dtype == np.int32)
    return wide and 0 <= int(raw.min()) <= int(raw.max()) < 1 << 16


def _pixels(raw: np.ndarray, name: str, bits: int) -> np.ndarray:
    """Values as pixels: uint8 as they are, 16 bits scaled, floats within 0 and 1."""
    if raw.dtype == np.bool_:
        return raw.astype(np.uint8) * np.uint8(255)
    if raw.dtype == np.uint8:
        return raw
    low, high = float(raw.min()), float(raw.max())
    if raw.dtype.kind == "f":
        if not 0 <= low <= high <= 1:
            raise BadImage(
                f"{name}: expected floating-point pixels from 0 to 1. Got {rounded(low)} to "
                f"{rounded(high)}. Scale them, or save uint8."
            )
        return raw.astype(np.float32)
    if not _has_depth(raw):
        raise BadImage(
            f"{name}: expected pixels as uint8, uint16, or floating-point numbers from 0 to 1. Got "
            f"{raw.dtype} from {rounded(low)} to {rounded(high)}. Save it as one of these."
        )
    top = (1 << max(bits, bits_for(int(high)))) - 1
    return (raw / top).astype(np.float32)
