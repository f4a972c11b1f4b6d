"""Files of class names as people have them: read right, or refused with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatcheck.core.errors import BadParameter
from heatcheck.inputs import label_files

NAMES = ("café", "hot dog", "tench, Tinca tinca")
READ = {
    "plain": ("labels.txt", "café\nhot dog\ntench, Tinca tinca\n".encode()),
    "with a mark": ("labels.txt", "\ufeffcafé\nhot dog\ntench, Tinca tinca".encode()),
    "of Windows": ("labels.txt", "café\r\nhot dog \r\ntench, Tinca tinca\r\n\r\n".encode()),
    "a table": ("labels.csv", 'index,name\n1,hot dog\n0,café\n2,"tench, Tinca tinca"\n'.encode()),
    "a table in a text": ("labels.txt", "0\tcafé\n1\thot dog\n2\ttench, Tinca tinca\n".encode()),
    "id2label": (
        "config.json",
        b'{"id2label": {"0": "caf\\u00e9", "1": "hot dog", "2": "tench, Tinca tinca"}}',
    ),
    "bare id2label": (
        "id2label.json",
        '{"1": "hot dog", "0": "café", "2": "tench, Tinca tinca"}'.encode(),
    ),
    "class_to_idx": ("classes.json", '{"café": 0, "tench, Tinca tinca": 2, "hot dog": 1}'.encode()),
    "a list": ("labels.json", '\ufeff["café", "hot dog", "tench, Tinca tinca"]'.encode()),
}
REFUSED = {
    "of cp1252": ("labels.txt", "café\ncat\n".encode("cp1252"), "as UTF-8. Got another encoding"),
    "of UTF-16": ("labels.txt", "café\ncat\n".encode("utf-16"), "as UTF-8. Got UTF-16"),
    "of UTF-16 without its mark": ("labels.txt", "cat\n".encode("utf-16-le"), "Got UTF-16"),
    "with a gap": ("labels.txt", b"cat\n\ndog\n", "Line 2 is empty, and leaving it out would move"),
    "empty": ("labels.txt", b"\n\n", "The file is empty"),
    "another table": ("labels.csv", b"name,colour\ncat,red\n", "lines of index,name. Got 'name,"),
    "an index too few": ("labels.csv", b"0,cat\n2,dog\n", "There is none for 1"),
    "an index twice": ("labels.json", b'{"cat": 0, "dog": 0}', "There is none for 1"),
    "a key twice": ("labels.json", b'{"0": "cat", "0": "dog"}', "stands twice"),
    "other JSON": ("labels.json", b'{"cat": "dog"}', "a name for each index"),
    "no JSON": ("labels.json", b"cat\ndog\n", "as JSON"),
}


@pytest.mark.parametrize("kind", READ)
def test_class_names_are_read_in_the_order_of_the_outputs(kind: str, tmp_path: Path) -> None:
    name, content = READ[kind]
    (tmp_path / name).write_bytes(content)
    assert label_files.read(tmp_path / name) == NAMES


@pytest.mark.parametrize("kind", REFUSED)
def test_what_would_give_other_names_is_refused(kind: str, tmp_path: Path) -> None:
    name, content, words = REFUSED[kind]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadParameter, match=words):
        label_files.read(tmp_path / name)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match=r"gone.txt: No such file"):
        label_files.read(tmp_path / "gone.txt")


def test_names_that_begin_with_numbers_stay_whole(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("7 up\n3,5 mm jack\ncat\n")
    assert label_files.read(tmp_path / "labels.txt") == ("7 up", "3,5 mm jack", "cat")


def test_a_function_may_give_a_list_or_a_mapping_of_either_direction() -> None:
    for given in (
        ["cat", "dog"],
        {1: "dog", 0: "cat"},
        {"1": "dog", "0": "cat"},
        {"dog": 1, "cat": 0},
    ):
        assert label_files.named(given) == ("cat", "dog")
    assert label_files.named(None) == label_files.named({}) == ()
    assert label_files.named([0, 1]) == ("0", "1")


@pytest.mark.parametrize("given", ["cat", b"cat", 3, {0: "cat", 2: "dog"}, {"cat": "dog"}])
def test_labels_of_a_function_that_would_give_other_names_are_refused(given: object) -> None:
    with pytest.raises(BadParameter, match="Expected"):
        label_files.named(given)
