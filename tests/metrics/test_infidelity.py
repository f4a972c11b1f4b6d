"""Infidelity: captum's, linear models, and the squares it greys out."""

from __future__ import annotations

import captum.attr
import captum.metrics
import numpy as np
import pytest
import scipy.stats
import torch
from torch import nn

from heatcheck.attribution import Passes, Target
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics.infidelity import Infidelity, residuals, unexplained
from heatcheck.tests.doubles.cases import case_of, drawn
from heatcheck.tests.doubles.small_models import Linear, OnlyDimmed


def test_infidelity_is_captums(tiny: nn.Module) -> None:
    x = drawn(1, 3, 20, 24).double() - 0.5
    target = Target(tiny.double(), 1, x)
    case, metric = case_of(drawn(20, 24) - 0.4, x, target=target), Infidelity()
    masks = metric.masks(case)[:, None].expand(-1, 3, -1, -1)
    oracle = captum.metrics.infidelity(
        tiny,
        lambda inputs: (masks.double(), inputs * ~masks),
        x,
        case.map.double().expand(1, 3, -1, -1) / 3,
        target=1,
        n_perturb_samples=50,
        normalize=True,
    )
    score = metric.score(case)
    assert score.sides["unscaled"] == pytest.approx(float(oracle), rel=1e-5)
    changes = target.score(x) - target.score(x * ~masks)
    assert score.value == pytest.approx(float(oracle / changes.square().mean()), rel=1e-5)
    assert 0.01 < score.value < 0.99


@pytest.mark.parametrize(
    ("predicted", "actual", "left"),
    [
        ([1, 0], [3, 4], [0, 4]),
        ([1, 1], [1, 3], [-1, 1]),
        ([-2, 0], [3, 4], [0, 4]),
        ([0, 0], [3, 4], [3, 4]),
        ([0.5, 1], [-1, -2], [0, 0]),
    ],
)
def test_what_the_best_factor_leaves(
    predicted: list[float], actual: list[float], left: list[float]
) -> None:
    u, change = torch.tensor(predicted).double(), torch.tensor(actual).double()
    assert residuals(u, change).tolist() == pytest.approx(left)
    assert unexplained(u, change) == pytest.approx(np.square(left).sum() / np.square(actual).sum())


def test_what_is_left_is_never_more_than_all_whatever_the_rounding() -> None:
    shares = []
    for seed in range(100):
        predicted, actual = drawn(2, 7, seed=seed).double() - 0.5
        shares.append(
            unexplained(
                predicted, actual - (predicted @ actual) / (predicted @ predicted) * predicted
            )
        )
    assert max(shares) == 1
    assert min(shares) == pytest.approx(1)


@pytest.mark.parametrize(("sign", "bias"), [(1, 0.0), (-1, 5.0)])
def test_the_products_of_a_linear_model_account_for_all_of_it_whatever_their_sign(
    sign: int, bias: float
) -> None:
    x, model = drawn(1, 2, 11, 13), Linear(drawn(2, 11, 13, seed=1) - 0.4, bias)
    case = case_of(sign * (x * model.weights).sum(1)[0], x, target=Target(model, 0, x))
    score = Infidelity().score(case)
    assert score.value == pytest.approx(0, abs=1e-9)
    assert score.sides["unscaled"] == pytest.approx(0, abs=1e-9)


def test_a_map_of_almost_nothing_accounts_for_nothing() -> None:
    heat = torch.zeros(11, 13)
    heat[0, 0] = 1e-9
    score = Infidelity().score(case_of(heat))
    assert score.value > 0.9
    assert score.sides["unscaled"] == pytest.approx(9**2)  # squares of 3 x 3 ones


@pytest.mark.parametrize(
    ("height", "width", "share", "side"),
    [
        (20, 24, 0.25, 5),
        (24, 20, 0.25, 5),
        (7, 5, 0.25, 1),
        (7, 7, 0.25, 2),
        (11, 13, 0.75, 8),
        (1, 1, 0.25, 1),
        (40, 40, 0.01, 1),
        (1, 9, 0.5, 1),
    ],
)
def test_squares_lie_inside_and_reach_every_place(
    height: int, width: int, share: float, side: int
) -> None:
    masks = Infidelity(samples=1000, side_share=share).masks(case_of(drawn(height, width)))
    assert masks.shape == (1000, height, width)
    assert masks.sum((1, 2)).unique().tolist() == [side * side]
    for axis, extent in ((2, height), (1, width)):
        lines = masks.any(axis)
        assert lines.sum(1).unique().tolist() == [side]
        starts = lines.int().argmax(1).bincount(minlength=extent - side + 1)
        assert len(starts) == extent - side + 1
        if len(starts) > 1:
            assert scipy.stats.chisquare(starts.numpy()).pvalue > 0.001


def test_every_method_meets_the_same_squares_and_another_seed_others() -> None:
    first = Infidelity().masks(case_of(drawn(20, 24)))
    assert torch.equal(first, Infidelity().masks(case_of(drawn(20, 24), method=VanillaGradients())))
    assert not torch.equal(first, Infidelity().masks(case_of(drawn(20, 24), seed=1)))
    assert len({tuple(mask.flatten().tolist()) for mask in first}) > 40


def test_a_square_becomes_the_mean_colour_and_all_else_stays() -> None:
    x, model = drawn(1, 2, 11, 13) + 0.1, Linear()
    case = case_of(drawn(11, 13), x, target=Target(model, 0, x, mean=0.5, std=0.25))
    metric = Infidelity(samples=20)
    metric.score(case)
    shown = torch.cat([pictures for pictures in model.seen if len(pictures) > 1])
    assert torch.equal(shown, x * ~metric.masks(case)[:, None])
    assert case.target.passes == Passes(forward=21)
    assert max(len(pictures) for pictures in model.seen) == 16


@pytest.mark.parametrize(("weights", "bias"), [(0.0, 1.0), (torch.nan, 0.0), (1.0, torch.inf)])
def test_a_score_that_does_not_change_by_a_number_has_no_infidelity(
    weights: float, bias: float
) -> None:
    x = drawn(1, 1, 11, 13)
    with pytest.raises(
        DegenerateMap,
        match=r"^Expected the score to change with some square\. Got .*not defined\. Try larger "
        r"squares\.$",
    ):
        Infidelity().score(case_of(drawn(11, 13), x, target=Target(Linear(weights, bias), 0, x)))


def test_infinite_changes_have_no_shares() -> None:
    x = torch.ones(1, 1, 11, 13)
    with pytest.raises(DegenerateMap, match="Got a summed squared change of inf"):
        Infidelity().score(case_of(drawn(11, 13), x, target=Target(OnlyDimmed(-torch.inf), 0, x)))
