"""Completeness gap: linear models, several baselines, captum's delta."""

from __future__ import annotations

from dataclasses import dataclass

import captum.attr
import captum.metrics
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Target
from heatcheck.attribution.input_x_gradient import InputXGradient
from heatcheck.attribution.random import Random
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.metrics.completeness_gap import CompletenessGap, gap
from heatcheck.tests.doubles.cases import case_by, case_of, drawn
from heatcheck.tests.doubles.small_models import Linear
from heatcheck.tests.doubles.told_methods import complete_of, zeros


@pytest.mark.parametrize(
    ("total", "change", "value"),
    [(3, 2, 0.5), (1, 2, 0.5), (-2, -2, 0), (2, -2, 2), (0, 4, 1), (-1, -4, 0.75)],
)
def test_the_gap_is_the_difference_over_the_change(
    total: float, change: float, value: float
) -> None:
    assert gap(torch.tensor([[total + 1.5, -1.5]]), change) == pytest.approx(value)


@pytest.mark.parametrize("bias", [0.0, 3.0])
def test_a_linear_models_products_are_complete_from_their_baseline_and_not_from_another(
    bias: float,
) -> None:
    x, model = drawn(1, 2, 7, 5) + 0.5, Linear(drawn(2, 7, 5, seed=1), bias)
    target = Target(model, 0, x)
    for start, value in (
        (0.0, 0.0),
        (0.25, float((model.weights * 0.25).sum() / (model.weights * (x - 0.25)).sum())),
    ):
        method = complete_of(
            lambda target, x, _: (x * target.gradient(x)).sum(1)[0],
            lambda target, x, _, at=start: torch.full_like(x, at),
        )
        assert CompletenessGap().score(case_by(method, target, x)).value == pytest.approx(
            value, rel=1e-4, abs=1e-6
        )


def test_of_several_baselines_the_mean_score_counts() -> None:
    x = torch.tensor([[[[0.5, 1.5]]]])
    method = complete_of(
        lambda target, x, _: x[0, 0],
        lambda target, x, _: torch.cat([0 * x, 0.5 * x, 0.25 * x, 0 * x]),
    )
    score = CompletenessGap().score(case_by(method, Target(Linear(), 0, x), x))
    assert score.value == pytest.approx((2 - 1.625) / 1.625)


def test_drawn_baselines_are_those_of_the_map() -> None:
    def start(target: Target, x: Tensor, stream: torch.Generator) -> Tensor:
        return torch.rand(x.shape, generator=stream)

    x = drawn(1, 1, 7, 5) + 3
    method = complete_of(lambda target, x, stream: (x - start(target, x, stream))[0, 0], start)
    assert CompletenessGap().score(
        case_by(method, Target(Linear(), 0, x), x, seed=3)
    ).value == pytest.approx(0, abs=1e-6)


def test_the_gap_is_captums_convergence_delta_over_the_change(
    tiny_target: Target, tiny: nn.Module, tiny_x: Tensor
) -> None:
    method = complete_of(lambda target, x, _: (x * target.gradient(x)).sum(1)[0], zeros)
    case = case_by(method, tiny_target, tiny_x)
    delta = captum.attr.IntegratedGradients(tiny).compute_convergence_delta(
        case.map.expand(1, 3, -1, -1) / 3, torch.zeros_like(tiny_x), tiny_x, target=1
    )
    change = float((tiny(tiny_x) - tiny(torch.zeros_like(tiny_x)))[0, 1].detach())
    assert CompletenessGap().score(case).value == pytest.approx(
        abs(float(delta) / change), rel=1e-4
    )
    assert abs(float(delta) / change) > 0.01


def test_only_methods_that_declare_completeness_have_a_gap() -> None:
    @dataclass(frozen=True)
    class Unclaimed(Random):
        def path_starts(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
            return torch.zeros_like(x)

    reason = "it claims no completeness: the sum of its map is not in the unit of the score."
    assert CompletenessGap.why_not(complete_of(zeros, zeros)) is None
    for method in (VanillaGradients(), InputXGradient(), Random(), Unclaimed()):
        assert CompletenessGap.why_not(method) == reason
        with pytest.raises(
            DoesNotApply, match=f"^{method.title} has no completeness gap: {reason}$"
        ):
            CompletenessGap().score(case_of(drawn(7, 5), method=method))


@pytest.mark.parametrize(("weights", "bias"), [(0.0, 1.0), (torch.nan, 0.0), (1.0, torch.inf)])
def test_a_score_that_does_not_change_by_a_number_has_no_gap(weights: float, bias: float) -> None:
    x = drawn(1, 1, 7, 5)
    case = case_of(
        drawn(7, 5), x, target=Target(Linear(weights, bias), 0, x), method=complete_of(zeros, zeros)
    )
    with pytest.raises(
        DegenerateMap,
        match=r"^Expected the score to change from the baseline .* not defined\. Choose another "
        r"baseline\.$",
    ):
        CompletenessGap().score(case)
