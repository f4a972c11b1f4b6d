"""What ROAD, target sensitivity, randomisation, grid pointing and saturation share."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Target
from heatcheck.attribution.input_x_gradient import InputXGradient
from heatcheck.attribution.random import Random
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.errors import BadParameter, DegenerateMap
from heatcheck.metrics import METRICS, OTHER_IMAGES, Metric, Other
from heatcheck.metrics.grid_pointing import GridPointing
from heatcheck.metrics.randomisation import Randomisation
from heatcheck.metrics.road import Road
from heatcheck.metrics.saturation import Saturation
from heatcheck.metrics.target_sensitivity import TargetSensitivity
from heatcheck.tests.doubles.cases import case_by, case_of, drawn


@pytest.mark.parametrize("name", ["road", "target_sensitivity", "randomisation", "saturation"])
def test_a_map_with_nan_has_no_value(name: str, tiny_target: Target, tiny_x: Tensor) -> None:
    heat = drawn(20, 24)
    heat[3, 4] = torch.nan
    with pytest.raises(DegenerateMap, match="Expected"):
        METRICS.build(name).score(case_of(heat, tiny_x, tiny_target, method=VanillaGradients()))


@pytest.mark.parametrize(
    "metric",
    [Road(), TargetSensitivity(), Randomisation(), GridPointing(), Saturation()],
    ids=lambda metric: metric.name,
)
def test_a_score_has_the_declared_sides_and_keeps_its_bounds_on_one_channel_and_prime_sides(
    metric: Metric,
) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 13 * 11, 5)
    )
    x = drawn(1, 1, 13, 11)
    others = tuple(
        Other(drawn(1, 1, 13, 11, seed=index), index, drawn(13, 11)) for index in (1, 2, 3)
    )
    for method in (VanillaGradients(), InputXGradient(), Random()):
        case = case_by(method, Target(model, 0, x, mean=0.5, std=0.25), x, others=others)
        before = {name: value.clone() for name, value in model.state_dict().items()}
        score = metric.score(case)
        assert metric.bounds[0] - 1e-9 <= score.value <= metric.bounds[1] + 1e-9
        assert set(score.sides) == set(metric.sides)
        assert metric.score(replace(case, _kept={})).value == score.value
        assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "road", "steps": 0}, "between 1 and 49"),
        ({"name": "road", "steps": 50}, "between 1 and 49"),
        ({"name": "road", "noise": -0.1}, "between 0.0 and 1.0"),
        ({"name": "road", "noise": 1.1}, "between 0.0 and 1.0"),
        ({"name": "randomisation", "stages": 0}, "between 1 and 100"),
        ({"name": "randomisation", "stages": 101}, "between 1 and 100"),
        ({"name": "saturation", "steps": 1}, "between 2 and 32"),
        ({"name": "saturation", "steps": 33}, "between 2 and 32"),
    ],
)
def test_parameters_keep_their_ranges(fields: dict[str, object], words: str) -> None:
    with pytest.raises(BadParameter, match=words):
        METRICS.build(fields)


def test_defaults_and_directions() -> None:
    assert (Road().steps, Road().noise, Randomisation().stages, Saturation().steps) == (
        9,
        0.01,
        5,
        4,
    )
    assert [
        METRICS[name].better
        for name in ("road", "target_sensitivity", "grid_pointing", "saturation")
    ] == ["higher"] * 4
    assert Randomisation.better == "lower"
    assert [METRICS[name].bounds for name in ("road", "randomisation")] == [(-1, 1)] * 2
    assert (TargetSensitivity.bounds, GridPointing.bounds, Saturation.bounds) == (
        (0, 2),
        (0, 1),
        (0, 32),
    )
    assert GridPointing.needs == {OTHER_IMAGES}
    assert GridPointing.partners == 8
