"""Images: the one place where untrusted bytes become pixels.

What comes in is a file of one of three formats; what goes out is an RGB picture at a classifier's
input size, 8 bit. That picture is what the model sees, what the page shows, and what the heatmap
lies on.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps

from heatcheck.core.errors import BadImage

FORMATS = ("PNG", "JPEG", "WEBP")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
MAX_BYTES = 10 * 2**20
MAX_PIXELS = 50_000_000
MIN_SIDE = 32
SAMPLES = "samples"  # the name of the default image set
CUTOUTS = "cutouts"  # the name of the set whose objects are known pixel by pixel: inputs/cutouts.py

Picture = np.ndarray  # uint8 [S,S,3]


@dataclass(frozen=True)
class Image:
    """One image: its encoded bytes are read when they are needed, its digest is of those bytes."""

    name: str  # unique in its set
    path: Path
    label: str = (
        ""  # as given: a class index, a class name or a WordNet id; empty where there is none
    )

    @property
    def masked(self) -> bool:
        """Whether the set knows where the object is."""
        return False

    def mask(self, size: int) -> np.ndarray | None:
        """Where the object is in the picture of that size, bool `[size,size]`; None where the set
        does not know it.
        """
        return None

    def encoded(self) -> bytes:
        """The file's bytes. Raises BadImage where it cannot be read or is too large."""
        try:
            if self.path.stat().st_size > MAX_BYTES:
                raise BadImage(
                    f"{self.name}: expected at most {MAX_BYTES >> 20} MB. Got "
                    f"{self.path.stat().st_size >> 20} MB. Scale it down."
                )
            return self.path.read_bytes()
        except OSError as error:
            raise BadImage(
                f"{self.name}: the file cannot be read ({error.strerror}). Expected it at "
                f"{self.path}."
            ) from error

    @property
    def digest(self) -> str:
        """sha256 of the bytes, whether or not they are an image; a file is read again when its size
        or time of change is another.
        """
        try:
            state = self.path.stat()
            return _file_digest(self.path, state.st_size, state.st_mtime_ns)
        except OSError as error:
            raise BadImage(
                f"{self.name}: the file cannot be read ({error.strerror}). Expected it at "
                f"{self.path}."
            ) from error


