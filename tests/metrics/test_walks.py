"""Walks: identities of curves, what is read twice, and errors of areas."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from heatcheck.attribution import METHODS, Target
from heatcheck.metrics import Curve, Other
from heatcheck.metrics.drawn_points import draw, estimate
from heatcheck.metrics.orders import STEPS
from heatcheck.metrics.substrates import CLEAN
from heatcheck.metrics.walks import Sampled, Walk, error_of, mean_of, remember, walk_together
from heatcheck.tests.doubles.cases import case_of, curve_of, others, scored


@pytest.mark.parametrize("patch", [1, 5])
def test_deletion_of_a_map_is_insertion_of_its_negative_with_one_substrate(
    patch: int, tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(5)).round(
        decimals=1
    )  # with ties
    case = case_of(heat, tiny_x, tiny_target)
    forth, back = (
        Walk(CLEAN, "grey", "own", patch),
        Walk("grey", CLEAN, "last first", patch),
    )  # the negative, its ties reversed
    found = walk_together(case, [forth, back], "all", 0.005)
    assert found[forth].auc == pytest.approx(found[back].auc, abs=1e-6)
    np.testing.assert_allclose(
        found[forth].curve.probabilities, found[back].curve.probabilities[::-1], atol=1e-6
    )


def test_the_batch_does_not_change_a_curve(
    tiny_target: Target, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3))
    for points in (50, "adaptive"):
        whole = curve_of(case_of(heat, tiny_x, tiny_target), "deletion", points=points)
        with monkeypatch.context() as patched:
            patched.setattr("heatcheck.metrics.walks.BATCH", 3)
            parts = curve_of(case_of(heat, tiny_x, tiny_target), "deletion", points=points)
        np.testing.assert_allclose(whole.probabilities, parts.probabilities, atol=1e-6)


def test_a_curve_that_was_walked_before_is_not_walked_again(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3))
    first = case_of(heat, tiny_x, tiny_target, others=others(tiny_x))
    expected = scored(first, "deletion_exchange", substrate="mean")
    again = case_of(heat, tiny_x, tiny_target, others=others(tiny_x))
    remember(again, Walk(CLEAN, "mean"), curve_of(first, "deletion", substrate="mean"))
    own, borrowed = (
        walk_together(first, [Walk(CLEAN, "mean", o)], "adaptive", 0.005)
        for o in ("own", "other 0")
    )
    before = tiny_target.passes
    assert scored(again, "deletion_exchange", substrate="mean").value == pytest.approx(
        expected.value, abs=1e-7
    )
    assert (tiny_target.passes - before).forward < sum(
        len(one.curve.fractions) for found in (own, borrowed) for one in found.values()
    ) + 60
    before = tiny_target.passes
    assert scored(again, "deletion", substrate="mean").sides["out_of_distribution"] == (
        pytest.approx(
            scored(first, "deletion", substrate="mean").sides["out_of_distribution"], abs=1e-6
        )
    )
    assert (tiny_target.passes - before).forward == 0


def test_the_error_of_a_mean_of_areas_is_that_of_independent_ones() -> None:
    one = Curve((0.0, 1.0), (0.0, 1.0), (0.0, 0.0))
    found = mean_of([Sampled(one, 0.4, 0.3), Sampled(one, 0.6, 0.4)])
    assert (found.error, found.auc) == (pytest.approx(0.25), 0.5)


def test_errors_of_areas_add_in_squares() -> None:
    curve = Curve((0.0, 1.0), (1.0, 0.0))
    areas = [Sampled(curve, 0.5, 3.0), Sampled(curve, 0.5, 4.0)]
    assert error_of(areas, (1, -1)) == pytest.approx(5.0)


def test_what_curves_share_at_points_that_were_drawn_together_is_no_error_of_their_difference() -> (
    None
):
    noise = np.random.default_rng(0)
    off, told, apart = [], [], []
    for seed in range(300):
        shared, own = noise.normal(0, 0.03, (2, STEPS + 1)).cumsum(1)
        places = draw(9, torch.Generator().manual_seed(seed))
        read = []
        for heights in (shared + 0.2 * own, shared):
            area, error = estimate(np.array(places), heights[list(places)])
            curve = Curve(tuple(places), tuple(heights[list(places)]), tuple(places))
            read.append(Sampled(curve, area, error, places))
        off.append(read[0].auc - read[1].auc - np.trapezoid(0.2 * own, dx=1 / STEPS))
        told.append(error_of(read, (1, -1)))
        apart.append(float(np.hypot(read[0].error, read[1].error)))
    true = float(np.std(off))
    assert np.sqrt(np.mean(np.square(told))) == pytest.approx(true, rel=0.25)
    assert np.sqrt(np.mean(np.square(apart))) > 4 * true


def test_the_mean_of_curves_with_the_same_points_keeps_them() -> None:
    places = (0, 20, 90, STEPS)
    one, other = (
        Sampled(Curve((0.0, 0.1, 0.4, 1.0), (0.9, p, 0.2, 0.1), (0, 0, 0, 0)), p, 0.1, places)
        for p in (0.8, 0.4)
    )
    mean = mean_of([one, other])
    assert (mean.auc, mean.places) == (pytest.approx(0.6), places)
    assert mean.curve.probabilities == pytest.approx((0.9, 0.6, 0.2, 0.1))


def test_an_order_that_equals_one_that_was_walked_costs_no_pass(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3))
    same = (Other(tiny_x, 1, heat),)
    case = case_of(heat, tiny_x, tiny_target, others=same)
    walk_together(case, [Walk(CLEAN, "mean")], "adaptive", 0.005)
    before = tiny_target.passes
    both = walk_together(
        case, [Walk(CLEAN, "mean"), Walk(CLEAN, "mean", "other 0")], "adaptive", 0.005
    )
    assert (tiny_target.passes - before).forward == 0
    assert len({sampled.auc for sampled in both.values()}) == 1


def test_drawn_points_are_the_same_for_all_orders_and_methods_and_others_on_each_substrate(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3))
    cases = [
        case_of(plane, tiny_x, tiny_target, method=METHODS.build(name))
        for plane, name in ((heat, "random"), (1 - heat, "edges"))
    ]
    points = [
        walk_together(case, [Walk(CLEAN, substrate, order)], "drawn-9", 0.005)
        for case in cases
        for substrate in ("mean", "black")
        for order in ("own", "misplaced")
    ]
    fractions = [sampled.curve.fractions for by_walk in points for sampled in by_walk.values()]
    assert len(fractions[0]) == 11
    assert [fractions.index(places) for places in fractions] == [0, 0, 2, 2, 0, 0, 2, 2]
