"""A folder of images as it lies on somebody's disk: which files are its images, what their labels
are, and what was left out.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from heatcheck.core.errors import BadImage
from heatcheck.inputs import dicom
from heatcheck.inputs.decoding import NAMED, SUFFIXES
from heatcheck.inputs.images import file_digest
from heatcheck.inputs.labels import listed
from heatcheck.inputs.printable import printable

# What programs leave in folders, beside all that begins with a dot: never an image of the set.
SYSTEM = frozenset({"__macosx", "@eadir", "$recycle.bin", "thumbs.db", "desktop.ini"})
WORDS = {  # what was left out, one and several
    "others": ("file of another kind", "files of other kinds"),
    "beside": ("picture beside the class folders", "pictures beside the class folders"),
    "deeper": ("picture in a deeper folder", "pictures in deeper folders"),
    "copies": ("copy of a picture with the same label", "copies of pictures with the same label"),
    "unreadable": ("file that cannot be read", "files that cannot be read"),
}


@dataclass(frozen=True)
class Left:
    """What lies in a folder and is no image of its set, by the reason; paths below the folder that
    can be printed.
    """

    others: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    deeper: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Each reason with its count and up to three names; empty where nothing was left out."""
        parts = []
        for field in fields(self):
            if names := getattr(self, field.name):
                noun = WORDS[field.name][len(names) > 1]
                parts.append(f"{len(names)} {noun} ({listed(names)})")
        return f"Left out: {'; '.join(parts)}." if parts else ""


@dataclass(frozen=True)
class Lying:
    """An image file in a folder, with its class's name."""

    path: Path
    label: str
    size: int  # bytes
    changed: int  # nanoseconds


@dataclass(frozen=True)
class Folder:
    """The image files of a folder in order, and what was left out."""

    files: tuple[Lying, ...]
    left: Left
    doubled: tuple[str, ...] = ()  # files whose bytes lie under several labels: all stay in
    copies: tuple[tuple[Path, Path], ...] = ()  # each copy that was left out, and what stays in


def scanned(root: Path) -> Folder:
    """The images in a folder, or in one folder a class below it, each picture once a label.

    Class folders count before pictures that lie beside them. What programs keep (names that begin
    with a dot, `__MACOSX` and the like) is not looked at.

    Raises:
        BadImage: there are none; the message says what is there instead. OSError: the folder
        itself cannot be read.
    """
    flat = _scan(root, root, "")
    classes, folders = [], []
    for path in _entries(root):
        if path.is_dir():
            folders.append(path)
            try:
                classes.append(_scan(root, path, printable(path.name)))
            except OSError:
                flat = _and_unreadable(flat, _named(root, path))
    within = _joined(classes)
    deeper = [(path, _pictures_below(path)) for path in folders]
    if within.files:
        beside = tuple(_named(root, one.path) for one in flat.files)
        whole = _joined([replace(flat, files=()), within])
        whole = replace(whole, left=replace(whole.left, beside=beside))
    else:
        whole = _joined([flat, within])
    if not whole.files:
        raise _nothing(root, whole.left, deeper)
    below = [_named(root, path) for _, paths in deeper for path in paths]
    whole = replace(whole, left=replace(whole.left, deeper=tuple(below)))
    return _once(root, whole)


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder, in order, without what programs keep there."""
    return sorted(path for path in folder.iterdir() if not is_of_a_program(path.name))


def is_of_a_program(name: str) -> bool:
    """Whether programs leave files or folders of that name beside people's own."""
    return name.startswith(".") or name.casefold() in SYSTEM


def _scan(root: Path, folder: Path, label: str) -> Folder:
    """The files directly in a folder."""
    files: list[Lying] = []
    others: list[str] = []
    unreadable: list[str] = []
    for path in _entries(folder):
        try:
            if path.is_dir():
                continue
            if path.suffix.lower() not in SUFFIXES or not path.exists():
                (others if path.exists() else unreadable).append(_named(root, path))
                continue
            state = path.stat()
            if path.is_file() and os.access(path, os.R_OK):
                files.append(Lying(path, label, state.st_size, state.st_mtime_ns))
            else:
                unreadable.append(_named(root, path))
        except OSError:
            unreadable.append(_named(root, path))
    return Folder(tuple(files), Left(others=tuple(others), unreadable=tuple(unreadable)))


def _pictures_below(folder: Path) -> list[Path]:
    """The pictures in the folders directly below one; none where they cannot be read."""
    return [path for path in _below(folder) if path.suffix.lower() in SUFFIXES]


def _below(folder: Path) -> Iterator[Path]:
    try:
        for path in _entries(folder):
            if path.is_dir():
                yield from (file for file in _entries(path) if file.is_file())
    except OSError:
        return


def _joined(parts: Sequence[Folder]) -> Folder:
    left = Left(
        **{
            field.name: tuple(name for part in parts for name in getattr(part.left, field.name))
            for field in fields(Left)
        }
    )
    return Folder(tuple(file for part in parts for file in part.files), left)


def _and_unreadable(folder: Folder, name: str) -> Folder:
    left = replace(folder.left, unreadable=(*folder.left.unreadable, name))
    return replace(folder, left=left)


def _named(root: Path, path: Path) -> str:
    return printable(str(path.relative_to(root)))


def _nothing(root: Path, left: Left, deeper: Iterable[tuple[Path, list[Path]]]) -> BadImage:
    """Why a folder has no images, with what lies in it."""
    splits = [(path, paths) for path, paths in deeper if paths]
    if splits:
        names = listed([printable(path.name) for path, _ in splits])
        classes = dict.fromkeys(
            printable(file.parent.name) for _, files in splits for file in files
        )
        return BadImage(
            f"Expected images in {root} or in one folder a class below it. Got folders of class "
            f"folders: {names}, with {listed(list(classes))}. Name one of them, say "
            f"{root / splits[0][0].name}."
        )
    there = f" {left.sentence}" if left.sentence else ""
    return BadImage(
        f"Expected images ({NAMED}) in {root} or in one folder a class below it. Found none.{there}"
    )


def _once(root: Path, folder: Folder) -> Folder:
    """Each picture once a label: of files with the same bytes the first stays in."""
    sizes = Counter(file.size for file in folder.files)
    first: dict[tuple[str, str], Path] = {}
    files, copies, unreadable = [], [], []
    by_bytes: dict[str, list[Lying]] = {}
    for file in folder.files:
        if sizes[file.size] > 1:
            try:
                digest = file_digest(file.path, file.size, file.changed)
            except OSError:
                unreadable.append(_named(root, file.path))
                continue
            kept = first.setdefault((file.label, digest), file.path)
            if kept != file.path:
                copies.append((file.path, kept))
                continue
            by_bytes.setdefault(digest, []).append(file)
        files.append(file)
    doubled = tuple(
        _named(root, file.path) for same in by_bytes.values() if len(same) > 1 for file in same
    )
    left = replace(
        folder.left,
        copies=tuple(_named(root, copy) for copy, _ in copies),
        unreadable=(*folder.left.unreadable, *unreadable),
    )
    return Folder(tuple(files), left, doubled, tuple(copies))


def check_dicom(files: Iterable[Lying]) -> None:
    """Raise BadImage where there are DICOM files that nothing here reads."""
    known = next((one for one in files if one.path.suffix.lower() in dicom.ENDINGS), None)
    if known is not None and not dicom.is_readable():
        raise dicom.missing(printable(known.path.name))
