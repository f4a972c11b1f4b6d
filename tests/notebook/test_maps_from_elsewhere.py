"""Arrays of another tool, and attributions of captum, beside the methods of a model in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import captum.attr
import numpy as np
import PIL.Image
import pytest
import torch
from torch import nn

import heatcheck
from heatcheck.attribution import METHODS
from heatcheck.core.errors import BadImage, BadParameter, UnknownName
from heatcheck.inputs import memory

pytestmark = pytest.mark.usefixtures("planted")  # experiments take long, and have their tests
FEW: dict[str, Any] = {
    "methods": ["smoothgrad"],
    "metrics": ["deletion", "insertion"],
    "points": 5,
    "progress": False,
}


def values(result: heatcheck.Result, method: str) -> list[float]:
    rows = result.table[result.table["method"].str.startswith(method)]
    return rows[rows["metric"].isin(FEW["metrics"])]["value"].to_list()


def pointed(result: heatcheck.Result) -> list[float]:
    return result.table.query("metric == 'pointing_game'")["value"].to_list()


@pytest.mark.parametrize("by_name", [True, False])
def test_a_map_without_ties_that_is_handed_in_scores_the_same_to_the_last_digit(
    network: nn.Module, pictures: np.ndarray, by_name: bool
) -> None:
    first = heatcheck.evaluate(network, pictures[:3], **FEW)
    heats = {image: maps["smoothgrad"] for image, maps in first.maps.items()}
    again = heatcheck.evaluate(
        network, pictures[:3], maps={"theirs": heats if by_name else [*heats.values()]}, **FEW
    )
    theirs = next(key for key in again.table["method"].unique() if key != "smoothgrad")
    assert values(again, theirs) == values(first, "smoothgrad")
    assert len(values(again, theirs)) == 6


def test_ties_of_a_map_of_ours_are_broken_as_in_its_method(
    network: nn.Module, pictures: np.ndarray
) -> None:
    asked = {**FEW, "methods": [{"name": "edges"}]}
    flat = pictures[:3].copy()
    flat[:, 8:] = 128  # many pixels without an edge
    first = heatcheck.evaluate(network, flat, **asked)
    heats = {image: maps["edges"] for image, maps in first.maps.items()}
    assert all(len(np.unique(heat)) < heat.size / 2 for heat in heats.values())
    theirs = {"unsaid": heats, "said": heats}
    again = heatcheck.evaluate(network, flat, maps=theirs, made_by={"said": "edges"}, **asked)
    assert values(again, "said") == values(first, "edges")
    assert values(again, "unsaid") != values(first, "edges")
    wrong: Any
    for wrong in ({"other": "edges"}, "edges"):
        with pytest.raises(BadParameter, match="Expected made_by as a mapping"):
            heatcheck.evaluate(network, flat, maps=theirs, made_by=wrong, **asked)


def test_masks_are_arrays_or_a_folder_and_other_masks_are_another_question(
    network: nn.Module, pictures: np.ndarray, tmp_path: Path
) -> None:
    asked = {**FEW, "metrics": ["pointing_game"], "store": tmp_path / "runs.db"}
    heat = heatcheck.evaluate(network, pictures[:2], **FEW).maps
    tops = [np.unravel_index(heat[name]["smoothgrad"].argmax(), (32, 32)) for name in sorted(heat)]
    inside = np.zeros((2, 32, 32), bool)
    for mask, top in zip(inside, tops, strict=True):
        mask[top] = True
    (tmp_path / "masks").mkdir()
    for place, mask in enumerate(inside):
        PIL.Image.fromarray(np.uint8(255) * mask).save(tmp_path / "masks" / f"image_{place}.png")
    by_name = {f"image_{place}": mask for place, mask in enumerate(inside)}
    ids = set()
    for masks in (inside, by_name, torch.from_numpy(inside), tmp_path / "masks"):
        made = heatcheck.evaluate(network, pictures[:2], masks=masks, **asked)
        assert pointed(made) == [1.0, 1.0]
        ids.add(made.run)
    assert len(ids) == 2  # the arrays, and the files
    made = heatcheck.evaluate(network, pictures[:2], masks=~inside, **asked)
    assert pointed(made) == [0.0, 0.0]
    assert made.run not in ids
    assert memory._masks == {}


NO_MASKS: dict[str, tuple[Any, type[Exception], str]] = {
    "too few": (np.ones((1, 32, 32)), BadParameter, "a mask of the objects for each of 2 images"),
    "one missing": ({"image_0": np.ones((32, 32))}, BadParameter, "Got none of image_1"),
    "no image": ({"cat": np.ones((32, 32))}, UnknownName, "image_0"),
    "three axes": (np.ones((2, 3, 32, 32)), BadParameter, r"Got float64 \[3, 32, 32\] of image_0"),
    "not finite": (np.full((2, 32, 32), np.nan), BadParameter, "Got NaN or infinity"),
    "a number": (3, BadParameter, "Got int"),
    "no folder": ("nowhere", BadImage, "Expected a folder of masks"),
}


@pytest.mark.parametrize("case", NO_MASKS)
def test_what_are_no_masks_is_refused(case: str, network: nn.Module, pictures: np.ndarray) -> None:
    masks, kind, said = NO_MASKS[case]
    with pytest.raises(kind, match=said):
        heatcheck.evaluate(network, pictures[:2], masks=masks, **FEW)


def test_a_mask_of_another_size_is_the_reason_of_its_image(
    network: nn.Module, pictures: np.ndarray
) -> None:
    asked = {**FEW, "metrics": ["pointing_game"]}
    masks = [np.eye(32), np.eye(16)]
    made = heatcheck.evaluate(network, pictures[:2], masks=masks, **asked)
    first, second = made.table.query("metric == 'pointing_game'")["error"]
    assert not first
    assert "Got 16 x 16 in the masks of a program." in second


def test_captums_attribution_is_a_method(network: nn.Module, pictures: np.ndarray) -> None:
    saliency = heatcheck.captum_method("their_saliency", captum.attr.Saliency, abs=False)
    try:
        made = heatcheck.evaluate(network, pictures[:2], **{**FEW, "methods": [saliency, "random"]})
        x = torch.from_numpy(pictures[:1]).permute(0, 3, 1, 2) / 255
        model = network.eval()
        with torch.no_grad():
            top = int(model(x).argmax())
        expected = captum.attr.Saliency(model).attribute(x.requires_grad_(), target=top, abs=False)
        heat = made.maps["image_0"]["their_saliency"]
        np.testing.assert_allclose(heat, expected.sum(1)[0].detach().numpy(), atol=1e-5)
    finally:
        METHODS._classes.pop("their_saliency", None)


WRONG: dict[str, tuple[Any, type[Exception], str]] = {
    "too few": ({"theirs": [np.zeros((32, 32))]}, BadParameter, "for each of 2 images"),
    "no image": ({"theirs": {"cat": np.zeros((32, 32))}}, UnknownName, "image_0"),
    "no mapping": ([np.zeros((32, 32))], BadParameter, "Expected maps as a mapping"),
    "a name of ours": ({"grad_cam": [np.zeros((32, 32))] * 2}, BadParameter, "no method has"),
    "a text": ({"theirs": "folder"}, BadParameter, "Got str"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_are_no_maps_is_refused(case: str, network: nn.Module, pictures: np.ndarray) -> None:
    maps, kind, said = WRONG[case]
    with pytest.raises(kind, match=said):
        heatcheck.evaluate(network, pictures[:2], maps=maps, **FEW)
