"""Maps as files: which file belongs to which image, and what a file may hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from heatcheck.attribution.grad_cam import GradCAM
from heatcheck.core.errors import BadImage
from heatcheck.inputs import given_maps, named_files
from heatcheck.inputs.images import Image
from heatcheck.runs.file_names import map_file

HEAT = np.arange(12, dtype=np.float32).reshape(3, 4)
LONG = "x" * 300


def pictures(*names: str) -> list[Image]:
    return [Image(name, Path("/pictures") / f"{name}.jpg") for name in names]


def put(folder: Path, *names: str) -> None:
    for name in names:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        np.save(place, HEAT)


@pytest.mark.parametrize(
    ("image", "file"),
    [
        ("a", "a.npy"),
        ("cat/a", "cat/a.npy"),
        ("cat/a", "a.npy"),
        ("cat/a", "cat%2Fa.npy"),
        ("cat/a", "cat%2Fa__grad_cam.npy"),
        ("a.jpg", "a.npy"),
        ("a__b", "a__b.npy"),
        ("a__b", "a__b__grad_cam-1a2b3c.npy"),
        ("a.b", "a.b.npy"),
        (LONG, map_file(LONG, "edges")),
    ],
)
def test_a_map_is_named_as_its_image(tmp_path: Path, image: str, file: str) -> None:
    put(tmp_path, file)
    files = named_files.matched(str(tmp_path), pictures(image, "other"), (".npy",), "map")
    assert files.paths == {image: tmp_path / file}
    assert "Got none" in files.problems["other"]


def test_a_bare_name_that_two_images_have_belongs_to_none(tmp_path: Path) -> None:
    put(tmp_path, "a.npy", "cat/b.npy", "dog/b.npy", "c.npy", "d.npy")
    images = pictures("cat/a", "dog/a", "cat/b", "dog/b", "c.jpg", "c.png", "d", "bird/d")
    files = named_files.matched(str(tmp_path), images, (".npy",), "map")
    assert set(files.paths) == {"cat/b", "dog/b", "d"}


def test_two_files_of_an_image_are_ambiguous(tmp_path: Path) -> None:
    put(tmp_path, "a.npy", "b.npy", "b__edges.npy", ".hidden/a.npy", "__MACOSX/a.npy")
    files = named_files.matched(str(tmp_path), pictures("a", "b"), (".npy",), "map")
    assert set(files.paths) == {"a"}
    assert "Got several: b.npy, b__edges.npy" in files.problems["b"]


def loaded(folder: Path, name: str) -> np.ndarray | str:
    images = pictures(name)
    method = given_maps.asked("theirs", str(folder), images)
    maps = given_maps.load(method, str(folder), images)
    return maps.planes[name] if name in maps.planes else maps.problems[name]


@pytest.mark.parametrize("mode", ["uint8", "uint16", "bool"])
def test_a_grey_png_is_a_map(tmp_path: Path, mode: str) -> None:
    values = np.arange(12).reshape(3, 4) * (1 if mode == "uint8" else 3000)
    heat = values > values.mean() if mode == "bool" else values.astype(mode)
    PIL.Image.fromarray(heat).save(tmp_path / "a.png")
    read = loaded(tmp_path, "a")
    assert isinstance(read, np.ndarray)
    assert (read == heat).all()


def test_a_png_with_colours_ranks_nothing(tmp_path: Path) -> None:
    for mode in ("RGB", "RGBA", "LA", "P"):
        PIL.Image.new(mode, (4, 3)).save(tmp_path / "a.png")
        assert "expected a grey PNG" in str(loaded(tmp_path, "a"))


def test_a_file_that_is_no_map_says_so(tmp_path: Path) -> None:
    place = tmp_path / "a.npy"
    np.save(place, HEAT)
    whole = place.read_bytes()
    for content in (whole[:-5], b"", b"P6 nonsense"):
        place.write_bytes(content)
        assert "it may be truncated" in str(loaded(tmp_path, "a"))
    np.save(place, np.array([{"a": 1}]), allow_pickle=True)
    assert "cannot be read" in str(loaded(tmp_path, "a"))
    np.save(place, np.full((3, 4), np.nan))
    assert "expected finite numbers" in str(loaded(tmp_path, "a"))


def test_a_folder_says_which_method_of_ours_made_its_maps(tmp_path: Path) -> None:
    put(tmp_path, "a__cam.npy", "b__cam.npy")
    images = pictures("a", "b")
    said = tmp_path / given_maps.MADE_BY
    said.write_text(given_maps.made_by({"cam": GradCAM().spec}))
    assert given_maps.asked("theirs", str(tmp_path), images).made_by == GradCAM().digest
    for odd in ("{", "[]", '{"methods": {"cam": {"name": "none"}}}', '{"methods": 3}'):
        said.write_text(odd)
        assert given_maps.asked("theirs", str(tmp_path), images).made_by == ""
    said.write_text(given_maps.made_by({"cam": GradCAM().spec}))
    (tmp_path / "b__cam.npy").rename(tmp_path / "b.npy")
    assert given_maps.asked("theirs", str(tmp_path), images).made_by == ""


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (str(tmp_path / "nowhere"), "", str(tmp_path / "file"), "a\0b"):
        with pytest.raises(BadImage, match="Expected a folder of maps"):
            given_maps.asked("theirs", folder, pictures("a"))
