"""Sets of images by name: the sample photographs, the cut-outs, a folder. Here names and labels of
files come in.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from heatcheck.core.errors import BadImage
from heatcheck.inputs import arrays, cutouts, decoding, depth, folders, memory
from heatcheck.inputs.images import Image
from heatcheck.inputs.labels import listed
from heatcheck.inputs.printable import printable

SAMPLES = "samples"  # the name of the default set
CUTOUTS = "cutouts"  # the name of the set whose objects are known pixel by pixel


def absolute(source: str) -> str:
    """The same set, a folder's path made absolute, so that it means the same folder from another
    one.
    """
    named = source in (SAMPLES, CUTOUTS) or memory.is_memory(source)
    return source if named else str(_root(source))


@dataclass(frozen=True)
class ImageSet:
    """The images of a set, and what there is to say of how its folder was read."""

    images: tuple[Image, ...]
    notes: tuple[str, ...] = ()  # sentences: what was left out, how deep pictures were scaled
    copies: Mapping[str, str] = field(
        default_factory=dict
    )  # what copies are called -> the image's name

    @property
    def by_name(self) -> dict[str, Image]:
        """The images by their names; a copy that was left out by its own, since runs of an older
        version have it.
        """
        named = {image.name: image for image in self.images}
        return {word: named[name] for word, name in self.copies.items()} | named

    @property
    def bits(self) -> int:
        """The depth that values of more than 8 bits are scaled by; 0 where there are none."""
        return max((image.bits for image in self.images), default=0)


def load(source: str) -> list[Image]:
    """The images of a set: see `read`."""
    return list(read(source).images)


def read(source: str) -> ImageSet:
    """The images of a set: `samples`, `cutouts`, or a folder (`CLASS/image` gives labels, a flat
    folder none).

    Names and labels can be printed and stored, whatever the files are called.

    Raises:
        BadImage: there is no such folder, it cannot be read, or it has no images; the message says
        what was looked for.
    """
    if source == CUTOUTS:
        return ImageSet(tuple(cutouts.load()))
    if source == SAMPLES:
        return ImageSet(tuple(_samples()))
    if memory.is_memory(source):
        return memory.images(source)
    root = _root(source)
    try:
        return _folder(root, source)
    except OSError as error:
        raise BadImage(
            f"Expected a folder of images that can be read. Got {source!r}: {error.strerror} "
            f"({error.filename!r}). Choose another, or change its rights."
        ) from error


def _root(source: str) -> Path:
    """A folder's absolute path, whether or not it is there."""
    try:
        root = Path(source).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise BadImage(
            f"Expected {SAMPLES!r}, {CUTOUTS!r} or a folder of images. Got {source!r} ({error})."
        ) from error
    if printable(str(root)) != str(root):
        raise BadImage(
            "Expected a folder whose path is UTF-8 without control characters, since runs keep "
            f"it. Got {str(root)!r}. Rename it."
        )
    return root


def _samples() -> list[Image]:
    package = importlib.util.find_spec("foolbox")
    if package is None or not package.submodule_search_locations:
        raise BadImage(
            "The sample photographs come with the package foolbox, which is not "
            "installed. Run pip install -r requirements.txt."
        )
    paths = sorted(Path(package.submodule_search_locations[0], "data").glob("imagenet_*.jpg"))
    matches = [(path, re.fullmatch(r"imagenet_(\d+)_(\d+)", path.stem)) for path in paths]
    return [Image(f"photo_{match[1]}", path, match[2]) for path, match in matches if match]


