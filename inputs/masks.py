"""Masks of one's own objects: a folder with one PNG an image, or arrays of a program; what is
not zero is the object."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from heatcheck.core.digests import digest_of
from heatcheck.core.errors import BadImage, BadParameter, RunProblem
from heatcheck.inputs import images, memory, named_files, png_files
from heatcheck.inputs.images import Image
from heatcheck.inputs.sizes import Frame

SUFFIXES = (".png",)


@dataclass(frozen=True)
class Masks:
    """The masks of some images, in files or in this process, and the digest of their bytes."""

    place: str  # where they lie, for people
    problems: Mapping[str, str]  # why an image has none, by its name
    digest: str
    paths: Mapping[str, Path] = field(default_factory=dict)  # by the image's name
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)  # [H,W], by the image's name

    def of(self, image: Image, frame: Frame) -> np.ndarray:
        """Where the object is in the picture in a frame, bool `[H,W]`: the mask is brought into it
        as the picture is.

        Raises:
            BadImage: the image has no mask, it cannot be read, it is empty, or its size is not the
            image's.
        """
        if image.name in self.problems:
            raise BadImage(self.problems[image.name])
        path = self.paths.get(image.name)
        inside = self.arrays[image.name] if path is None else _inside(path, image.name)
        height, width = images.sides(image.encoded(), frame.channels, image.name)
        if inside.shape != (height, width):
            raise BadImage(
                f"{image.name}: expected a mask of the image's own size, {height} x {width} "
                f"(height x width). Got {inside.shape[0]} x {inside.shape[1]} in "
                f"{path or self.place}. Save it at the size of the image."
            )
        drawn = images.png(np.where(inside, np.uint8(255), np.uint8(0)))
        return images.mask(drawn, frame, image.name)


def asked(folder: str, available: Sequence[Image]) -> Masks:
    """The masks of a folder, for the images of a run. None is decoded.

    Raises:
        BadImage: the folder has no mask of any image, or one cannot be read.
    """
    if memory.is_memory(folder):
        return memory.masks(folder)
    files = named_files.matched(folder, available, SUFFIXES, "mask")
    digest = digest_of({name: _digest(path) for name, path in files.paths.items()})
    return Masks(str(files.folder), files.problems, digest, files.paths)


def of_arrays(arrays: Mapping[str, np.ndarray]) -> Masks:
    """Masks of this process, `[H,W]` by the image's name; what is not zero is the object."""
    inside = {name: np.asarray(array != 0) for name, array in arrays.items()}
    digests = {
        name: images.digest(f"{one.shape}".encode() + one.tobytes()) for name, one in inside.items()
    }
    return Masks("the masks of a program", {}, digest_of(digests), arrays=inside)


def again(folder: str, digest: str, available: Sequence[Image]) -> Masks:
    """The masks that a run was asked for.

    Raises:
        RunProblem: they are gone, or others.
    """
    try:
        masks = asked(folder, available)
    except BadImage as error:
        raise RunProblem(f"The masks are gone. {error}") from error
    if masks.digest != digest:
        raise RunProblem(
            f"Expected the masks in {masks.place} as they were when the run was asked for. "
            "They have changed. Put them back, or start a new run."
        )
    return masks


def _inside(path: Path, name: str) -> np.ndarray:
    """Where a mask's values are not zero, bool `[H,W]`. Of colours any counts, of a palette the
    index; transparency says nothing.
    """
    try:
        image = png_files.opened(path.read_bytes())
    except BadParameter as error:
        raise BadImage(f"{name}: {path}: {error}") from error
    except Exception as error:
        raise BadImage(
            f"{name}: {path}: expected a PNG. It cannot be read ({type(error).__name__}); it may "
            "be truncated. Save it again."
        ) from error
    values = np.asarray(image)
    if values.ndim == 3:
        colours = values[..., : len(image.mode.rstrip("A"))]
        return np.asarray(colours.any(axis=-1))
    return np.asarray(values != 0)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadImage(f"{path}: the mask cannot be read ({error.strerror}).") from error
