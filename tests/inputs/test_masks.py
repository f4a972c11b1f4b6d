"""Masks of one's own objects: which pixels are the object, and what a wrong mask says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from heatcheck.core.errors import BadImage, RunProblem
from heatcheck.inputs import image_sets, images, masks, own_networks
from heatcheck.inputs.images import Image
from heatcheck.inputs.sizes import Frame, Size
from heatcheck.runs import engine, spec_files, specs
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.small_runs import MAKE, REDS, SIDE, picture

INSIDE = np.zeros((40, 60), bool)
INSIDE[10:20, 25:45] = True
FRAME = Frame.of(Size(40, 40))


def image(folder: Path, orientation: int = 1) -> Image:
    place = folder / "a.jpg"
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    pixels = np.zeros((40, 60) if orientation == 1 else (60, 40), np.uint8)
    PIL.Image.fromarray(pixels).convert("RGB").save(place, exif=exif)
    return Image("a", place)


def saved(folder: Path, kind: str, inside: np.ndarray = INSIDE) -> str:
    """The same mask as tools write it."""
    place = folder / "masks"
    place.mkdir(exist_ok=True)
    values = inside.astype(np.uint8)
    made = {
        "ones": lambda: PIL.Image.fromarray(values),
        "white": lambda: PIL.Image.fromarray(values * 255),
        "bits": lambda: PIL.Image.fromarray(inside),
        "labels of 16 bits": lambda: PIL.Image.fromarray(values.astype(np.uint16) * 300),
        "blue": lambda: PIL.Image.fromarray(np.stack([0 * values, 0 * values, values], -1)),
        "opaque": lambda: PIL.Image.fromarray(
            np.stack([values, values, values, 0 * values + 255], -1)
        ),
        "grey and alpha": lambda: PIL.Image.fromarray(np.stack([values, 0 * values + 255], -1)),
    }
    drawn = made["ones"]().convert("P") if kind == "palette" else made[kind]()
    if kind == "palette":
        drawn.putpalette([0] * 768)  # colours say nothing
    drawn.save(place / "a.png")
    return str(place)


@pytest.mark.parametrize(
    "kind",
    ["ones", "white", "bits", "labels of 16 bits", "blue", "opaque", "grey and alpha", "palette"],
)
def test_what_is_not_zero_is_the_object_through_the_crop_of_the_picture(
    tmp_path: Path, kind: str
) -> None:
    photo = image(tmp_path)
    found = masks.asked(saved(tmp_path, kind), [photo]).of(photo, FRAME)
    assert (found == INSIDE[:, 10:50]).all()


def test_a_mask_lies_on_the_upright_picture(tmp_path: Path) -> None:
    photo = image(tmp_path, orientation=6)
    found = masks.asked(saved(tmp_path, "ones"), [photo]).of(photo, FRAME)
    assert (found == INSIDE[:, 10:50]).all()


def test_a_mask_of_another_size_or_none_says_so(tmp_path: Path) -> None:
    photo = image(tmp_path)
    folder = saved(tmp_path, "ones", INSIDE[:30])
    other = Image("b", photo.path)
    asked = masks.asked(folder, [photo, other])
    with pytest.raises(BadImage, match=r"own size, 40 x 60 .*Got 30 x 60"):
        asked.of(photo, FRAME)
    with pytest.raises(BadImage, match=r"b: expected its mask in .*b\.png\. Got none"):
        asked.of(other, FRAME)
    (Path(folder) / "a.png").write_bytes(b"no picture")
    with pytest.raises(BadImage, match="It cannot be read"):
        masks.asked(folder, [photo]).of(photo, FRAME)
    with pytest.raises(BadImage, match="none is named as one of 1 images"):
        masks.asked(folder, [Image("c", Path("c.png"))])


METRICS = ["pointing_game", "energy_in_mask", "background_swap"]


def test_objects_of_ones_own_are_scored_and_an_image_without_a_mask_says_so(
    tmp_path: Path,
) -> None:
    (tmp_path / "masked_network.py").write_text(
        REDS + MAKE.format(side=SIDE, labels=["red", "none"])
    )
    for name, spot in {"a": (2, 2), "b": (20, 4), "c": (10, 22)}.items():
        for folder in ("images", "masks"):
            (tmp_path / folder).mkdir(exist_ok=True)
        PIL.Image.fromarray(picture(spot)).save(tmp_path / "images" / f"{name}.png")
        inside = np.zeros((SIDE, SIDE), np.uint8)
        inside[spot[0] : spot[0] + 6, spot[1] : spot[1] + 6] = 1
        if name != "c":
            PIL.Image.fromarray(inside).save(tmp_path / "masks" / f"{name}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        classifier = own_networks.asked("masked_network:make")
        source, folder = str(tmp_path / "images"), str(tmp_path / "masks")
        asked: dict[str, Any] = {"methods": ["vanilla_gradients"], "metrics": METRICS}
        spec = specs.ask(classifier, source, masks=folder, **asked)
        store = Store(f"sqlite:///{tmp_path / 'store.db'}")
        run = engine.execute(spec, store, InProcess())
        table = store.results.table(run)
        rows = table[~table["metric"].str.contains(".", regex=False)]
        wide = rows.pivot(index="image", columns="metric", values="value")
        assert (wide.loc[["a", "b"], "pointing_game"] == 1).all()
        assert (wide.loc[["a", "b"], "energy_in_mask"] == 1).all()
        assert (wide.loc[["a", "b"], "background_swap"] < 0.01).all()
        assert wide.loc["c"].isna().all()
        errors = rows[rows["image"] == "c"]["error"]
        assert errors.str.startswith("c: expected its mask in ").all()

        assert f"--masks {folder}" in spec.command
        assert RunSpec.from_json(spec.as_json()) == spec
        written = tmp_path / "asked.json"
        written.write_text(json.dumps(spec.as_asked))
        assert spec_files.read(written).id == spec.id
        PIL.Image.fromarray(1 - inside).save(tmp_path / "masks" / "a.png")
        again = specs.ask(classifier, source, masks=folder, **asked)
        assert again.id != spec.id
        store.runs.delete(run)
        with pytest.raises(RunProblem, match="as they were when the run was asked for"):
            engine.execute(spec, store, InProcess())
        assert image_sets.load(source)


@pytest.mark.parametrize("channels", [1, 4])
def test_the_mask_of_an_array_is_brought_into_the_frame_as_its_channels_are(
    tmp_path: Path, channels: int
) -> None:
    np.save(
        tmp_path / "a.npy", np.where(INSIDE, 255, 0).astype(np.uint8)[..., None].repeat(channels, 2)
    )
    known = Image("a", tmp_path / "a.npy")
    for fit in ("crop", "squash", "pad"):
        into = Frame(Size(20, 20), fit, channels, (0.0,))
        inside = masks.asked(saved(tmp_path, "ones"), [known]).of(known, into)
        assert np.array_equal(inside, images.picture(known.encoded(), into)[..., 0] > 127)
        assert inside.any()