def _folder(root: Path, source: str) -> ImageSet:
    if not root.is_dir():
        raise BadImage(
            f"Expected {SAMPLES!r}, {CUTOUTS!r} or a folder of images. Got {source!r}, "
            "which is not a folder."
        )
    folder = folders.scanned(root)
    folders.check_dicom(folder.files)
    names = _names([file.path.relative_to(root) for file in folder.files])
    bits, deep = depth_of(file.path for file in folder.files)
    images = tuple(
        Image(name, file.path, file.label, bits)
        for name, file in zip(names, folder.files, strict=True)
    )
    films = films_said(file.path for file in folder.files)
    notes = tuple(filter(None, (folder.left.sentence, *_said(folder), films, deep)))
    name_of = {image.path: image.name for image in images}
    lying = Counter(path.name for path in (*name_of, *(copy for copy, _ in folder.copies)))
    copies = {
        printable(str(word)): name_of[kept]
        for copy, kept in folder.copies
        for below in [copy.relative_to(root)]
        for word in (below, below.with_suffix(""), *([copy.name] if lying[copy.name] == 1 else ()))
    }
    return ImageSet(images, notes, copies)


def _said(folder: folders.Folder) -> Iterator[str]:
    if folder.doubled:
        yield (
            f"{len(folder.doubled)} files are the same picture under several labels "
            f"({listed(folder.doubled)}): all stay in, and are one sample."
        )


def depth_of(paths: Iterable[Path]) -> tuple[int, str]:
    """The depth of files of which some may have more than 8 bits a channel, and how it is said; 0
    and nothing where none has.
    """
    largest = 0
    for path in paths:
        for kind in (depth, arrays):
            if path.suffix.lower() in kind.SUFFIXES:
                state = path.stat()
                largest = max(largest, kind.largest_in(path, state.st_size, state.st_mtime_ns))
        if largest >= 1 << depth.DEPTHS[-2]:  # no depth is larger than what holds this
            break
    return depth_said(largest)


def films_said(paths: Iterable[Path]) -> str:
    """How files with several pages or frames are taken; empty where there are none."""
    names = []
    for path in paths:
        if path.suffix.lower() in decoding.FILMS:
            state = path.stat()
            if decoding.is_film_in(path, state.st_size, state.st_mtime_ns):
                names.append(printable(path.name))
    return _first_taken(names)


def _first_taken(names: Sequence[str]) -> str:
    if not names:
        return ""
    files = "1 file has" if len(names) == 1 else f"{len(names)} files have"
    return f"{files} several pages or frames ({listed(names)}): the first is the picture."


def alone(encoded: bytes, name: str) -> tuple[int, tuple[str, ...]]:
    """The depth of a file that is of no set, and what there is to say of how it is read."""
    bits, deep = depth_said(max(depth.largest(encoded), arrays.largest(encoded)))
    first = _first_taken([name] if decoding.is_film(encoded) else [])
    return bits, tuple(filter(None, (first, deep)))


def depth_said(largest: int) -> tuple[int, str]:
    """The depth that holds the largest value of a set, and how it is said; see `depth_of`."""
    if not largest:
        return 0, ""
    bits = depth.bits_for(largest)
    return bits, (
        f"Pictures of more than 8 bits a channel are scaled by {bits} bits, the fewest of "
        f"{', '.join(map(str, depth.DEPTHS))} that hold the largest value of the set."
    )


def _names(paths: Sequence[Path]) -> list[str]:
    """A name a file, each another: its path below the root without its ending where that is
    nobody else's, else with it; what cannot be printed as a code.
    """
    whole = [str(path) for path in paths]
    short = [str(path.with_suffix("")) for path in paths]
    names = short
    while repeated := {name for name, count in Counter(names).items() if count > 1}:
        names = [whole[place] if name in repeated else name for place, name in enumerate(names)]
    return _printable_names(names)


def _printable_names(names: Sequence[str]) -> list[str]:
    """The names in characters that can be printed. Where a name so written is also another one's,
    a piece of the digest of its bytes is added.
    """
    shown = [printable(name) for name in names]
    count = Counter(shown)
    unique = [
        code if code == name or count[code] == 1 else f"{code}-{_piece(name)}"
        for name, code in zip(names, shown, strict=True)
    ]
    if len(set(unique)) < len(unique):
        code = next(code for code, count in Counter(unique).items() if count > 1)
        raise BadImage(
            f"Expected each image under a name of its own. Got two that are written {code}. "
            "Rename one of the files."
        )
    return unique


def _piece(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
