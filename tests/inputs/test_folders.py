"""Folders as they lie on people's disks: what is an image of the set, and what was left out."""

from __future__ import annotations

import os
from pathlib import Path

import PIL.Image
import pytest

from heatcheck.core.errors import BadImage
from heatcheck.inputs import image_sets
from heatcheck.inputs.handed_images import handed
from heatcheck.runs.samples import samples_of


def laid(root: Path, *names: str, **contents: bytes) -> str:
    """A folder with files of these names, each with bytes of its own."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents.get(path.stem, name.encode()))
    return str(root)


def labelled(source: str) -> dict[str, str]:
    """Each image's label by its name."""
    return {image.name: image.label for image in image_sets.load(source)}


def test_what_programs_keep_in_folders_is_not_seen(tmp_path: Path) -> None:
    source = laid(
        tmp_path,
        *("cat/a.jpg", "cat/._a.jpg", "cat/.hidden.png", "dog/b.jpg", ".DS_Store", "Thumbs.db"),
        *("__MACOSX/cat/._a.jpg", "__MACOSX/a.jpg", ".ipynb_checkpoints/a-checkpoint.jpg"),
        *("cat/.ipynb_checkpoints/a-checkpoint.jpg", "cat/@eaDir/a.jpg", "desktop.ini"),
    )
    assert labelled(source) == {"cat/a": "cat", "dog/b": "dog"}
    assert image_sets.read(source).notes == ()


def test_a_stray_picture_does_not_hide_the_classes(tmp_path: Path) -> None:
    source = laid(tmp_path, "cat/a.jpg", "dog/b.jpg", "overview.png")
    assert labelled(source) == {"cat/a": "cat", "dog/b": "dog"}
    assert image_sets.read(source).notes == (
        "Left out: 1 picture beside the class folders (overview.png).",
    )


def test_what_is_left_out_is_counted_with_three_names(tmp_path: Path) -> None:
    source = laid(
        tmp_path,
        *("cat/a.jpg", "cat/notes.txt", "cat/b.heic", "cat/c.mp4", "readme.md"),
        *("cat/old/x.jpg", "dog/b.jpg"),
    )
    assert image_sets.read(source).notes == (
        "Left out: 4 files of other kinds (readme.md, cat/b.heic, cat/c.mp4 and 1 more); "
        "1 picture in a deeper folder (cat/old/x.jpg).",
    )


def test_a_folder_of_splits_says_what_to_name(tmp_path: Path) -> None:
    source = laid(tmp_path, "train/cat/a.jpg", "train/dog/b.jpg", "val/cat/c.jpg", "data.yaml")
    with pytest.raises(BadImage, match="Got folders of class folders: train, val") as caught:
        image_sets.load(source)
    assert f"with cat, dog. Name one of them, say {tmp_path / 'train'}" in str(caught.value)
    assert len(image_sets.load(f"{source}/train")) == 2


def test_a_folder_without_images_says_what_lies_there(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match=r"Found none. Left out: 2 files .*\(a.heic, b.txt\)"):
        image_sets.load(laid(tmp_path, "a.heic", "b.txt"))


def test_copies_with_the_same_label_count_once(tmp_path: Path) -> None:
    source = laid(
        tmp_path,
        *("cat/img1.png", "cat/img1_copy.png", "dog/img2.png", "dog/other.png"),
        img1=b"one",
        img1_copy=b"one",
        img2=b"two",
        other=b"3rd",
    )
    assert labelled(source) == {"cat/img1": "cat", "dog/img2": "dog", "dog/other": "dog"}
    assert image_sets.read(source).notes == (
        "Left out: 1 copy of a picture with the same label (cat/img1_copy.png).",
    )


def test_a_copy_is_called_by_its_file_alone_where_no_other_file_is(tmp_path: Path) -> None:
    source = laid(
        tmp_path,
        *("cat/a.jpg", "cat/b.jpg", "dog/c.jpg", "dog/b.jpg", "dog/d.jpg"),
        a=b"cat",
        b=b"cat",
        c=b"dog",
        d=b"dog",
    )
    (tmp_path / "dog/b.jpg").write_bytes(b"other")
    copies = image_sets.read(source).copies
    assert copies == {
        **dict.fromkeys(("cat/b", "cat/b.jpg"), "cat/a"),
        **dict.fromkeys(("dog/d", "dog/d.jpg", "d.jpg"), "dog/c"),
    }


def test_one_picture_under_two_labels_stays_under_both_as_one_sample(tmp_path: Path) -> None:
    """Which label is wrong, or whether both are right, is for people to say."""
    source = laid(tmp_path, "cat/a.png", "dog/b.png", a=b"same", b=b"same")
    read = image_sets.read(source)
    assert [image.label for image in read.images] == ["cat", "dog"]
    assert read.notes == (
        "2 files are the same picture under several labels (cat/a.png, dog/b.png): all stay in, "
        "and are one sample.",
    )
    samples = samples_of((image.name, image.digest, "") for image in read.images)
    assert len(set(samples.values())) == 1


def test_what_cannot_be_read_is_left_out_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = laid(tmp_path, "cat/a.jpg", "locked/b.jpg")
    (tmp_path / "cat" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "cat" / "loop.jpg").symlink_to(tmp_path / "cat" / "loop.jpg")
    listing = Path.iterdir

    def iterdir(path: Path) -> object:
        if path.name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert labelled(source) == {"cat/a": "cat"}
    assert image_sets.read(source).notes == (
        "Left out: 3 files that cannot be read (locked, cat/gone.jpg, cat/loop.jpg).",
    )


def test_a_picture_without_the_right_to_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = laid(tmp_path, "a.jpg", "b.jpg")
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "b.jpg")
    assert labelled(source) == {"a": ""}
    assert "1 file that cannot be read (b.jpg)" in image_sets.read(source).notes[0]


def test_files_with_several_pages_or_frames_are_named(tmp_path: Path) -> None:
    pages = [PIL.Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    for name in ("pages.tif", "film.gif", "film.webp"):
        pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])
    for name in ("one.tif", "one.gif", "one.webp", "one.png"):
        pages[1].save(tmp_path / name)
    grey = [page.convert("L") for page in pages]
    grey[0].save(tmp_path / "channels.tif", save_all=True, append_images=grey[1:])
    told = (
        "3 files have several pages or frames (film.gif, film.webp, pages.tif): the first is the "
        "picture."
    )
    assert image_sets.read(str(tmp_path)).notes == (told,)
    assert handed(sorted(tmp_path.iterdir())).notes == (told,)
    (tmp_path / "cut.gif").write_bytes((tmp_path / "film.gif").read_bytes()[:20])
    assert image_sets.read(str(tmp_path)).notes == (told,)
    assert image_sets.alone((tmp_path / "film.gif").read_bytes(), "film.gif") == (
        0,
        ("1 file has several pages or frames (film.gif): the first is the picture.",),
    )
