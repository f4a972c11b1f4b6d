"""Deletion and insertion: a naive loop of the RISE protocol as the reference, identities, and
answers that are known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Attribution, Passes, Target, attribute
from heatcheck.attribution.random import Random
from heatcheck.core.errors import BadParameter, DegenerateMap, DoesNotApply
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.images import Image
from heatcheck.metrics import METRICS, Case, Curve, Other, Score
from heatcheck.metrics.base import mean_curve
from heatcheck.metrics.curves import CurveMetric
from heatcheck.metrics.orders import (
    case_ranks,
    counts,
    misplaced,
    pooled,
    ranks,
    reversed_order,
    spread,
    tie_share,
)
from heatcheck.metrics.substrates import (
    CLEAN,
    SUBSTRATES,
    blur_kernel,
    blurred,
    end,
    gaussian,
    substrate_parameter,
)
from heatcheck.metrics.walks import (
    Sampled,
    Walk,
    joint_error,
    mean_of,
    remember,
    walk_together,
)

GRID = 225
CURVES = [name for name, metric in METRICS.items() if issubclass(metric, CurveMetric)]


def case_of(target: Target, x: Tensor, heat: Tensor, seed: int = 0, **more: Any) -> Case:
    return Case(
        target,
        x,
        Attribution(heat, Random(), target.class_index, seed, 0.0, Passes()),
        "image",
        **more,
    )


def others(x: Tensor) -> tuple[Other, ...]:
    draws = torch.Generator().manual_seed(3)
    return tuple(
        Other(torch.rand(x.shape, generator=draws), 0, torch.rand(x.shape[-2:], generator=draws))
        for _ in range(3)
    )


def scored(case: Case, name: str, **params: Any) -> Score:
    return METRICS.build({"name": name, **params}).score(case)


def curve_of(case: Case, name: str, **params: Any) -> Curve:
    found = scored(case, name, **params).curve
    assert found is not None
    return found


def naive(target: Target, x: Tensor, start: Tensor, stop: Tensor, order: Tensor) -> list[float]:
    """RISE's loop, one image a step: 224 pixels change at each of 224 steps."""
    current = start.clone()
    probabilities = []
    for step in range(GRID):
        probabilities.append(float(target.model(current).softmax(1)[0, target.class_index]))
        place = order[224 * step : 224 * (step + 1)]
        current.view(*x.shape[:2], -1)[..., place] = stop.view(*x.shape[:2], -1)[..., place]
    return probabilities


@pytest.mark.parametrize(("image", "method"), [(0, "grad_cam"), (12, "edges")])
def test_exact_curves_equal_a_naive_loop_at_all_225_points(
    image: int, method: str, lite0: Classifier, lite0_inputs: Tensor, photographs: list[Image]
) -> None:
    """`python -m heatcheck.tools.bench curves` does this for all 20 photographs and 7 methods."""
    x = lite0_inputs[image : image + 1]
    with torch.no_grad():
        target = lite0.target(x, int(lite0.model(x).argmax()))
        case = Case(
            target, x, attribute(METHODS.build(method), target, x), photographs[image].digest
        )
        order = case_ranks(case).flatten().argsort()
        for name, start, stop in (
            ("deletion", x, torch.zeros_like(x)),
            ("insertion", blurred(x), x),
        ):
            ours, expected = scored(case, name, points="all"), naive(target, x, start, stop, order)
            assert ours.curve is not None
            assert len(ours.curve.probabilities) == GRID == ours.sides["points"]
            np.testing.assert_allclose(ours.curve.probabilities, expected, atol=1e-5, rtol=0)
            assert ours.value == pytest.approx(
                (sum(expected) - expected[0] / 2 - expected[-1] / 2) / (GRID - 1), abs=1e-5
            )
            assert ours.sides["auc_error"] == 0
            quick = scored(case, name)
            assert quick.value == pytest.approx(ours.value, abs=0.01)
            assert quick.sides["points"] <= 90


class Sum(nn.Module):
    """Two classes; the log-odds of the first are the sum of its input."""

    def forward(self, x: Tensor) -> Tensor:
        total = x.sum((1, 2, 3))
        return torch.stack([total, torch.zeros_like(total)], 1)


