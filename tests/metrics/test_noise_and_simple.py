"""What the metrics of noise, the simple ones of faithfulness, and completeness share."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Target
from heatcheck.attribution.random import Random
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.errors import BadParameter, DegenerateMap
from heatcheck.metrics import METRICS, Metric
from heatcheck.metrics.average_drop import AverageDrop
from heatcheck.metrics.base import BLANK
from heatcheck.metrics.completeness_gap import CompletenessGap
from heatcheck.metrics.complexity import Complexity
from heatcheck.metrics.fineness import fineness
from heatcheck.metrics.infidelity import Infidelity
from heatcheck.metrics.max_sensitivity import MaxSensitivity
from heatcheck.metrics.seed_noise import SeedNoise
from heatcheck.metrics.sparseness import Sparseness
from heatcheck.metrics.total_variation import total_variation
from heatcheck.tests.doubles.cases import case_by, case_of, drawn
from heatcheck.tests.doubles.small_models import Linear
from heatcheck.tests.doubles.told_methods import complete_of, method_of, zeros

ALL: list[Metric] = [
    Sparseness(),
    Complexity(),
    SeedNoise(),
    MaxSensitivity(),
    Infidelity(),
    AverageDrop(),
    CompletenessGap(),
]


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_a_map_that_is_not_finite_has_no_value(metric: Metric, bad: float) -> None:
    heat = drawn(7, 5)
    heat[3, 4] = bad
    with pytest.raises(DegenerateMap, match=r"Expected a finite map\. Got NaN or infinity"):
        metric.score(case_of(heat, method=complete_of(lambda *_: heat, zeros)))


@pytest.mark.parametrize(
    "metric",
    [Sparseness(), Complexity(), SeedNoise(), MaxSensitivity(), AverageDrop()],
    ids=lambda metric: metric.name,
)
def test_an_all_zero_map_has_no_value(metric: Metric) -> None:
    with pytest.raises(DegenerateMap, match=f"^{BLANK}$"):
        metric.score(case_of(torch.zeros(7, 5)))


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
@pytest.mark.parametrize(("channels", "height", "width"), [(1, 13, 11), (3, 7, 5), (2, 1, 5)])
def test_a_score_repeats_itself_keeps_its_bounds_and_has_the_declared_sides(
    metric: Metric, channels: int, height: int, width: int
) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(channels, 4, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * height * width, 5),
    )
    x = drawn(1, channels, height, width)
    target = Target(model, 2, x, mean=0.5, std=0.25)
    product = complete_of(lambda target, x, _: (x * target.gradient(x)).sum(1)[0], zeros)
    for method in (
        (product,) if metric.name == "completeness_gap" else (product, VanillaGradients(), Random())
    ):
        case = case_by(method, target, x)
        before = x.clone()
        score = metric.score(case)
        assert metric.bounds[0] <= score.value <= metric.bounds[1]
        assert set(score.sides) == set(metric.sides)
        assert metric.score(replace(case, _kept={})).value == score.value
        assert torch.equal(x, before)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.name)
def test_a_map_of_one_pixel_has_a_value_or_a_reason(metric: Metric) -> None:
    x = torch.full((1, 2, 1, 1), 0.5)
    method = complete_of(lambda target, x, _: (x * target.gradient(x)).sum(1)[0], zeros)
    case = case_by(method, Target(Linear(), 0, x), x)
    if metric.name == "seed_noise":
        with pytest.raises(DegenerateMap, match="constant"):
            metric.score(case)
    elif metric.name == "max_sensitivity":
        assert 0 < metric.score(case).value <= 0.04
    else:
        assert metric.score(case).value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("metric", "factor"),
    [
        (Sparseness(), -7.0),
        (Complexity(), -7.0),
        (SeedNoise(), -7.0),
        (MaxSensitivity(), -7.0),
        (Infidelity(), 7.0),
        (AverageDrop(), 7.0),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_the_scale_of_a_map_changes_no_value(
    metric: Metric, factor: float, tiny_target: Target, tiny_x: Tensor
) -> None:
    found = []
    for by in (1.0, factor, 1e-20, 1e20):
        method = method_of(
            lambda target, x, stream, by=by: (
                by
                * (
                    target.gradient(x).sum(1)[0]
                    + 0.01 * drawn(20, 24) * torch.rand(20, 24, generator=stream)
                )
            )
        )
        found.append(metric.score(case_by(method, tiny_target, tiny_x)))
    for score in found[1:]:
        assert score.value == pytest.approx(found[0].value, rel=1e-4)
        assert score.sides == pytest.approx(found[0].sides, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "field", "low", "high"),
    [
        ("seed_noise", "repeats", 1, 20),
        ("max_sensitivity", "samples", 1, 1000),
        ("max_sensitivity", "radius", 0.0, 1.0),
        ("infidelity", "samples", 2, 1000),
        ("infidelity", "side_share", 0.01, 0.75),
    ],
)
def test_parameters_keep_their_ranges(name: str, field: str, low: float, high: float) -> None:
    step = 1 if isinstance(low, int) else 0.001
    for value in (low, high):
        assert getattr(METRICS.build({"name": name, field: value}), field) == value
    for value in (low - step, high + step):
        with pytest.raises(BadParameter, match=f"between {low} and {high}"):
            METRICS.build({"name": name, field: value})


def test_defaults_and_directions() -> None:
    assert (SeedNoise().repeats, MaxSensitivity().samples, MaxSensitivity().radius) == (2, 10, 0.02)
    assert (Infidelity().samples, Infidelity().side_share) == (50, 0.25)
    assert [metric.better for metric in ALL] == ["higher"] + ["lower"] * 6
    assert [metric.family for metric in ALL] == [
        *["detail"] * 2,
        *["noise"] * 2,
        *["faithfulness"] * 2,
        "sanity",
    ]
    assert [metric.bounds for metric in ALL] == [
        (0, 1),
        (0, math.inf),
        (0, 2),
        (0, math.inf),
        (0, 1),
        (0, 1),
        (0, math.inf),
    ]
    assert [metric.name for metric in ALL if metric.standard] == ["sparseness"]


def test_scale_and_sign_do_not_change_noise() -> None:
    heat = torch.randn(32, 32, generator=torch.Generator().manual_seed(0))
    for metric in (fineness, total_variation):
        assert metric(heat) == pytest.approx(metric(-7 * heat), rel=1e-6)


@pytest.mark.parametrize("metric", ["fineness", "total_variation"])
def test_an_all_zero_map_has_no_noise_value(metric: str) -> None:
    with pytest.raises(DegenerateMap, match=BLANK):
        METRICS.build(metric).score(case_of(torch.zeros(20, 20)))


def test_a_constant_map_has_no_spectrum_and_no_variation() -> None:
    with pytest.raises(DegenerateMap, match="constant"):
        fineness(torch.full((20, 20), 3.0))
    assert total_variation(torch.full((20, 20), 3.0)) == 0
