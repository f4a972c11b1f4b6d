"""Files that are named as the images that they belong to: maps and masks, in their own folder."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from heatcheck.core.errors import BadImage, shown
from heatcheck.inputs.folders import is_of_a_program
from heatcheck.inputs.images import Image
from heatcheck.inputs.printable import printable

EXPORTED = "__"  # between an image's name and a method's key, in the name of an exported map
PIECE = 12  # digits


@dataclass(frozen=True)
class Files:
    """What a folder holds for some images: a file each, or why an image has none."""

    folder: Path
    paths: Mapping[str, Path]  # by the image's name
    problems: Mapping[str, str]  # by the image's name, in a sentence


def matched(folder: str, images: Sequence[Image], suffixes: Sequence[str], kind: str) -> Files:
    """The file of each image: named as the image in the run, as its file, or as an export of maps
    writes it (`IMAGE__METHOD.npy`); in folders below as well, where the images lie in some.

    Args:
        folder: where they lie.
        images: what they belong to.
        suffixes: endings of such files.
        kind: what they are, in one word: `map`, `mask`.

    Raises:
        BadImage: there is no such folder, it cannot be read, or no image has a file in it.
    """
    root = _folder(folder, kind)
    try:
        files = sorted(path for path in root.rglob("*") if _is_one(path, root, suffixes))
    except OSError as error:
        raise BadImage(
            f"Expected a folder of {kind}s that can be read. Got {folder!r}: {error.strerror}."
        ) from error
    by_word: dict[str, list[Path]] = {}
    for path in files:
        for word in _words_of_file(path.relative_to(root)):
            by_word.setdefault(word, []).append(path)
    words = _words(images)
    paths: dict[str, Path] = {}
    problems: dict[str, str] = {}
    for image in images:
        named = next((by_word[word] for word in words[image.name] if word in by_word), [])
        if len(named) == 1:
            paths[image.name] = named[0]
        else:
            problems[image.name] = _problem(image, named, root, suffixes, kind)
    if not paths:
        example = images[0].name + suffixes[0] if images else ""
        several = next((why for why in problems.values() if "Got several" in why), "")
        raise BadImage(
            several
            or f"Expected {kind}s in {root} that are named as the images, as {example}. Got "
            f"{len(files)} file{'s' * (len(files) != 1)} ({', '.join(suffixes)}), and none is "
            f"named as one of {len(images)} images."
        )
    return Files(root, paths, problems)


def _folder(folder: str, kind: str) -> Path:
    try:
        root = Path(folder).expanduser().resolve()
        there = bool(folder.strip()) and root.is_dir()
    except (OSError, RuntimeError, ValueError):
        there = False
    if not there:
        raise BadImage(f"Expected a folder of {kind}s. Got {shown(folder)}, which is none.")
    if printable(str(root)) != str(root):
        raise BadImage(
            f"Expected a folder of {kind}s whose path is UTF-8 without control characters, since "
            f"runs keep it. Got {str(root)!r}. Rename it."
        )
    return root


def _is_one(path: Path, root: Path, suffixes: Sequence[str]) -> bool:
    hidden = any(map(is_of_a_program, path.relative_to(root).parts))
    return not hidden and path.suffix.lower() in suffixes and path.is_file()


def _words_of_file(path: Path) -> set[str]:
    """What a file may be called for: its path without the ending; of an exported map its image."""
    whole = path.with_suffix("").as_posix()
    exported, dashes, _ = whole.rpartition(EXPORTED)
    cut = re.search(rf"~[0-9a-f]{{{PIECE}}}$", exported)  # of a long name, which the export cuts
    words = {exported, cut[0]} if cut else {exported}
    return {whole, *words} if dashes and exported else {whole}


def _words(images: Sequence[Image]) -> dict[str, list[str]]:
    """What the file of each image may be called, the surest first. A name without its folder, or
    without its ending, counts where no other image may be called that.
    """
    whole = {image.name: _own_words(image) for image in images}
    short = {image.name: _short_words(image) - {*whole[image.name]} for image in images}
    count = Counter(word for words in [*whole.values(), *short.values()] for word in words)
    return {
        name: [*words, *sorted(word for word in short[name] if count[word] == 1)]
        for name, words in whole.items()
    }


def _own_words(image: Image) -> list[str]:
    """An image's name, and how an export of maps writes it (`runs/file_names.py`)."""
    return list(dict.fromkeys([image.name, encoded(image.name), piece(image.name)]))


def encoded(name: str) -> str:
    """An image's name as one name of a file anywhere: all but letters, digits, `_.-~` and spaces is
    percent-encoded.
    """
    return quote(name, safe=" ")


def piece(name: str) -> str:
    """What stands for the end of an image's name where a file's name would be too long."""
    return f"~{hashlib.sha256(name.encode()).hexdigest()[:PIECE]}"


def _short_words(image: Image) -> set[str]:
    name = Path(image.name)
    bare = {name.name, name.stem, image.path.name, image.path.stem}
    return {printable(word) for word in {name.with_suffix("").as_posix(), *bare}}


def _problem(
    image: Image, named: Sequence[Path], root: Path, suffixes: Sequence[str], kind: str
) -> str:
    if named:
        listed = ", ".join(path.relative_to(root).as_posix() for path in named[:3])
        return (
            f"{image.name}: expected one {kind} in {root}. Got several: {listed}. Put those of "
            "each method into a folder of their own, and one file an image."
        )
    wanted = " or ".join(f"{image.name}{suffix}" for suffix in suffixes)
    return f"{image.name}: expected its {kind} in {root}, {wanted}. Got none. Add it."
