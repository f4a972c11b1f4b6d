"""Files of class names, as people have them: a name a line, a table of index and name, or JSON as
Hugging Face and torchvision's folders write it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from heatcheck.core.errors import BadParameter, shown
from heatcheck.core.json_text import once
from heatcheck.inputs.printable import printable

LARGEST = 10 * 2**20  # bytes
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how a file begins that is UTF-16 with its mark
KEYS = ("id2label", "label2id", "class_to_idx", "idx_to_class")
FORMS = (
    "a class name a line in the order of the outputs, lines of index,name, or JSON as id2label or "
    "class_to_idx"
)


def read(path: Path) -> tuple[str, ...]:
    """The class names in a file, in the order of the outputs.

    Raises:
        BadParameter: it cannot be read, is no UTF-8, has an empty line between names, an index
        that is missing or stands twice, or another form than these.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise BadParameter(
            f"Expected labels that can be read. Got {path}: {error.strerror}. Put the file back, "
            "or check its rights."
        ) from error
    if len(content) > LARGEST:
        raise BadParameter(f"Expected labels of at most {LARGEST >> 20} MB. Got more in {path}.")
    text = _text(content, path)
    if path.suffix.lower() == ".json" or text.lstrip().startswith("{"):
        names = _from_json(text, path)
    else:
        names = _from_lines(text, path)
    if not names:
        raise BadParameter(f"Expected labels in {path}: {FORMS}. The file is empty.")
    return tuple(printable(name) for name in names)


def named(labels: object) -> tuple[str, ...]:
    """The class names that a function gives: a list of them, or a mapping as id2label or
    class_to_idx; none where it gives none.

    Raises:
        BadParameter: they are something else, one text among it, or an index is missing.
    """
    if isinstance(labels, Mapping):
        pairs = _pairs({str(key): value for key, value in labels.items()})
        if labels and pairs is None:
            raise BadParameter(f"Expected labels as {FORMS}. Got {shown(labels)}.")
        labels = _ordered(pairs, "the labels") if pairs else ()
    if isinstance(labels, str | bytes) or not isinstance(labels, Iterable | None):
        raise BadParameter(f"Expected labels as a list of class names. Got {shown(labels)}.")
    return tuple(printable(str(name)) for name in (() if labels is None else labels))


def _text(content: bytes, path: Path) -> str:
    if content.startswith(UTF_16) or b"\0" in content:
        raise _encoded(path, "UTF-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _encoded(path, "another encoding, perhaps cp1252") from error


def _encoded(path: Path, other: str) -> BadParameter:
    return BadParameter(
        f"Expected the labels in {path} as UTF-8. Got {other}. Save the file with the encoding "
        "UTF-8 and try again."
    )


def _from_lines(text: str, path: Path) -> list[str]:
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", text)]
    while lines and not lines[-1]:
        lines.pop()
    if "" in lines:
        raise BadParameter(
            f"Expected a class name in each line of {path}. Line {lines.index('') + 1} is empty, "
            "and leaving it out would move all names behind it. Give it a name, or delete it where "
            "no class belongs to it."
        )
    table = _numbered(lines)
    if table is not None:
        return _ordered(table, path)
    if path.suffix.lower() in (".csv", ".tsv"):
        raise BadParameter(
            f"Expected {path} to have lines of index,name. Got {shown(lines[0] if lines else '')} "
            "first. Save those two columns, or a text file with a class name a line."
        )
    return lines


def _numbered(lines: Sequence[str]) -> list[tuple[int, str]] | None:
    """The index and name of each line, below a header that is left out; None where the lines are no
    such table.
    """
    body = lines[1:] if lines and _is_header(lines[0]) else lines
    pairs = []
    for line in body:
        found = re.fullmatch(r"(\d{1,9})\s*[,;\t]\s*(.+)", line)
        if found is None:
            return None
        pairs.append((int(found[1]), _unquoted(found[2])))
    return pairs or None


def _is_header(line: str) -> bool:
    words = [word.strip(' "').casefold() for word in re.split(r"[,;\t]", line)]
    return len(words) == 2 and words[0] in ("", "index", "id", "idx", "class", "class_id", "label")


def _unquoted(cell: str) -> str:
    """A cell of a table without the quotes that stand around it."""
    if not cell.startswith('"'):
        return cell
    cells = next(csv.reader([cell]))
    return cells[0].strip() if len(cells) == 1 else cell


def _from_json(text: str, path: Path) -> list[str]:
    try:
        content = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise BadParameter(
            f"Expected the labels in {path} as JSON. {error}. Expected {FORMS}."
        ) from error
    if isinstance(content, dict):
        content = next(
            (content[key] for key in KEYS if isinstance(content.get(key), dict)), content
        )
    if isinstance(content, list) and all(isinstance(name, str) and name for name in content):
        return content
    if isinstance(content, dict) and (pairs := _pairs(content)):
        return _ordered(pairs, path)
    raise BadParameter(
        f"Expected the labels in {path} as JSON with a name for each index. Got "
        f"{shown(content)}. Expected {FORMS}."
    )


def _pairs(content: Mapping[str, Any]) -> list[tuple[int, str]] | None:
    """The index and name of each entry of an object, whichever of the two is the key."""
    values = list(content.values())
    if all(isinstance(value, str) and value for value in values):
        if all(re.fullmatch(r"\d{1,9}", key) for key in content):
            return [(int(key), value) for key, value in content.items()]
        return None
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return [(value, key) for key, value in content.items()]
    return None


def _ordered(pairs: Sequence[tuple[int, str]], where: Path | str) -> list[str]:
    """The names by their indices, which are to be 0, 1 and so on, each once."""
    by_index = dict(pairs)
    missing = next((index for index in range(len(pairs)) if index not in by_index), None)
    if missing is not None:
        raise BadParameter(
            f"Expected each index from 0 to {len(pairs) - 1} once in {where}, since they are "
            f"index and name. There is none for {missing}. Number the classes as the outputs are."
        )
    return [by_index[index] for index in range(len(pairs))]