def test_a_known_curve_of_four_pixels() -> None:
    x = torch.tensor([[[[3.0, 2.0], [1.0, 0.0]]]])
    curve = curve_of(case_of(Target(Sum(), 0, x), x, x[0, 0]), "deletion", points="all")
    at = dict(zip(curve.fractions, curve.probabilities, strict=True))
    expected = {0.0: 6.0, 0.25: 3.0, 0.5: 1.0, 0.75: 0.0, 1.0: 0.0}  # what is left of the sum
    assert {
        fraction: pytest.approx(1 / (1 + np.exp(-left))) for fraction, left in expected.items()
    } == {f: at[f] for f in expected}


@pytest.mark.parametrize("name", ["deletion", "insertion"])
def test_a_linear_model_has_its_curves_in_closed_form(name: str) -> None:
    x = 0.3 * torch.randn(1, 2, 17, 13, generator=torch.Generator().manual_seed(2))
    case = case_of(Target(Sum(), 0, x), x, x[0].sum(0))
    curve = curve_of(case, name, points="all", substrate="mean")
    ordered = np.sort(x[0].double().sum(0).flatten().numpy())[::-1]
    taken = np.concatenate([[0.0], np.cumsum(ordered)])[counts(17 * 13)]
    logits = taken[-1] - taken if name == "deletion" else taken
    np.testing.assert_allclose(curve.probabilities, 1 / (1 + np.exp(-logits)), atol=1e-6)
    energies = np.logaddexp(logits, 0)
    np.testing.assert_allclose(curve.energy_gaps, np.logaddexp(taken[-1], 0) - energies, atol=1e-5)
    assert scored(case, name, points="all", substrate="mean").sides[
        "out_of_distribution"
    ] == pytest.approx(float(np.trapezoid(curve.energy_gaps, curve.fractions)), abs=1e-6)


@pytest.mark.parametrize("patch", [1, 5])
def test_deletion_of_a_map_is_insertion_of_its_negative_with_one_substrate(
    patch: int, tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(5)).round(
        decimals=1
    )  # with ties
    case = case_of(tiny_target, tiny_x, heat)
    forth, back = (
        Walk(CLEAN, "grey", "own", patch),
        Walk("grey", CLEAN, "last first", patch),
    )  # the negative, its ties reversed
    found = walk_together(case, [forth, back], "all", 0.005)
    assert found[forth].auc == pytest.approx(found[back].auc, abs=1e-6)
    np.testing.assert_allclose(
        found[forth].curve.probabilities, found[back].curve.probabilities[::-1], atol=1e-6
    )


