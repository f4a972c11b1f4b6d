"""Sets of images: names and labels, whatever files are called, and what is said of folders that are
none.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from heatcheck.core.errors import BadImage
from heatcheck.inputs import image_sets, images
from heatcheck.inputs.printable import printable
from heatcheck.runs import specs
from heatcheck.runs.csv_text import csv_of
from heatcheck.runs.engine import execute
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.store import Store


def test_the_samples_are_20_labelled_photographs(photographs: list[images.Image]) -> None:
    assert len(photographs) == len({photo.name for photo in photographs}) == 20
    assert all(photo.label.isdigit() and int(photo.label) < 1000 for photo in photographs)


def test_folders_give_labels_and_flat_ones_none(tmp_path: Path) -> None:
    for name in ("cat/a.png", "cat/b.jpg", "dog/a.png", "dog/a.webp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "dog" / "notes.txt").write_text("no image")
    found = {image.name: image.label for image in image_sets.load(str(tmp_path))}
    assert found == {"cat/a": "cat", "cat/b": "cat", "dog/a.png": "dog", "dog/a.webp": "dog"}
    assert [(image.name, image.label) for image in image_sets.load(str(tmp_path / "cat"))] == [
        ("a", ""),
        ("b", ""),
    ]


def test_a_folder_that_is_missing_or_empty_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match="is not a folder"):
        image_sets.load(str(tmp_path / "nowhere"))
    with pytest.raises(BadImage, match="Found none"):
        image_sets.load(str(tmp_path))


def test_a_named_set_stays_a_name_and_a_folder_becomes_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert [image_sets.absolute(name) for name in ("samples", "cutouts")] == ["samples", "cutouts"]
    assert image_sets.absolute("photos") == str(tmp_path / "photos")


def test_a_folder_that_cannot_be_asked_for_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in ("~nobody-of-that-name/photos", "x" * 5000, "a\0b"):
        with pytest.raises(BadImage, match="Expected"):
            image_sets.load(source)
    (tmp_path / "photos").mkdir()

    def locked(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", locked)
    with pytest.raises(BadImage, match=r"that can be read. Got .*Permission denied"):
        image_sets.load(str(tmp_path / "photos"))


@pytest.mark.parametrize("name", [b"caf\xe9", b"red\x1b[31m"], ids=["latin 1", "escape"])
def test_a_folder_whose_path_cannot_be_kept_is_refused(name: bytes, tmp_path: Path) -> None:
    folder = os.path.join(os.fsencode(tmp_path), name)  # noqa: PTH118
    os.mkdir(folder)  # noqa: PTH102
    with pytest.raises(BadImage, match="Rename it") as caught:
        image_sets.load(os.fsdecode(folder))
    assert str(caught.value).isprintable()


# -- names -----------------------------------------------------------------------------------------

FILES = {  # what a file is called, and the image's name
    b"plain.png": "plain",
    "grün 漢字 🦊.png".encode(): "grün 漢字 🦊",
    "narrow\u202fspace.png".encode(): "narrow\u202fspace",
    b"back\\x1bslash.png": "back\\x1bslash",
    b"caf\xe9.png": "caf\\xe9",
    b"red\x1b[31m.png": "red\\x1b[31m",
    b"two\nlines\r.png": "two\\x0alines\\x0d",
    "turned\u202egnp.png".encode(): "turned\\u202egnp",
    "next\u2028line\u0085.png".encode(): "next\\u2028line\\x85",
}


def filled(folder: Path, names: list[bytes], content: bytes = b"x") -> Path:
    """A folder with files of these names, each with other bytes at its end."""
    for name in names:
        path = Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))  # noqa: PTH118
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content + name)
    return folder


def test_names_can_be_printed_and_stored_and_lead_to_their_files(tmp_path: Path) -> None:
    found = image_sets.load(str(filled(tmp_path, list(FILES))))
    assert {os.fsencode(image.path.name): image.name for image in found} == FILES
    assert all(image.encoded() == b"x" + os.fsencode(image.path.name) for image in found)


def test_labels_can_be_printed_too(tmp_path: Path) -> None:
    found = image_sets.load(str(filled(tmp_path, [b"caf\xe9\x07/one.png", b"tea/two.png"])))
    assert [(image.name, image.label) for image in found] == [
        ("caf\\xe9\\x07/one", "caf\\xe9\\x07"),
        ("tea/two", "tea"),
    ]


@pytest.mark.parametrize(
    "names",
    [
        [b"a\x1b.png", b"a\\x1b.png"],
        [b"a\xe9.png", b"a\\xe9.png", "a\u00e9.png".encode()],
        [b"a.png", b"a.jpg", b"a.png.png"],
        [b"a.png", b"a.jpg", b"a.png.png", b"a.png.jpg", b"a.png.png.png"],
        [b"a\x1b.png", b"a\x1b.jpg", b"a\\x1b.png"],
    ],
)
def test_two_images_never_share_a_name(names: list[bytes], tmp_path: Path) -> None:
    found = image_sets.load(str(filled(tmp_path, names)))
    assert len({image.name for image in found}) == len(found) == len(names)
    again = image_sets.load(str(tmp_path))
    assert [image.name for image in again] == [image.name for image in found]


def test_names_that_were_clean_stay_what_they_were(tmp_path: Path) -> None:
    """A name is part of a run's id."""
    names = ["a", "a b", "a'b", "=1+1", "~x", "é", "a\u200db", "漢", "<b>", "x" * 200, "a\\b"]
    found = image_sets.load(str(filled(tmp_path, [f"{name}.png".encode() for name in names])))
    assert sorted(image.name for image in found) == sorted(names)


def test_every_character_is_kept_or_told_as_a_code() -> None:
    for code in (*range(0x3000), *range(0xD800, 0xE000), 0x1F98A, 0xE0001):
        letter = chr(code)
        shown = printable(f"a{letter}b")
        assert shown.encode()  # no surrogates
        assert not {unicodedata.category(seen) for seen in shown} & {"Cc", "Cs", "Zl", "Zp"}
        if letter.isprintable():
            assert shown == f"a{letter}b"


def test_a_run_of_hostile_names_goes_through_store_csv_and_progress(
    tmp_path: Path, store: Store, photographs: list[images.Image]
) -> None:
    folder = filled(tmp_path / "photos", list(FILES)[3:6], photographs[0].encoded())
    spec = specs.ask(source=str(folder), methods=["random"], metrics=["total_variation"], points=3)
    told: list[str] = []
    here = InProcess()
    run = execute(spec, store, here, lambda progress: told.append(str(progress)))
    table = store.results.table(run)
    assert set(table["image"]) == {FILES[name] for name in list(FILES)[3:6]}
    assert not (table["error"] != "").any()
    for text in (csv_of(table), *told, spec.command):
        assert text.encode()
        assert text.replace("\n", "").isprintable()
