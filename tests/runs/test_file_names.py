"""Names of exported files: one a map, on every file system."""

from __future__ import annotations

import errno
import itertools
import os
from pathlib import Path

import pandas as pd
import pytest

from heatcheck.runs.csv_text import FORMULA, csv_of
from heatcheck.runs.file_names import LONGEST, map_file, written

NAMES = [
    "photo_00",
    "cat/a",
    "cat_a",
    "cat%2Fa",
    "..",
    "/etc/passwd",
    "a b",
    "grün 漢字 🦊",
    "x" * 300,
    "x" * 301,
    "漢" * 80,
    "漢" * 81,
]


def test_names_say_the_image_and_the_method() -> None:
    assert map_file("photo_00", "grad_cam") == "photo_00__grad_cam.npy"
    assert map_file("cat/a b", "rise") == "cat%2Fa b__rise.npy"


@pytest.mark.parametrize("method", ["rise", "smoothgrad-1a2b3c"])
def test_every_map_has_a_file_of_its_own_that_can_be_written(method: str, tmp_path: Path) -> None:
    files = [map_file(name, method) for name in NAMES]
    assert len(set(files)) == len(NAMES)
    for file in files:
        assert len(file.encode()) <= LONGEST
        (tmp_path / file).write_bytes(b"")
        assert (tmp_path / file).parent.resolve() == tmp_path.resolve()
        assert file.endswith(f"__{method}.npy")


def test_a_name_is_never_cut_inside_a_code() -> None:
    for length, letter in itertools.product(range(60, 90), "漢ö"):
        name, _, piece = map_file("a" * (length % 3) + letter * length, "rise").rpartition("~")
        if name:
            assert len(name.rpartition("%")[2]) == 2
            assert len(piece) == 12 + len("__rise.npy")


@pytest.mark.parametrize("sign", FORMULA)
def test_no_cell_is_taken_for_a_formula_and_numbers_stay(sign: str) -> None:
    text = csv_of(pd.DataFrame({"image": [f"{sign}1+1"], "value": [-2.5]}))
    assert f"'{sign}1+1" in text
    assert ",-2.5" in text


def test_a_folder_that_takes_shorter_names_alone_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As encrypted home folders do."""
    writing = Path.write_bytes

    def limited(path: Path, content: bytes) -> int:
        if len(os.fsencode(path.name)) > 143:
            raise OSError(errno.ENAMETOOLONG, "File name too long", str(path))
        return writing(path, content)

    monkeypatch.setattr(Path, "write_bytes", limited)
    paths = [written(tmp_path, name, "rise", b"map") for name in NAMES]
    assert len(set(paths)) == len(NAMES)
    assert all(path.read_bytes() == b"map" for path in paths)
    assert written(tmp_path, "photo", "rise", b"map").name == "photo__rise.npy"
