"""Arrays of another tool, and attributions of captum, beside the methods of a model in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import captum.attr
import numpy as np
import pytest
import torch
from torch import nn

import heatcheck
from heatcheck.attribution import METHODS
from heatcheck.core.errors import BadParameter, UnknownName
from heatcheck.runs import engine
from heatcheck.runs.experiments import EXPERIMENTS, Finding

FEW: dict[str, Any] = {
    "methods": ["smoothgrad"],
    "metrics": ["deletion", "insertion"],
    "points": 5,
    "progress": False,
}


@pytest.fixture(autouse=True)
def planted() -> Iterator[None]:
    """The experiments on small networks take long and are tested elsewhere."""
    findings = tuple(Finding(name, None, "planted") for name in EXPERIMENTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "try_out", lambda *_: findings)
        yield


def values(result: heatcheck.Result, method: str) -> list[float]:
    rows = result.table[result.table["method"].str.startswith(method)]
    return rows[rows["metric"].isin(FEW["metrics"])]["value"].to_list()


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
