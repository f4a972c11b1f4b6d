"""Every metric on inputs of other shapes than a photograph's."""

from __future__ import annotations

import math

import pytest
import torch

from heatcheck.attribution import METHODS, attribute
from heatcheck.core.errors import DoesNotApply
from heatcheck.metrics import METRICS, Case, Metric, Other
from heatcheck.metrics.fineness import fineness
from heatcheck.metrics.orders import misplaced
from heatcheck.metrics.substrates import SUBSTRATES, end
from heatcheck.metrics.total_variation import pooled_alike, total_variation
from heatcheck.tests.doubles.shaped_networks import SHAPES, inputs, network, target


def case_of(shape: tuple[int, int, int]) -> Case:
    about, x = target(network(shape), shape)
    method = METHODS.build({"name": "integrated_gradients", "steps": 8})
    others = tuple(
        Other(one, index, attribute(method, about.about(index, x=one), one).map)
        for one, index in zip(inputs(shape, 5)[1:].split(1), (0, 2, 3, 4), strict=True)
    )
    mask = torch.zeros(shape[1:], dtype=torch.bool)
    mask[: shape[1] // 2] = True
    made = attribute(method, about, x)
    return Case(about, x, made, "image", others, mask, elsewhere=lambda name: made.map.flip(0))


def built(name: str) -> Metric:
    fields = METRICS[name].__dataclass_fields__
    wide = {"points": 9, "substrate": "wide", "network": "other", "samples": 20}
    return METRICS.build({"name": name, **{key: wide[key] for key in wide if key in fields}})


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", METRICS)
def test_every_metric_scores_inputs_of_any_shape(name: str, shape: str) -> None:
    try:
        score = built(name).score(case_of(SHAPES[shape]))
    except Exception as error:  # the model's own answers decide whether there is anything to split
        assert name == "background_swap", error
        return
    low, high = METRICS[name].bounds
    assert low - 1e-9 <= score.value <= high + 1e-9
    assert all(map(math.isfinite, score.sides.values()))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", SUBSTRATES)
def test_every_substrate_has_the_shape_of_the_picture(name: str, shape: str) -> None:
    case = case_of(SHAPES[shape])
    picture = end(case, name)
    assert picture.shape == case.x.shape
    pixels = case.target.to_pixels(picture)
    expected = {"mean": 0.5, "grey": 0.5, "black": 0.0}
    if name in expected:
        assert torch.allclose(pixels, torch.full_like(pixels, expected[name]), atol=1e-6)


def test_a_misplaced_map_of_an_oblong_picture_moves_by_half_of_each_side() -> None:
    places = torch.arange(64 * 128).reshape(64, 128)
    moved = misplaced(places)
    assert moved[32, 64] == 0
    assert moved[0, 0] == places[32, 64]
    assert (moved != places).all()


def test_one_square_of_pixels_has_no_other_place() -> None:
    with pytest.raises(DoesNotApply, match="has no other place"):
        misplaced(torch.zeros(1, 1, dtype=torch.int64))


def test_a_map_below_the_matched_size_is_not_enlarged_to_it() -> None:
    heat = torch.rand(9, 7, generator=torch.Generator().manual_seed(0)).double()
    assert torch.equal(pooled_alike(heat), heat)
    assert pooled_alike(torch.rand(28, 9)).shape == (14, 9)
    assert fineness(pooled_alike(heat)) == fineness(heat)
    assert total_variation(pooled_alike(heat)) == total_variation(heat)
