"""What a Python program hands over as images, and what is refused of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch

from heatcheck.core.errors import BadImage, BadParameter, UnknownName
from heatcheck.inputs import handed_images, images
from heatcheck.inputs.handed_images import ROUNDED, handed, labelled
from heatcheck.inputs.labels import matched
from heatcheck.inputs.sizes import Frame, Size


def drawn(count: int = 3, side: int = 40) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)


def seen(given: handed_images.Handed, side: int = 40) -> np.ndarray:
    return np.stack([images.picture(one.encoded(), side, one.name) for one in given.images])


def test_arrays_pil_images_and_exact_tensors_keep_every_pixel() -> None:
    pixels = drawn()
    tensor = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    for given in (
        pixels,
        list(pixels),
        [PIL.Image.fromarray(one) for one in pixels],
        tensor,
        tensor.float() / 255,
        list(tensor.double() / 255),
    ):
        taken = handed(given)
        np.testing.assert_array_equal(seen(taken), pixels)
        assert [one.name for one in taken.images] == ["image_0", "image_1", "image_2"]
        assert taken.size == (40, 40)
        assert taken.notes == ()
    assert len({handed(given).source for given in (pixels, list(pixels), tensor)}) == 1


def test_a_tensor_between_the_levels_is_rounded_and_that_is_said() -> None:
    tensor = torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    taken = handed(tensor)
    assert taken.notes == (ROUNDED,)
    back = torch.from_numpy(seen(taken)).permute(0, 3, 1, 2) / 255
    assert float((back - tensor).abs().max()) <= 1 / 510 + 1e-6


def test_one_image_is_a_set_of_one(tmp_path: Path) -> None:
    PIL.Image.fromarray(drawn()[0]).save(tmp_path / "cat.png")
    for given in (
        drawn()[0],
        PIL.Image.fromarray(drawn()[0]),
        torch.zeros(3, 40, 40),
        tmp_path / "cat.png",
        str(tmp_path / "cat.png"),
    ):
        assert len(handed(given).images) == 1
    assert handed(tmp_path / "cat.png").images[0].name == "cat"


def test_a_tensor_of_one_channel_stays_grey() -> None:
    taken = handed(torch.full((1, 1, 40, 40), 0.2))
    assert taken.channels == 1
    assert (seen(taken) == 51).all()


@pytest.mark.parametrize("channels", [2, 5])
def test_a_tensor_of_other_channels_keeps_every_value(channels: int) -> None:
    tensor = torch.rand(2, channels, 12, 10, generator=torch.Generator().manual_seed(0))
    for given in (tensor, (255 * tensor).to(torch.uint8)):
        taken = handed(given)
        frame = Frame(Size(12, 10), channels=channels)
        back = [images.picture(one.encoded(), frame, one.name) for one in taken.images]
        np.testing.assert_array_equal(np.stack(back), given.permute(0, 2, 3, 1).numpy())
        assert (taken.channels, taken.size, taken.notes) == (channels, (12, 10), ())


def test_batches_of_tensors_are_one_tensor() -> None:
    tensor = torch.from_numpy(drawn()).permute(0, 3, 1, 2)
    assert handed([tensor[:2], tensor[2:]]).source == handed(tensor).source


def test_pil_images_that_were_opened_keep_their_names(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        PIL.Image.fromarray(drawn()[0]).save(tmp_path / f"{name}.png")
    opened = [PIL.Image.open(tmp_path / f"{name}.png") for name in ("cat", "dog")]
    assert [one.name for one in handed(opened).images] == ["cat", "dog"]
    assert [one.name for one in handed([opened[0], opened[0]]).images] == ["image_0", "image_1"]


def test_pil_images_of_other_modes_look_as_files_do(tmp_path: Path) -> None:
    pixels = PIL.Image.fromarray(drawn()[0])
    for mode in ("L", "RGBA", "P", "1", "CMYK"):
        made = pixels.convert(mode)
        made.convert("RGB" if mode == "CMYK" else mode).save(tmp_path / "as.png")
        file = images.picture((tmp_path / "as.png").read_bytes(), 40)
        np.testing.assert_array_equal(seen(handed([made]))[0], file)


def test_files_of_one_name_have_their_folders(tmp_path: Path) -> None:
    files = [tmp_path / "a" / "0.png", tmp_path / "b" / "0.png"]
    for file in files:
        file.parent.mkdir()
        PIL.Image.fromarray(drawn()[0]).save(file)
    assert [one.name for one in handed(files).images] == ["a/0.png", "b/0.png"]
    with pytest.raises(BadImage, match="There is none at"):
        handed([tmp_path / "gone.png"])


def test_a_folder_and_a_named_set_are_taken_as_the_command_line_does(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    PIL.Image.fromarray(drawn()[0]).save(tmp_path / "cat" / "0.png")
    taken = handed(tmp_path)
    assert (taken.source, taken.size) == (str(tmp_path.resolve()), None)
    assert [(one.name, one.label) for one in taken.images] == [("cat/0", "cat")]
    assert handed("samples").source == "samples"


LEVELS = torch.zeros(2, 3, 40, 40)
REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "normalised": (LEVELS - 2, BadImage, r"from -2.00 to -2.00\. Where it is normalised already"),
    "levels to 255": (LEVELS + 200, BadImage, "Divide it by 255"),
    "not finite": (LEVELS * float("nan"), BadImage, "NaN"),
    "whole numbers": (LEVELS.long(), BadParameter, "floats in"),
    "channels last": (LEVELS.permute(0, 2, 3, 1), BadParameter, "come before height"),
    "no tensor images": (LEVELS[:0], BadParameter, r"\[0, 3, 40, 40\]"),
    "tensors of two shapes": ([LEVELS[0], LEVELS[0, :, 1:]], BadParameter, "of one shape"),
    "float arrays": (np.zeros((2, 40, 40, 3)), BadParameter, "as a tensor"),
    "channels first": (np.zeros((2, 3, 40, 40), np.uint8), BadParameter, "moveaxis"),
    "grey arrays": ([np.zeros((40, 40), np.uint8)], BadParameter, "Stack a grey one"),
    "no array images": (np.zeros((0, 40, 40, 3), np.uint8), BadParameter, r"\[0, 40, 40, 3\]"),
    "pil floats": (PIL.Image.new("F", (40, 40)), BadImage, "mode F"),
    "nothing": ([], BadParameter, "Got none"),
    "a number": (3, BadParameter, "Got int"),
    "batches with labels": ([[LEVELS, torch.zeros(2)]], BadParameter, "give the images alone"),
    "a batch and its labels": ([LEVELS, torch.zeros(2)], BadParameter, "leave labels out"),
    "a dataset": (torch.utils.data.TensorDataset(LEVELS), BadParameter, "give the images alone"),
    "numbers": ([1, 2], BadParameter, "Got int among them"),
    "a mapping": ({"a": 1}, BadParameter, "Got dict"),
    "no folder": ("no such folder", BadImage, "not a folder"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_are_no_images_is_refused_with_advice(case: str) -> None:
    given, kind, said = REFUSED[case]
    with pytest.raises(kind, match=said):
        handed(given)


def test_labels_are_names_or_places() -> None:
    taken = handed(drawn())
    classes = ("cat", "hot dog", "fox")
    for labels in (
        ["fox", "hot dog", "cat"],
        [2, 1, 0],
        np.array([2, 1, 0]),
        torch.tensor([2, 1, 0]),
        ["fox", "hot_dog", "CAT"],
    ):
        named = labelled(taken, labels, classes)
        assert [one.label for one in named.images] == ["fox", "hot dog", "cat"]
    assert named.source != taken.source  # other labels are another set
    for wrong, kind in (
        (["dog"] * 3, UnknownName),
        ([3] * 3, BadParameter),
        ([1.5] * 3, BadParameter),
    ):
        with pytest.raises(kind):
            labelled(taken, wrong, classes)
    for floats in (torch.zeros(3), torch.zeros(3, 1)):
        with pytest.raises(BadParameter, match=r"labels\.flatten\(\)\.long\(\)"):
            labelled(taken, floats, classes)
    with pytest.raises(BadParameter, match="target='class:NAME'"):
        labelled(taken, torch.eye(3), classes)


def test_a_class_that_is_called_a_number_is_found_by_its_place_and_by_its_name() -> None:
    classes = ("10", "2", "4")
    for labels, places in (([0, 1, 2], [0, 1, 2]), (["4", "10", "2"], [2, 0, 1])):
        named = labelled(handed(drawn()), labels, classes)
        texts = [one.label for one in named.images]
        assert [matched(texts, classes).of(text) for text in texts] == places
    named = labelled(handed(drawn()), [0, 1, 2], ("crane", "crane", "fox"))  # as ImageNet has them
    assert [one.label for one in named.images] == ["0", "1", "2"]


@pytest.mark.parametrize("as_files", [False, True])
def test_pictures_of_more_than_8_bits_share_one_depth(tmp_path: Path, as_files: bool) -> None:
    """A dark picture beside a bright one stays dark."""
    dark, bright = (np.full((8, 8), level, np.uint16) for level in (200, 4000))
    given: list[object] = [PIL.Image.fromarray(one) for one in (dark, bright)]
    if as_files:
        for name, picture in zip("ab", given, strict=True):
            picture.save(tmp_path / f"{name}.png")  # type: ignore[attr-defined]
        given = [tmp_path / "a.png", tmp_path / "b.png"]
    made = handed(given)
    first, second = (
        images.picture(one.encoded(), 8, one.name, one.bits)[0, 0, 0] for one in made.images
    )
    assert (first, second) == (round(200 / 4095 * 255), round(4000 / 4095 * 255))
    assert "scaled by 12 bits" in made.notes[0]


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I;16L", "I;16N"])
def test_pil_images_of_16_bits_keep_their_values_in_either_byte_order(mode: str) -> None:
    order = {"I;16B": ">u2", "I;16N": "=u2"}.get(mode, "<u2")
    pixels = np.random.default_rng(0).integers(0, 4096, (8, 8))
    (taken,) = handed([PIL.Image.frombytes(mode, (8, 8), pixels.astype(order).tobytes())]).images
    shown = images.picture(taken.encoded(), 8, taken.name, taken.bits)
    np.testing.assert_array_equal(shown[..., 0], np.round(pixels * (255 / 4095)))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "RGBa"])
def test_what_is_transparent_in_a_pil_image_is_white(mode: str) -> None:
    assert (seen(handed(PIL.Image.new(mode, (40, 40)))) == 255).all()


def test_a_path_may_begin_with_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    PIL.Image.fromarray(drawn()[0]).save(tmp_path / "cat.png")
    for given in ("~/cat.png", ["~/cat.png"], [Path("~/cat.png")]):
        assert [one.name for one in handed(given).images] == ["cat"]
