"""Images: the one place where untrusted bytes become pixels. Sets of them: `inputs/image_sets.py`.

What comes in is a file of some format (`inputs/decoding.py`); what goes out is an RGB picture at a
classifier's input size, 8 bit. That picture is what the model sees, what the page shows, and what
the heatmap lies on.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import PIL.Image
from PIL.Image import Transpose

from heatcheck.core.errors import BadImage
from heatcheck.inputs import arrays, scaling
from heatcheck.inputs.decoding import SUFFIXES as SUFFIXES
from heatcheck.inputs.decoding import decode as decode
from heatcheck.inputs.decoding import too_large, undecoded
from heatcheck.inputs.depth import MAX_BYTES as MAX_BYTES
from heatcheck.inputs.printable import printable
from heatcheck.inputs.sizes import Frame, Size

BAND = 4_000_000  # pixels that are converted at once
ORIENTATION = 0x0112  # EXIF's tag
ZIPPED = b"PK"  # how a compressed array begins
OPAQUE = 127  # of 255: brighter than this is the object

Picture = np.ndarray  # [H,W,C], uint8, or float32 in [0, 1]


@dataclass(frozen=True)
class Turn:
    """How an image that lies in the file on its side becomes upright."""

    transpose: Transpose
    swaps: bool  # width and height
    mirrors_width: bool  # of the file's image
    mirrors_height: bool


TURNS = {  # by EXIF's orientation
    2: Turn(Transpose.FLIP_LEFT_RIGHT, False, True, False),
    3: Turn(Transpose.ROTATE_180, False, True, True),
    4: Turn(Transpose.FLIP_TOP_BOTTOM, False, False, True),
    5: Turn(Transpose.TRANSPOSE, True, False, False),
    6: Turn(Transpose.ROTATE_270, True, False, True),
    7: Turn(Transpose.TRANSVERSE, True, True, True),
    8: Turn(Transpose.ROTATE_90, True, True, False),
}


@dataclass(frozen=True)
class Image:
    """One image: its encoded bytes are read when they are needed, its digest is of those bytes."""

    name: str  # unique in its set
    path: Path
    label: str = (
        ""  # as given: a class index, a class name or a WordNet id; empty where there is none
    )
    bits: int = 0  # that values of more than 8 bits are scaled by, in the whole set; 0: none has

    @property
    def masked(self) -> bool:
        """Whether the set knows where the object is."""
        return False

    def mask(self, given: Frame | Size | int) -> np.ndarray | None:
        """Where the object is in the picture in that frame, bool `[H,W]`; None where the set does
        not know it.
        """
        return None

    def encoded(self) -> bytes:
        """The file's bytes. Raises BadImage where it cannot be read or is too large."""
        try:
            with self.path.open("rb") as file:
                encoded = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise self._unreadable(error) from error
        if len(encoded) > MAX_BYTES:
            raise too_large(self.name)
        return encoded

    @property
    def digest(self) -> str:
        """sha256 of the bytes, whether or not they are an image; a file is read again when its size
        or time of change is another. Raises BadImage where it cannot be read.
        """
        try:
            state = self.path.stat()
            return file_digest(self.path, state.st_size, state.st_mtime_ns)
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> BadImage:
        return BadImage(
            f"{self.name}: the file cannot be read ({error.strerror}). Expected it at "
            f"{printable(str(self.path))}. Put it back, or choose another image."
        )


@lru_cache(maxsize=262_144)
def file_digest(path: Path, size: int, changed: int) -> str:
    """sha256 of a file of that size and time of change, in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(encoded: bytes) -> str:
    """sha256 of an image's bytes, in hex."""
    return hashlib.sha256(encoded).hexdigest()


def picture(
    encoded: bytes, given: Frame | Size | int, name: str = "image", bits: int = 0
) -> Picture:
    """Bytes -> the picture `[H,W,3]` uint8 in a frame, or at a size: upright, transparency over
    white, scaled bicubic with antialiasing, then cropped or padded as the frame says. A file of
    `arrays` keeps its own channels, and what is finer than 8 bits.

    A picture that already has the size passes through pixel for pixel. `bits` is the depth of the
    image's set: see `decode`.

    Raises:
        BadImage: the file is none that is taken, or has other channels than the frame.
    """
    frame = Frame.of(given)
    if arrays.is_one(encoded):
        return _of_array(encoded, frame, name, bits)
    image = decode(encoded, name, bits)
    if frame.channels not in arrays.PLAIN:
        return _of_bands(image, frame, name)
    try:
        turn, (width, height) = _turn(image), _upright_size(image)
        return scaling.fitted(width, height, frame, lambda box: _upright(image, turn, box))
    except Exception as error:
        raise undecoded(name, image.format or "an image") from error


def sides(encoded: bytes, channels: int = 3, name: str = "image") -> tuple[int, int]:
    """Height and width of the upright image, whose array, where it is one, has that many channels.
    Raises BadImage as `picture` does.
    """
    if arrays.is_one(encoded):
        height, width, _ = arrays.read(encoded, channels, name).shape
        return height, width
    image = decode(encoded, name)
    width, height = _upright_size(image)
    return height, width


