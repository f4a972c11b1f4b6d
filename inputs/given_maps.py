"""Maps from elsewhere as files: a folder with one `.npy` or `.png` an image."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heatcheck.attribution import METHODS
from heatcheck.attribution.given import Given, check_name, kept, plane
from heatcheck.core.digests import digest_of
from heatcheck.core.errors import BadImage, BadParameter, HeatcheckError, RunProblem
from heatcheck.inputs import named_files, png_files
from heatcheck.inputs.images import Image

SUFFIXES = (".npy", ".png")
MADE_BY = "methods.json"  # in a folder of exported maps: each method by its key
LARGEST = 256 * 2**20  # bytes of a file
GREY = ("1", "L", "I", "I;16", "I;16B", "I;16L")


@dataclass(frozen=True, eq=False)
class Maps:
    """The maps of one method: `[H,W]` by the image's name, or why an image has none."""

    planes: Mapping[str, np.ndarray]
    problems: Mapping[str, str]

    @property
    def sizes(self) -> list[str]:
        """Their sizes, height first, the most frequent first."""
        counts: dict[str, int] = {}
        for heat in self.planes.values():
            size = f"{heat.shape[0]} x {heat.shape[1]}"
            counts[size] = counts.get(size, 0) + 1
        return sorted(counts, key=lambda size: -counts[size])


def asked(called: str, folder: str, images: Sequence[Image]) -> Given:
    """The method of a folder's maps, for the images of a run. No map is decoded.

    Raises:
        BadParameter: the name cannot be theirs. BadImage: the folder has no map of any image.
    """
    check_name(called)
    files = named_files.matched(folder, images, SUFFIXES, "map")
    digests = {image: _digest(path) for image, path in files.paths.items()}
    return Given(called, digest_of(digests), _made_by(files))


def load(method: Given, folder: str, images: Sequence[Image]) -> Maps:
    """The maps of a method, from this process or its folder. One that cannot be read has a problem
    of its own.

    Raises:
        RunProblem: the maps are not those that the run was asked for, or are gone.
    """
    arrays = kept(method.maps)
    if arrays is not None:
        missing = f"expected a map of it among those of {method.called}. Got none."
        return _maps({image.name: _array(arrays, image.name, missing) for image in images})
    if not folder:
        raise RunProblem(
            f"Expected the maps of {method.called} in this process, where they were given. They "
            "are gone. Give them again."
        )
    try:
        files = named_files.matched(folder, images, SUFFIXES, "map")
        digests = {image: _digest(path) for image, path in files.paths.items()}
    except BadImage as error:
        raise RunProblem(f"The maps of {method.called} are gone. {error}") from error
    if digest_of(digests) != method.maps:
        raise RunProblem(
            f"Expected the maps of {method.called} in {files.folder} as they were when the run was "
            "asked for. They have changed. Put them back, or start a new run."
        )
    read = {image: _read(path, image) for image, path in files.paths.items()}
    return _maps({**read, **files.problems})


def _maps(read: Mapping[str, np.ndarray | str]) -> Maps:
    return Maps(
        {image: heat for image, heat in read.items() if not isinstance(heat, str)},
        {image: why for image, why in read.items() if isinstance(why, str)},
    )


def _array(arrays: Mapping[str, np.ndarray], image: str, missing: str) -> np.ndarray | str:
    try:
        return plane(arrays[image]) if image in arrays else f"{image}: {missing}"
    except BadParameter as error:
        return f"{image}: {error}"


def _read(path: Path, image: str) -> np.ndarray | str:
    """A map's plane, or why it is none."""
    try:
        encoded = path.read_bytes()
        return plane(_npy(encoded) if path.suffix.lower() == ".npy" else _png(encoded))
    except BadParameter as error:
        return f"{image}: {path}: {error}"
    except Exception as error:
        kind = "NumPy array" if path.suffix.lower() == ".npy" else "PNG"
        return (
            f"{image}: {path}: expected a {kind}. It cannot be read ({type(error).__name__}); it "
            "may be truncated. Write it again."
        )


def _npy(encoded: bytes) -> np.ndarray:
    array = np.load(io.BytesIO(encoded), allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise BadParameter("expected one array. Got several in one file. Save each by itself.")
    return array


def _png(encoded: bytes) -> np.ndarray:
    image = png_files.opened(encoded)
    if image.mode not in GREY or "transparency" in image.info:
        raise BadParameter(
            "expected a grey PNG of 8 or 16 bits. Got one with colours or transparency, which has "
            "no order of pixels. Save the map's values, as .npy best."
        )
    return np.asarray(image)


def _digest(path: Path) -> str:
    """sha256 of a file. Raises BadImage where it cannot be read, or is too large."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadImage(f"{path}: expected at most {LARGEST >> 20} MB a map. Got more.")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadImage(f"{path}: the map cannot be read ({error.strerror}).") from error


# -- whose maps they are ---------------------------------------------------------------------------


def made_by(specs: Mapping[str, Mapping[str, object]]) -> str:
    """The content of the file that says which methods made exported maps, by their keys."""
    return json.dumps({"methods": dict(specs)}, indent=1) + "\n"


def _made_by(files: named_files.Files) -> str:
    """The digest of the method of ours that made the maps, where the folder says so and they are
    all of one; else nothing.
    """
    keys = {path.stem.rpartition(named_files.EXPORTED)[2] for path in files.paths.values()}
    exported = all(named_files.EXPORTED in path.stem for path in files.paths.values())
    try:
        specs = json.loads((files.folder / MADE_BY).read_text(encoding="utf-8"))["methods"]
        return METHODS.read(specs[keys.pop()]).stream if exported and len(keys) == 1 else ""
    except (OSError, ValueError, LookupError, TypeError, HeatcheckError):
        return ""