@given(power=st.floats(0.2, 4), shift=st.floats(-3, 3), scale=st.floats(0.1, 50))
@settings(max_examples=25, deadline=None)
def test_the_order_alone_matters(power: float, shift: float, scale: float) -> None:
    heat = torch.rand(16, 15, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    order = ranks(heat, torch.Generator().manual_seed(1))
    assert torch.equal(order, ranks(scale * heat**power + shift, torch.Generator().manual_seed(1)))


# -- orders ----------------------------------------------------------------------------------------


def test_ties_are_broken_by_the_seed_and_not_by_memory_order() -> None:
    flat = torch.zeros(40, 40)
    first, again, other = (ranks(flat, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert abs(float(np.corrcoef(first.flatten(), np.arange(1600))[0, 1])) < 0.1
    assert sorted(first.flatten().tolist()) == list(range(1600))


def test_the_highest_pixel_comes_first_and_signs_count() -> None:
    heat = torch.tensor([[-5.0, 2.0], [0.0, 1.0]])
    places = ranks(heat, torch.Generator())
    assert places.tolist() == [[3, 0], [2, 1]]
    assert reversed_order(places).tolist() == [[0, 3], [1, 2]]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_map_that_is_not_finite_has_no_order(
    bad: float, tiny_target: Target, tiny_x: Tensor
) -> None:
    with pytest.raises(DegenerateMap, match="Expected a finite map"):
        case_ranks(case_of(tiny_target, tiny_x, torch.tensor([[0.0, bad]])))


def test_tie_share_counts_pixels_that_share_their_value() -> None:
    assert tie_share(torch.tensor([[0.0, 0.0], [0.0, 1.0]])) == 0.75
    assert tie_share(torch.tensor([[0.0, 2.0], [2.0, 1.0]])) == 0.5
    assert tie_share(torch.arange(9.0).reshape(3, 3)) == 0.0


def test_the_error_of_a_mean_of_areas_is_that_of_independent_ones() -> None:
    one = Curve((0.0, 1.0), (0.0, 1.0), (0.0, 0.0))
    found = mean_of([Sampled(one, 0.3), Sampled(one, 0.4)])
    assert (found.error, found.auc) == (pytest.approx(0.25), 0.5)


def test_misplacing_moves_every_pixel_by_half_the_image() -> None:
    places = torch.arange(24).reshape(4, 6)
    moved = misplaced(places)
    assert moved[2, 3] == places[0, 0]
    assert (moved != places).all()
    assert sorted(moved.flatten().tolist()) == list(range(24))


def test_patches_are_ranked_by_their_mean_and_change_whole() -> None:
    heat = torch.tensor([[9.0, 0, 1, 1, 5], [0, 0, 1, 1, 5], [2, 2, 0, 0, 0]])
    assert pooled(heat, 2).tolist() == [[2.25, 1.0, 5.0], [2.0, 0.0, 0.0]]  # the far edges are cut
    assert pooled(heat, 1) is heat
    order = torch.tensor([[1, 2, 0], [3, 4, 5]])
    assert spread(order, 2, 3, 5).tolist() == [[1, 1, 2, 2, 0], [1, 1, 2, 2, 0], [3, 3, 4, 4, 5]]
    assert spread(order, 1, 2, 3) is order


def test_a_curve_over_patches_of_a_linear_model_counts_patches() -> None:
    x = torch.tensor([[[[4.0, 4, 1, 1], [4, 4, 1, 1]]]]) / 4
    curve = curve_of(case_of(Target(Sum(), 0, x), x, x[0, 0]), "deletion", points="all", patch=2)
    at = dict(zip(curve.fractions, curve.probabilities, strict=True))
    assert set(at) == {0.0, 0.5, 1.0}
    assert at[0.5] == pytest.approx(1 / (1 + np.exp(-1.0)))


@pytest.mark.parametrize("pixels", [224 * 224, 240 * 240, 260 * 260, 480, 49, 2, 1])
def test_counts_are_symmetric_and_reach_both_ends(pixels: int) -> None:
    full = counts(pixels)
    assert (full[0], full[-1], len(full)) == (0, pixels, GRID)
    assert full == sorted(full)
    assert all(full[k] + full[-1 - k] == pixels for k in range(GRID) if 2 * k != GRID - 1)
    assert max(abs(count - k * pixels / 224) for k, count in enumerate(full)) <= 0.5
    if pixels == 224 * 224:
        assert full == [224 * k for k in range(GRID)]


@pytest.mark.parametrize("points", [2, 3, 17, 33, 100, 225])
def test_a_number_of_points_is_on_the_grid_and_evenly_spaced(
    points: int, tiny_target: Target, tiny_x: Tensor
) -> None:
    x = tiny_x.repeat(1, 1, 6, 5)[..., :112, :112]
    curve = curve_of(
        case_of(tiny_target.about(x=x), x, torch.rand(112, 112)), "deletion", points=points
    )
    steps = np.array(curve.fractions) * 224
    np.testing.assert_allclose(steps, steps.round(), atol=1e-9)
    assert len(curve.fractions) == points
    assert (curve.fractions[0], curve.fractions[-1]) == (0.0, 1.0)
    assert np.ptp(np.diff(steps)) <= 1 + 1e-9


# -- substrates ------------------------------------------------------------------------------------


def test_rises_blur_is_nearly_a_box() -> None:
    kernel = blur_kernel()
    assert kernel.shape == (11, 11)
    assert float(kernel.sum()) == pytest.approx(1, abs=1e-12)
    assert float(kernel[0, 0] / kernel[5, 5]) == pytest.approx(0.876, abs=1e-3)
    spot = torch.zeros(1, 1, 21, 21)
    spot[0, 0, 10, 10] = 1
    torch.testing.assert_close(blurred(spot)[0, 0, 5:16, 5:16], kernel.float())
    torch.testing.assert_close(
        blurred(torch.ones(1, 2, 15, 15))[:, :, 5:10, 5:10], torch.ones(1, 2, 5, 5)
    )


def test_substrates_are_what_their_names_say(tiny_target: Target, tiny_x: Tensor) -> None:
    case = case_of(tiny_target, tiny_x, torch.rand(20, 24))
    assert torch.equal(end(case, CLEAN), tiny_x)
    assert not end(case, "mean").any()  # zero after normalisation: the mean, 0.5, in pixels
    pixels = {name: tiny_target.to_pixels(end(case, name)) for name in SUBSTRATES}
    assert torch.equal(pixels["black"], torch.zeros_like(tiny_x))
    torch.testing.assert_close(pixels["grey"], torch.full_like(tiny_x, 0.5))
    torch.testing.assert_close(end(case, "blur"), blurred(tiny_x))
    assert 0 <= pixels["noise"].min() < 0.05
    assert 0.95 < pixels["noise"].max() <= 1
    other = Case(
        tiny_target,
        tiny_x,
        Attribution(torch.rand(20, 24), METHODS.build("edges"), 1, 0, 0.0, Passes()),
        "image",
    )
    assert torch.equal(end(case, "noise"), end(other, "noise"))  # the same for every method
    assert set(SUBSTRATES) == {"mean", "black", "grey", "blur", "gaussian", "noise"}
    torch.testing.assert_close(
        end(case, "gaussian"),
        torchvision.transforms.functional.gaussian_blur(tiny_x, [11, 11], [5.0, 5.0]),
    )
    torch.testing.assert_close(gaussian(torch.ones(1, 2, 3, 9)), torch.ones(1, 2, 3, 9))


@pytest.mark.parametrize("name", ["deletion", "insertion"])
def test_a_curve_begins_and_ends_where_its_substrate_says(
    name: str, tiny_target: Target, tiny_x: Tensor
) -> None:
    case = case_of(tiny_target, tiny_x, torch.rand(20, 24))
    for substrate in SUBSTRATES:
        curve = curve_of(case, name, points=3, substrate=substrate)
        expected = [float(tiny_target.probability(end(case, one))[0]) for one in (CLEAN, substrate)]
        assert [curve.probabilities[0], curve.probabilities[-1]] == pytest.approx(
            expected[:: 1 if name == "deletion" else -1], abs=1e-6
        )


# -- what metrics make of curves -------------------------------------------------------------------


def test_the_metrics_of_a_case_share_their_curves_and_fill_their_batches_together(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    names = (
        "deletion",
        "insertion",
        "deletion_placement",
        "insertion_placement",
        "relevance_gain",
        "deletion_exchange",
    )
    metrics = tuple(METRICS.build({"name": name, "points": 33}) for name in names)
    case = case_of(tiny_target, tiny_x, torch.rand(20, 24), others=others(tiny_x), together=metrics)
    before = tiny_target.passes
    metrics[0].score(case)
    inner, ends = 31, 3  # image, mean colour, blurred image
    assert (tiny_target.passes - before).forward == 7 * inner + ends
    for metric in metrics:
        metric.score(case)
    assert (tiny_target.passes - before).forward == 7 * inner + ends


def test_metrics_without_other_images_are_not_held_up_by_one_that_needs_them(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    metrics = tuple(
        METRICS.build({"name": name, "points": 5}) for name in ("deletion", "deletion_exchange")
    )
    case = case_of(tiny_target, tiny_x, torch.rand(20, 24), together=metrics)
    assert 0 <= metrics[0].score(case).value <= 1
    with pytest.raises(DoesNotApply, match="no other image has a map"):
        metrics[1].score(case)


@pytest.mark.parametrize("points", ["adaptive", 9])
@pytest.mark.parametrize("name", CURVES)
def test_a_score_does_not_depend_on_what_else_is_scored(
    name: str, points: str | int, tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3))
    metrics = tuple(METRICS.build({"name": other, "points": points}) for other in CURVES)
    alone = scored(case_of(tiny_target, tiny_x, heat, others=others(tiny_x)), name, points=points)
    full = case_of(tiny_target, tiny_x, heat, others=others(tiny_x), together=metrics)
    scored(full, "deletion", points="all")
    beside = scored(full, name, points=points)
    assert beside.value == pytest.approx(alone.value, abs=1e-6)
    assert beside.sides == pytest.approx(dict(alone.sides), abs=1e-5)


@pytest.mark.parametrize("name", CURVES)
def test_every_curve_metric_is_the_difference_of_the_areas_it_names(
    name: str, tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(4))
    case = case_of(tiny_target, tiny_x, heat, others=others(tiny_x))
    score = scored(case, name, points="all")
    deletes = not name.startswith("insertion")
    ends = (CLEAN, "mean") if deletes else ("blur", CLEAN)
    orders = ("own", "misplaced", "last first", "other 0", "other 1")
    walked = walk_together(case, [Walk(*ends, order) for order in orders], "all", 0.005)
    area = {walk.order: found.auc for walk, found in walked.items()}
    sign = 1 if deletes else -1
    exchanged = (area["other 0"] + area["other 1"]) / 2
    expected = {
        "deletion": area["own"],
        "insertion": area["own"],
        "relevance_gain": area["last first"] - area["own"],
        "deletion_placement": sign * (area["misplaced"] - area["own"]),
        "insertion_placement": sign * (area["misplaced"] - area["own"]),
        "deletion_exchange": sign * (exchanged - area["own"]),
        "insertion_exchange": sign * (exchanged - area["own"]),
    }
    assert score.value == pytest.approx(expected[name], abs=1e-7)
    told = {
        "misplaced": area["misplaced"],
        "last_first": area["last first"],
        "exchanged": exchanged,
    }
    assert {side: value for side, value in score.sides.items() if side in told} == {
        side: pytest.approx(value, abs=1e-7) for side, value in told.items() if side in score.sides
    }
    assert score.curve is not None
    if name in ("deletion", "insertion"):
        assert score.curve.auc == pytest.approx(score.value)
        assert score.sides["tie_share"] == tie_share(heat)
    else:
        assert score.curve.auc == pytest.approx(
            next(score.sides[side] for side in told if side in score.sides)
        )


def test_the_maps_of_other_images_rank_this_one(tiny_target: Target, tiny_x: Tensor) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(4))
    same = tuple(Other(tiny_x, 1, heat) for _ in range(2))
    case = case_of(tiny_target, tiny_x, heat, others=same)
    for name in ("deletion_exchange", "insertion_exchange"):
        assert scored(case, name, points="all").value == pytest.approx(
            0, abs=1e-7
        )  # one's own map back is no other evidence
    one = case_of(tiny_target, tiny_x, heat, others=same[:1])
    assert scored(one, "deletion_exchange", points=9).value == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("patch", [1, 4])
def test_a_map_that_is_the_same_for_every_image_has_no_exchange_gain_however_many_ties_it_has(
    patch: int, tiny_target: Target, tiny_x: Tensor
) -> None:
    """Its ties are drawn alike, whichever image it comes from."""
    flat = torch.zeros(20, 24)
    case = case_of(
        tiny_target, tiny_x, flat, others=tuple(Other(tiny_x, 1, flat) for _ in range(2))
    )
    for name in ("deletion_exchange", "insertion_exchange"):
        assert scored(case, name, points="all", patch=patch).value == pytest.approx(0, abs=1e-7)
        assert scored(case, name, patch=patch).value == pytest.approx(0, abs=1e-7)


def test_gains_are_positive_for_a_map_that_is_right() -> None:
    x = torch.zeros(1, 1, 16, 16)
    x[0, 0, 2:6, 2:6] = 0.2  # small enough that the probability does not saturate
    elsewhere = x.roll((7, 7), (2, 3))
    case = case_of(Target(Sum(), 0, x), x, x[0, 0], others=(Other(elsewhere, 0, elsewhere[0, 0]),))
    for name in (
        "deletion_placement",
        "insertion_placement",
        "deletion_exchange",
        "insertion_exchange",
        "relevance_gain",
    ):
        assert scored(case, name).value > 0.02, name


def test_a_uniform_map_gains_nothing_on_average() -> None:
    x = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    target = Target(Sum(), 0, x - 0.5)
    values = [
        scored(
            case_of(target, x - 0.5, torch.zeros(16, 16), seed), "deletion_placement", points="all"
        ).value
        for seed in range(60)
    ]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(60) + 1e-9


def test_the_batch_does_not_change_a_curve(
    tiny_target: Target, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3))
    for points in (50, "adaptive"):
        whole = curve_of(case_of(tiny_target, tiny_x, heat), "deletion", points=points)
        with monkeypatch.context() as patched:
            patched.setattr("heatcheck.metrics.walks.BATCH", 3)
            parts = curve_of(case_of(tiny_target, tiny_x, heat), "deletion", points=points)
        np.testing.assert_allclose(whole.probabilities, parts.probabilities, atol=1e-6)


def test_a_curve_that_was_walked_before_is_not_walked_again(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3))
    first = case_of(tiny_target, tiny_x, heat, others=others(tiny_x))
    expected = scored(first, "deletion_exchange")
    again = case_of(tiny_target, tiny_x, heat, others=others(tiny_x))
    remember(again, Walk(CLEAN, "mean"), curve_of(first, "deletion"))
    own, borrowed = (
        walk_together(first, [Walk(CLEAN, "mean", o)], "adaptive", 0.005)
        for o in ("own", "other 0")
    )
    before = tiny_target.passes
    assert scored(again, "deletion_exchange").value == pytest.approx(expected.value, abs=1e-7)
    assert (tiny_target.passes - before).forward < sum(
        len(one.curve.fractions) for found in (own, borrowed) for one in found.values()
    ) + 60
    before = tiny_target.passes
    assert scored(again, "deletion").sides["out_of_distribution"] == pytest.approx(
        scored(first, "deletion").sides["out_of_distribution"], abs=1e-6
    )
    assert (tiny_target.passes - before).forward == 0


class Broken(nn.Module):
    """Finite on the clean image, NaN on others."""

    def forward(self, x: Tensor) -> Tensor:
        total = torch.where((x == 0).any(), torch.nan, 1.0) * x.sum((1, 2, 3))
        return torch.stack([total, -total], 1)


def test_a_model_that_breaks_on_the_way_gives_no_number() -> None:
    x = torch.ones(1, 1, 8, 8)
    with pytest.raises(DegenerateMap, match=r"finite probabilities along the curve \(own\)"):
        scored(case_of(Target(Broken(), 0, x), x, torch.rand(8, 8)), "deletion")


@pytest.mark.parametrize("name", CURVES)
def test_what_points_may_be(name: str) -> None:
    for good in ("adaptive", "all", 2, 225):
        METRICS.build({"name": name, "points": good})
    for bad in ("some", 1, 226, True, 3.5):
        with pytest.raises(BadParameter, match="points"):
            METRICS.build({"name": name, "points": bad})


# -- curves as values ------------------------------------------------------------------------------


def test_the_mean_of_curves_has_the_mean_of_their_areas() -> None:
    one = Curve((0.0, 0.5, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 1.0))
    other = Curve((0.0, 0.25, 1.0), (1.0, 1.0, 0.5), (0.0, 0.0, 3.0))
    mean = mean_curve([one, other])
    assert mean.fractions == (0.0, 0.25, 0.5, 1.0)
    assert mean.probabilities == pytest.approx((1.0, 0.75, 0.5 * (1 - 0.5 / 3), 0.25))
    assert mean.auc == pytest.approx((one.auc + other.auc) / 2)
    assert mean.out_of_distribution == pytest.approx(
        (one.out_of_distribution + other.out_of_distribution) / 2
    )


def test_errors_of_areas_add_in_squares() -> None:
    curve = Curve((0.0, 1.0), (1.0, 0.0))
    assert joint_error([Sampled(curve, 3.0), Sampled(curve, 4.0)]) == pytest.approx(5.0)


def smooth(index: int) -> float:
    return float(np.exp(-8 * index / 224))


def jump(index: int) -> float:
    return 1.0 if index < 100 else 0.0


def flat(index: int) -> float:
    return 0.25


def plan(read: Callable[[int], float], tolerance: float) -> tuple[tuple[int, ...], float, int]:
    """The points chosen, the error left, the rounds taken; `read` may be asked only for what was
    evaluated.
    """
    from heatcheck.metrics.adaptive_points import adaptive

    known: dict[int, float] = {}
    steps, rounds = adaptive(known.__getitem__, tolerance), 0
    while True:
        try:
            known.update({index: read(index) for index in next(steps)})
            rounds += 1
        except StopIteration as ended:
            assert set(ended.value.places) == set(known)
            return ended.value.places, ended.value.error, rounds


@pytest.mark.parametrize("read", [smooth, jump, flat])
@pytest.mark.parametrize("tolerance", [0.02, 0.005, 0.001])
def test_adaptive_points_give_the_area_to_the_tolerance(
    read: Callable[[int], float], tolerance: float
) -> None:
    places, error, _ = plan(read, tolerance)
    exact = np.trapezoid([read(index) for index in range(GRID)], dx=1 / 224)
    found = np.trapezoid([read(index) for index in places], np.array(places) / 224)
    assert list(places) == sorted(set(places))
    assert (places[0], places[-1]) == (0, 224)
    assert abs(found - exact) <= tolerance
    assert 2 * error <= tolerance
    assert len(places) >= 29


def test_points_go_where_the_curve_is_rough() -> None:
    assert len(plan(flat, 0.0005)[0]) == 29
    assert plan(flat, 0.0005)[1:] == (0.0, 1)
    places, error, rounds = plan(jump, 0.0005)
    assert {99, 100} <= set(places)  # halved down to neighbours, where nothing is left to err
    assert error < 0.00025
    assert rounds > 3
    assert len(places) < 80
    assert max(np.diff(places)) == 8


def test_the_error_that_is_carried_is_the_error_that_is_made() -> None:
    """On Brownian paths, for which it is derived, its square is the mean square of the true
    error.
    """
    ratios = []
    draws = np.random.default_rng(0)
    for _ in range(400):
        path = np.cumsum(draws.normal(size=GRID)) / 60
        places, error, _ = plan(lambda index, path=path: float(path[index]), 0.02)  # type: ignore[misc]
        off = np.trapezoid(path[list(places)], np.array(places) / 224) - np.trapezoid(
            path, dx=1 / 224
        )
        ratios.append(off / error)
    assert 0.85 < np.sqrt(np.mean(np.square(ratios))) < 1.25
    assert abs(np.mean(ratios)) < 0.2


def test_a_map_from_anywhere_is_scored_in_one_line(tiny_target: Target, tiny_x: Tensor) -> None:
    from heatcheck import metrics

    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3), requires_grad=True)
    case = case_of(tiny_target, tiny_x, heat.detach())
    for name, alone in (("deletion", metrics.deletion), ("insertion", metrics.insertion)):
        assert (
            alone(tiny_target, tiny_x, heat, points=9).value == scored(case, name, points=9).value
        )
        assert (
            alone(tiny_target, tiny_x, heat, points=9, substrate="black").value
            == scored(case, name, points=9, substrate="black").value
        )
    flat = torch.zeros(20, 24)
    assert (
        metrics.deletion(tiny_target, tiny_x, flat, seed=1).value
        != metrics.deletion(tiny_target, tiny_x, flat, seed=2).value
    )
    with pytest.raises(DegenerateMap, match="finite"):
        metrics.deletion(tiny_target, tiny_x, torch.full((20, 24), float("nan")))
    with pytest.raises(BadParameter, match="substrate"):
        metrics.insertion(tiny_target, tiny_x, flat, substrate="pink")