def mask(encoded: bytes, given: Frame | Size | int, name: str = "image") -> np.ndarray:
    """The bytes of a picture of an object, white on black -> where the object is in a frame, bool
    `[H,W]`: brought into it as its picture is, and nowhere in the padding.
    """
    frame = replace(Frame.of(given), ground=(0.0,), channels=3)
    return picture(encoded, frame, name)[..., 0] > OPAQUE


def _of_array(encoded: bytes, frame: Frame, name: str, bits: int) -> Picture:
    pixels = arrays.read(encoded, frame.channels, name, bits)
    height, width = pixels.shape[:2]
    return scaling.fitted(
        width, height, frame, lambda box: pixels[box[1] : box[3], box[0] : box[2]]
    )


def _of_bands(image: PIL.Image.Image, frame: Frame, name: str) -> Picture:
    """A picture of as many bands as the model takes, as they lie in the file: opacity is one."""
    if len(image.getbands()) != frame.channels:
        raise arrays.wrong_channels(name, len(image.getbands()), frame.channels)
    turn, (width, height) = _turn(image), _upright_size(image)
    return scaling.fitted(width, height, frame, lambda box: np.asarray(_turned(image, turn, box)))


def preview(encoded: bytes, side: int, name: str = "image", bits: int = 0) -> np.ndarray:
    """A file's picture for people, `[side,side,3]` uint8, whatever its channels. Raises
    BadImage.
    """
    channels = arrays.channels_in(encoded, name) if arrays.is_one(encoded) else 3
    return shown(picture(encoded, Frame(Size.square(side), channels=channels), name, bits))


def shown(pixels: Picture) -> np.ndarray:
    """A picture for people, `[H,W,3]` uint8. One channel is grey; of more, the first three are red,
    green and blue, and a third that is missing is black.
    """
    if pixels.dtype != np.uint8:
        pixels = (255 * pixels).round().clip(0, 255).astype(np.uint8)
    channels = pixels.shape[-1]
    if channels == 2:
        return np.concatenate([pixels, np.zeros_like(pixels[..., :1])], -1)
    return np.repeat(pixels, 3, -1) if channels == 1 else pixels[..., :3]


def false_colours(channels: int) -> str:
    """How pages show pictures of so many channels, in a sentence; empty where as they are."""
    if channels in arrays.PLAIN:
        return ""
    if channels == 2:
        return "Pictures have 2 channels; pages show them as red and green."
    return f"Pictures have {channels} channels; pages show the first three as red, green and blue."


def _turn(image: PIL.Image.Image) -> Turn | None:
    return TURNS.get(image.getexif().get(ORIENTATION, 1))


def _upright_size(image: PIL.Image.Image) -> tuple[int, int]:
    """Width and height once it is upright."""
    turn = _turn(image)
    return (image.height, image.width) if turn and turn.swaps else image.size


def _upright(image: PIL.Image.Image, turn: Turn | None, box: scaling.Box) -> PIL.Image.Image:
    """A box of the upright image as RGB, converted in bands so that no second copy is made."""
    if turn is None and image.mode == "RGB" and "transparency" not in image.info:
        return image if box == (0, 0, *image.size) else image.crop(box)
    left, top, right, bottom = box
    upright = PIL.Image.new("RGB", (right - left, bottom - top))
    rows = max(1, BAND // upright.width)
    for first in range(top, bottom, rows):
        band = (left, first, right, min(first + rows, bottom))
        upright.paste(_rgb(_turned(image, turn, band)), (0, first - top))
    return upright


def _turned(image: PIL.Image.Image, turn: Turn | None, box: scaling.Box) -> PIL.Image.Image:
    """A box of the upright image, out of the image as it lies in the file."""
    if turn is None:
        return image.crop(box)
    left, top, right, bottom = (box[1], box[0], box[3], box[2]) if turn.swaps else box
    if turn.mirrors_width:
        left, right = image.width - right, image.width - left
    if turn.mirrors_height:
        top, bottom = image.height - bottom, image.height - top
    return image.crop((left, top, right, bottom)).transpose(turn.transpose)


def _rgb(image: PIL.Image.Image) -> PIL.Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def png(pixels: Picture) -> bytes:
    """A picture, or any uint8 `[H,W]`, as bytes without loss: PNG; a compressed array where the
    picture is no colour picture of 8 bits. Pages draw PNG alone: see `shown`.
    """
    buffer = io.BytesIO()
    if pixels.dtype == np.uint8 and (pixels.ndim == 2 or pixels.shape[-1] == 3):
        PIL.Image.fromarray(pixels).save(buffer, "PNG")
    else:
        np.savez_compressed(buffer, picture=pixels)
    return buffer.getvalue()


def drawn(kept: bytes) -> bytes:
    """What `png` made of a picture -> PNG bytes for pages."""
    return png(shown(from_png(kept))) if kept.startswith(ZIPPED) else kept


def from_png(encoded: bytes) -> Picture:
    """Bytes of our own, as `png` makes them -> pixels `[H,W,C]`. Raises BadImage where they are
    damaged.
    """
    try:
        if encoded.startswith(ZIPPED):
            with np.load(io.BytesIO(encoded), allow_pickle=False) as stored:
                return np.asarray(stored["picture"])
        return np.asarray(PIL.Image.open(io.BytesIO(encoded)).convert("RGB"))
    except (OSError, SyntaxError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BadImage(
            "A stored picture of this run is damaged. Put a backup of the store in its place."
        ) from error