@lru_cache(maxsize=65_536)
def _file_digest(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(encoded: bytes) -> str:
    """sha256 of an image's bytes, in hex."""
    return hashlib.sha256(encoded).hexdigest()


def decode(encoded: bytes, name: str = "image") -> PIL.Image.Image:
    """Untrusted bytes -> an upright RGB image at its own size, transparency over white.

    Raises:
        BadImage: not PNG, JPEG or WebP; truncated; smaller than 32 pixels a side; more than 50
        million pixels; over 10 MB.
    """
    if len(encoded) > MAX_BYTES:
        raise BadImage(
            f"{name}: expected at most {MAX_BYTES >> 20} MB. Got "
            f"{len(encoded) / 2**20:.1f} MB. Scale it down."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked below, before a pixel is decoded
            image = PIL.Image.open(io.BytesIO(encoded), formats=FORMATS)
    except PIL.Image.DecompressionBombError as error:
        raise BadImage(
            f"{name}: expected at most {MAX_PIXELS // 10**6} million pixels. Got more "
            "than twice what is safe. Scale it down."
        ) from error
    except Exception as error:
        raise BadImage(
            f"{name}: expected a PNG, JPEG or WebP image. Got a file of another kind. "
            "Convert it and try again."
        ) from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadImage(
            f"{name}: expected at most {MAX_PIXELS // 10**6} million pixels. Got {width} "
            f"x {height}. Scale it down."
        )
    if min(width, height) < MIN_SIDE:
        raise BadImage(
            f"{name}: expected at least {MIN_SIDE} pixels a side. Got {width} x {height}. "
            "Choose a larger image."
        )
    try:
        image.load()
        return _rgb(PIL.ImageOps.exif_transpose(image))
    except Exception as error:
        raise BadImage(
            f"{name}: the file says {image.format} but cannot be decoded; it may be "
            "truncated. Export it again."
        ) from error


def _rgb(image: PIL.Image.Image) -> PIL.Image.Image:
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits a pixel
        values = np.asarray(image, dtype=np.float64)
        image = PIL.Image.fromarray(np.clip(values / 257, 0, 255).round().astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def picture(encoded: bytes, size: int, name: str = "image") -> Picture:
    """Bytes -> the picture `[size,size,3]` uint8: shorter side to `size`, bicubic with
    antialiasing, centre crop.

    A picture that already has the size passes through pixel for pixel.
    """
    image = decode(encoded, name)
    width, height = image.size
    if min(width, height) != size:
        scale = size / min(width, height)
        image = image.resize(
            (max(size, round(width * scale)), max(size, round(height * scale))),
            PIL.Image.Resampling.BICUBIC,
        )
    left, top = (image.width - size) // 2, (image.height - size) // 2
    return np.asarray(image.crop((left, top, left + size, top + size)))


def png(pixels: Picture) -> bytes:
    """A picture, or any uint8 `[H,W,3]`, as PNG bytes."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def from_png(encoded: bytes) -> Picture:
    """PNG bytes of our own -> pixels `[H,W,3]`."""
    return np.asarray(PIL.Image.open(io.BytesIO(encoded)).convert("RGB"))


# -- sets of images --------------------------------------------------------------------------------


def absolute(source: str) -> str:
    """The same set, a folder's path made absolute, so that it means the same folder from another
    one.
    """
    return source if source in (SAMPLES, CUTOUTS) else str(Path(source).expanduser().resolve())


def load(source: str) -> list[Image]:
    """The images of a set: `samples`, `cutouts`, or a folder (`CLASS/image` gives labels, a flat
    folder none).

    Raises:
        BadImage: there is no such folder, or it has no images; the message says what was looked
        for.
    """
    if source == CUTOUTS:
        from heatcheck.inputs import cutouts

        return [*cutouts.load()]
    return _samples() if source == SAMPLES else _folder(Path(source).expanduser())


def _samples() -> list[Image]:
    found = importlib.util.find_spec("foolbox")
    if found is None or not found.submodule_search_locations:
        raise BadImage(
            "The sample photographs come with the package foolbox, which is not "
            "installed. Run pip install -r requirements.txt."
        )
    paths = sorted(Path(found.submodule_search_locations[0], "data").glob("imagenet_*.jpg"))
    matches = [(path, re.fullmatch(r"imagenet_(\d+)_(\d+)", path.stem)) for path in paths]
    return [Image(f"photo_{match[1]}", path, match[2]) for path, match in matches if match]


def _folder(root: Path) -> list[Image]:
    if not root.is_dir():
        raise BadImage(
            f"Expected {SAMPLES!r}, {CUTOUTS!r} or a folder of images. Got {str(root)!r}, "
            "which is not a folder."
        )
    flat = _images_in(root)
    if flat:
        return _named([(path, "") for path in flat], root)
    labelled = [
        (path, folder.name)
        for folder in sorted(root.iterdir())
        if folder.is_dir()
        for path in _images_in(folder)
    ]
    if not labelled:
        raise BadImage(
            f"Expected images ({', '.join(SUFFIXES)}) in {root} or in one folder a class "
            "below it. Found none."
        )
    return _named(labelled, root)


def _images_in(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()
    )


def _named(found: Sequence[tuple[Path, str]], root: Path) -> list[Image]:
    """Names are paths below the root without their ending, where that is unique; else with it."""
    short = [str(path.relative_to(root).with_suffix("")) for path, _ in found]
    names = [
        name if short.count(name) == 1 else str(path.relative_to(root))
        for name, (path, _) in zip(short, found, strict=True)
    ]
    return [Image(name, path, label) for name, (path, label) in zip(names, found, strict=True)]
