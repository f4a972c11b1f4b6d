"""Maps from elsewhere: their names, their shapes, and that none can be made again."""

from __future__ import annotations

import pickle

import numpy as np
import PIL.Image
import pytest
import torch
from torch import Tensor

from heatcheck.attribution import METHODS, Target, attribute, given
from heatcheck.attribution.given import Given, fitted, plane
from heatcheck.core.errors import BadParameter, DoesNotApply, UnknownName
from heatcheck.metrics import METRICS
from heatcheck.metrics.given_maps import case_of

NO_NAMES = ["edges", "given", "", "two words", "a-b", "1st", "a__b", "x" * 41, "ä"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_could_be_taken_for_another_is_refused(name: str) -> None:
    with pytest.raises(BadParameter, match="Expected a name for maps"):
        given.method(name, {"a": np.zeros((2, 2))})


def test_maps_have_their_own_name_and_are_offered_to_nobody() -> None:
    maps = given.method("theirs", {"a": np.zeros((2, 2))})
    assert (maps.name, maps.title) == ("theirs", "theirs")
    assert (maps.family, maps.is_control) == ("elsewhere", False)
    assert METHODS.read(maps.spec) == maps == pickle.loads(pickle.dumps(maps))
    assert pickle.loads(pickle.dumps(maps)).name == "theirs"
    assert maps.digest != given.method("theirs", {"a": np.ones((2, 2))}).digest
    assert "given" not in METHODS
    assert "given" not in list(METHODS)
    with pytest.raises(UnknownName):
        METHODS.build(maps.spec)
    with pytest.raises(BadParameter, match="at least one map"):
        given.method("theirs", {})


def test_arrays_are_kept_as_they_were_given() -> None:
    heat = np.zeros((2, 2))
    maps = given.method("theirs", {"a": heat})
    heat[0, 0] = 1
    kept = given.kept(maps.maps)
    assert kept is not None
    assert not kept["a"].any()


def test_each_metric_scores_without_another_map_or_says_before_that_it_says_nothing(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(tiny_x.shape[-2:], generator=torch.Generator().manual_seed(0))
    with pytest.raises(BadParameter, match="a method that can make its map again"):
        attribute(Given(), tiny_target, tiny_x)
    silent = [name for name, metric in METRICS.items() if metric.why_not(Given())]
    assert {"repeatability", "deletion_model", "runtime", "completeness_gap"} <= set(silent)
    for name in METRICS:
        if name in silent:
            continue
        try:
            METRICS.build(name).score(case_of(tiny_target, tiny_x, heat))
        except BadParameter as error:
            pytest.fail(f"{name} makes maps again: {error}")
        except DoesNotApply as error:
            assert "mask" in str(error) or "other images" in str(error)


def test_channels_are_summed_and_all_kinds_of_numbers_taken() -> None:
    channels = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    assert (plane(channels) == torch.from_numpy(channels).sum(0).numpy()).all()
    for kind in (bool, np.uint8, np.int64, np.float16, np.float64, ">f4", ">i2"):
        heat = plane(np.ones((4, 5), kind))
        assert heat.dtype == np.float32
        assert (heat == 1).all()


@pytest.mark.parametrize(
    ("heat", "words"),
    [
        (np.array([["a"]]), "expected numbers"),
        (np.zeros((2, 2), complex), "expected numbers"),
        (np.zeros(4), r"\[H,W\] or \[C,H,W\]"),
        (np.zeros((1, 1, 2, 2)), r"Got the shape \(1, 1, 2, 2\)"),
        (np.zeros((0, 2)), "expected a map"),
        (np.array([[1, np.nan]]), "finite"),
        (np.array([[1, 1e300]]), "finite"),
    ],
)
def test_what_is_no_map_is_refused(heat: np.ndarray, words: str) -> None:
    with pytest.raises(BadParameter, match=words):
        plane(heat)


def test_a_coarse_map_is_enlarged_bilinearly_where_its_proportions_fit() -> None:
    heat = torch.rand(7, 7, generator=torch.Generator().manual_seed(0))
    wanted = PIL.Image.fromarray(heat.numpy()).resize((224, 224), PIL.Image.Resampling.BILINEAR)
    torch.testing.assert_close(fitted(heat, 224, 224), torch.from_numpy(np.asarray(wanted).copy()))
    assert fitted(heat, 7, 7) is heat
    assert fitted(torch.rand(8, 10), 240, 320).shape == (240, 320)  # 7.5 rows, rounded


@pytest.mark.parametrize(
    ("shape", "advice"),
    [((7, 9), "Crop"), ((500, 375), "Crop"), ((448, 448), "Crop"), ((224, 3), "Channels come")],
)
def test_a_map_of_another_picture_is_refused(shape: tuple[int, int], advice: str) -> None:
    with pytest.raises(BadParameter, match=f"224 x 224.* Got {shape[0]} x {shape[1]}.*{advice}"):
        fitted(torch.zeros(shape), 224, 224)
