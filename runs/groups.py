"""Which images belong together: several pictures of one patient, object or film are one sample.

A file of groups is a CSV with the columns `image` and `group`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from heatcheck.core.errors import RunProblem, shown, unknown
from heatcheck.inputs.images import Image
from heatcheck.inputs.printable import printable

HEADER = ["image", "group"]
LARGEST = 10 * 2**20  # bytes of a file


def read(path: Path) -> dict[str, str]:
    """The group of each image that a file names. Raises RunProblem where it cannot be read, and as
    `parsed` does.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise RunProblem(
            f"Expected a CSV of groups at {path}. It cannot be read ({why})."
        ) from error
    return parsed(content, str(path))


def parsed(content: bytes, name: str) -> dict[str, str]:
    """The group of each image that the bytes of a CSV name, by the image's name as written.

    Raises:
        RunProblem: it is too large, not UTF-8 or no CSV; the header or a row is not image, group;
        an image stands twice, or nothing is in it.
    """
    if len(content) > LARGEST:
        raise RunProblem(
            f"Expected at most {LARGEST >> 20} MB in the groups {name}. Got more. Give the columns "
            "image and group alone."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RunProblem(
            f"Expected the groups {name} to be text in UTF-8. {error}. Save it with that encoding."
        ) from error
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if any(row)]
    except csv.Error as error:
        raise RunProblem(
            f"Expected the groups {name} to be CSV with commas. {error}. Export it again."
        ) from error
    header = [cell.strip() for cell in rows[0]] if rows else []
    if header != HEADER:
        raise RunProblem(
            f"Expected the first line of the groups {name} to be image,group. Got "
            f"{shown(','.join(header))}. Put that line first."
        )
    return _unique(_pairs(rows[1:], name), name)


def _pairs(rows: Iterable[Sequence[str]], name: str) -> list[tuple[str, str]]:
    pairs = []
    for row in rows:
        cells = [cell.strip() for cell in row]
        if len(cells) != len(HEADER) or not all(cells):
            raise RunProblem(
                f"Expected an image and its group in each row of the groups {name}. Got "
                f"{shown(','.join(row))}. Leave out an image that stands alone."
            )
        pairs.append((cells[0], cells[1]))
    return pairs


def _unique(pairs: Sequence[tuple[str, str]], name: str) -> dict[str, str]:
    groups: dict[str, str] = {}
    for image, group in pairs:
        if image in groups:
            raise RunProblem(
                f"Expected each image once in the groups {name}. Got {shown(image)} twice. Leave "
                "one of the rows out."
            )
        groups[image] = group
    return groups


def matched(
    groups: Mapping[str, str],
    whole: Sequence[Image],
    asked: Sequence[Image],
    copies: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The group of each image asked for that has one, by the image's own name. One with the same
    bytes as an image in a group is in that group too.

    Args:
        groups: by what people call the images: their names in the set, or their files', with or
            without the class's folder.
        whole: the images of the set.
        asked: those of the run.
        copies: what copies that are not in the set are called -> the name of the image that is.

    Raises:
        UnknownName: no image is called so. RunProblem: nothing is named; a group has no name, or
        that of an image outside of it; an image stands twice; two images with the same bytes are in
        two groups.
    """
    if not groups:
        raise RunProblem(
            "Expected the group of at least one image. Got none. Leave the groups out where each "
            "image is a sample."
        )
    by_word = _by_word(whole)
    groups = _of_images(groups, by_word, copies or {})
    named: dict[str, str] = {}
    for word, group in groups.items():
        if word not in by_word:
            raise unknown("image", word, [image.name for image in whole])
        if by_word[word] in named:
            raise RunProblem(
                f"Expected each image once in the groups. Got {by_word[word]} under two names. "
                "Leave one of the rows out."
            )
        if not group.strip():
            raise RunProblem(
                f"Expected the name of a group for image {word}. Got none. Leave out an image that "
                "stands alone."
            )
        named[by_word[word]] = printable(group.strip())
    return _with_copies(named, asked)


def _of_images(
    groups: Mapping[str, str], by_word: Mapping[str, str], copies: Mapping[str, str]
) -> dict[str, str]:
    """The groups without copies: what a copy is in, its image is in."""
    kept = {word: group for word, group in groups.items() if word in by_word or word not in copies}
    named = {by_word[word]: group for word, group in kept.items() if word in by_word}
    for word, group in groups.items():
        if word not in kept and named.setdefault(copies[word], group) != group:
            raise RunProblem(
                f"Expected one group for images with the same bytes. Got {copies[word]} in "
                f"{shown(named[copies[word]])} and its copy {word} in {shown(group)}. Put both "
                "into one."
            )
    there = {by_word.get(word) for word in kept}
    return kept | {name: group for name, group in named.items() if name not in there}


def _by_word(whole: Sequence[Image]) -> dict[str, str]:
    """The images' names by all that they may be called; what would mean two is left out."""
    words: dict[str, str | None] = {}
    for image in whole:
        ending = image.path.suffix
        longer = image.name if image.name.endswith(ending) else image.name + ending
        for word in {longer, printable(image.path.name)}:
            words[word] = image.name if words.get(word, image.name) == image.name else None
    own = {image.name: image.name for image in whole}
    return {word: name for word, name in words.items() if name is not None} | own


def _with_copies(named: Mapping[str, str], asked: Sequence[Image]) -> dict[str, str]:
    """The groups of the images asked for, copies of their bytes among them, checked."""
    by_bytes: dict[str, tuple[str, str]] = {}
    for image in asked:
        if image.name not in named:
            continue
        first, group = by_bytes.setdefault(image.digest, (image.name, named[image.name]))
        if group != named[image.name]:
            raise RunProblem(
                f"Expected one group for images with the same bytes. Got {first} in {shown(group)} "
                f"and {image.name} in {shown(named[image.name])}. Put both into one."
            )
    chosen = {image.name: by_bytes[image.digest][1] for image in asked if image.digest in by_bytes}
    for group in dict.fromkeys(chosen.values()):
        if any(image.name == group and chosen.get(group) != group for image in asked):
            raise RunProblem(
                f"Expected a group to be called otherwise than an image outside of it. Got "
                f"{shown(group)}. Give the group another name."
            )
    return chosen