def test_a_substrate_is_one_of_those_that_there_are() -> None:
    field = substrate_parameter("grey", "What it is for.", "Why grey.")
    assert field.default == "grey"
    assert field.metadata["choices"] == ("mean", "black", "grey", "blur", "gaussian", "noise")
    assert (field.metadata["help"], field.metadata["why"]) == ("What it is for.", "Why grey.")


@pytest.mark.parametrize(
    "name",
    [
        "deletion_placement",
        "insertion_placement",
        "deletion_exchange",
        "insertion_exchange",
        "relevance_gain",
    ],
)
def test_gains_walk_over_the_patches_that_were_asked_for(
    name: str, tiny_target: Target, tiny_x: Tensor
) -> None:
    case = case_of(tiny_target, tiny_x, torch.rand(tiny_x.shape[-2:]), others=others(tiny_x))
    walks = METRICS.build({"name": name, "patch": 5}).walks(case)
    assert len(walks) > 1
    assert {walk.patch for walk in walks.values()} == {5}


def test_a_given_maps_seed_decides_its_ties(tiny_target: Target, tiny_x: Tensor) -> None:
    from heatcheck import metrics

    flat = torch.zeros(tiny_x.shape[-2:])
    for score in (metrics.deletion, metrics.insertion):
        plain, same, other = (
            score(tiny_target, tiny_x, flat, points="all", **seed).value
            for seed in ({}, {"seed": 0}, {"seed": 1})
        )
        assert plain == same != other
