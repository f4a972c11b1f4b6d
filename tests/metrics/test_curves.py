"""Deletion and insertion: a naive loop of the RISE protocol as the reference, identities, and answers that are known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from attribution import METHODS, Attribution, Passes, Target, attribute
from attribution.random import Random
from evaluation.classifiers import Classifier
from evaluation.images import Image
from metrics import METRICS, Case, Metric
from metrics.curves import (
    blur_kernel,
    blurred,
    case_ranks,
    counts,
    curve_between,
    deletion_curve,
    frames,
    insertion_curve,
    misplaced,
    ranks,
    tie_share,
)  # fmt: skip

GRID = 225


def case_of(target: Target, x: Tensor, heat: Tensor, seed: int = 0) -> Case:
    return Case(target, x, Attribution(heat, Random(), target.class_index, seed, 0.0, Passes()), "image")


def naive(target: Target, x: Tensor, start: Tensor, end: Tensor, order: Tensor) -> list[float]:
    """RISE's loop, one image a step: 224 pixels change at each of 224 steps."""
    current = start.clone()
    probabilities = []
    for step in range(GRID):
        probabilities.append(float(target.model(current).softmax(1)[0, target.class_index]))
        place = order[224 * step : 224 * (step + 1)]
        current.view(*x.shape[:2], -1)[..., place] = end.view(*x.shape[:2], -1)[..., place]
    return probabilities


@pytest.mark.parametrize(("image", "method"), [(0, "grad_cam"), (7, "vanilla_gradients"), (12, "edges")])
def test_exact_curves_equal_a_naive_loop_at_all_225_points(
    image: int, method: str, lite0: Classifier, lite0_inputs: Tensor, photographs: list[Image]
) -> None:
    x = lite0_inputs[image : image + 1]
    with torch.no_grad():
        target = lite0.target(x, int(lite0.model(x).argmax()))
        case = Case(target, x, attribute(METHODS.build(method), target, x), photographs[image].digest)
        order = case_ranks(case).flatten().argsort()
        for ours, start, end in (
            (deletion_curve(case, GRID), x, torch.zeros_like(x)),
            (insertion_curve(case, GRID), blurred(x), x),
        ):
            expected = naive(target, x, start, end, order)
            assert len(ours.probabilities) == GRID
            np.testing.assert_allclose(ours.probabilities, expected, atol=1e-5, rtol=0)
            assert ours.auc == pytest.approx((sum(expected) - expected[0] / 2 - expected[-1] / 2) / (GRID - 1), abs=1e-5)


class Sum(nn.Module):
    """Two classes; the log-odds of the first are the sum of its input."""

    def forward(self, x: Tensor) -> Tensor:
        total = x.sum((1, 2, 3))
        return torch.stack([total, torch.zeros_like(total)], 1)


def test_a_known_curve_of_four_pixels() -> None:
    x = torch.tensor([[[[3.0, 2.0], [1.0, 0.0]]]])
    case = case_of(Target(Sum(), 0, x), x, x[0, 0])
    curve = deletion_curve(case, GRID)
    at = dict(zip(curve.fractions, curve.probabilities, strict=True))
    expected = {0.0: 6.0, 0.25: 3.0, 0.5: 1.0, 0.75: 0.0, 1.0: 0.0}  # what is left of the sum
    assert {fraction: pytest.approx(1 / (1 + np.exp(-left))) for fraction, left in expected.items()} == {f: at[f] for f in expected}


def test_deletion_of_a_map_is_insertion_of_its_negative_with_one_substrate(tiny_target: Target, tiny_x: Tensor) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(5)).round(decimals=1)  # with ties
    places = ranks(heat, torch.Generator().manual_seed(0))
    reverse = heat.numel() - 1 - places  # the negative map with the reversed order of ties
    case = case_of(tiny_target, tiny_x, heat)
    deletion = curve_between(case, "clean", "mean", places, GRID)
    insertion = curve_between(case, "mean", "clean", reverse, GRID)
    assert deletion.auc == pytest.approx(insertion.auc, abs=1e-6)


@given(power=st.floats(0.2, 4), shift=st.floats(-3, 3), scale=st.floats(0.1, 50))
@settings(max_examples=25, deadline=None)
def test_the_order_alone_matters(power: float, shift: float, scale: float) -> None:
    heat = torch.rand(16, 15, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    order = ranks(heat, torch.Generator().manual_seed(1))
    assert torch.equal(order, ranks(scale * heat**power + shift, torch.Generator().manual_seed(1)))


def test_ties_are_broken_by_the_seed_and_not_by_memory_order() -> None:
    flat = torch.zeros(40, 40)
    first, again, other = (ranks(flat, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert abs(float(np.corrcoef(first.flatten(), np.arange(1600))[0, 1])) < 0.1
    assert sorted(first.flatten().tolist()) == list(range(1600))


def test_the_highest_pixel_comes_first_and_signs_count() -> None:
    heat = torch.tensor([[-5.0, 2.0], [0.0, 1.0]])
    assert ranks(heat, torch.Generator()).tolist() == [[3, 0], [2, 1]]


def test_tie_share_counts_pixels_that_share_their_value() -> None:
    assert tie_share(torch.tensor([[0.0, 0.0], [0.0, 1.0]])) == 0.75
    assert tie_share(torch.arange(9.0).reshape(3, 3)) == 0.0


def test_misplacing_moves_every_pixel_by_half_the_image() -> None:
    places = torch.arange(24).reshape(4, 6)
    moved = misplaced(places)
    assert moved[2, 3] == places[0, 0]
    assert (moved != places).all()
    assert sorted(moved.flatten().tolist()) == list(range(24))


@pytest.mark.parametrize("pixels", [224 * 224, 240 * 240, 260 * 260, 480, 49, 2])
def test_counts_are_symmetric_and_reach_both_ends(pixels: int) -> None:
    full = counts(pixels)
    assert (full[0], full[-1], len(full)) == (0, pixels, GRID)
    assert full == sorted(full)
    assert all(full[k] + full[-1 - k] == pixels for k in range(GRID) if 2 * k != GRID - 1)
    if pixels == 224 * 224:
        assert full == [224 * k for k in range(GRID)]
        assert counts(pixels, 33) == full[::7]


@pytest.mark.parametrize("points", [2, 3, 17, 33, 100, 225])
def test_points_are_on_the_grid_and_evenly_spaced(points: int) -> None:
    chosen = counts(224 * 224, points)
    assert set(chosen) <= set(counts(224 * 224))
    steps = np.diff(chosen) / 224
    assert len(chosen) == points
    assert steps.max() - steps.min() <= 1


def test_rises_blur_is_nearly_a_box() -> None:
    kernel = blur_kernel()
    assert kernel.shape == (11, 11)
    assert float(kernel.sum()) == pytest.approx(1, abs=1e-12)
    assert float(kernel[0, 0] / kernel[5, 5]) == pytest.approx(0.876, abs=1e-3)
    spot = torch.zeros(1, 1, 21, 21)
    spot[0, 0, 10, 10] = 1
    torch.testing.assert_close(blurred(spot)[0, 0, 5:16, 5:16], kernel.float())


def test_frames_replace_all_channels_of_a_pixel_together() -> None:
    start, end = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
    made = frames(start, end, torch.tensor([[0, 1], [2, 3]]), [0, 1, 3, 4])
    assert made.sum((1, 2, 3)).tolist() == [0, 3, 9, 12]
    assert made[1, :, 0, 0].tolist() == [1, 1, 1]


def test_the_metrics_of_a_case_share_their_curves(tiny_target: Target, tiny_x: Tensor) -> None:
    case = case_of(tiny_target, tiny_x, torch.rand(20, 24))
    before = tiny_target.passes
    for name in ("deletion", "insertion", "deletion_placement", "insertion_placement"):
        METRICS.build({"name": name, "points": 33}).score(case)
    inner, ends = 31, 3  # image, mean colour, blurred image
    assert (tiny_target.passes - before).forward == 4 * inner + ends


def test_placement_gains_are_positive_for_a_map_that_is_right() -> None:
    x = torch.zeros(1, 1, 16, 16)
    x[0, 0, 2:6, 2:6] = 0.2  # small enough that the probability does not saturate
    case = case_of(Target(Sum(), 0, x), x, x[0, 0])
    gains = [METRICS.build(name).score(case) for name in ("deletion_placement", "insertion_placement")]
    assert all(gain.value > 0.02 for gain in gains)
    own = METRICS.build("deletion").score(case).value
    assert gains[0].value == pytest.approx(gains[0].sides["misplaced"] - own)


def test_a_uniform_map_gains_nothing_on_average() -> None:
    x = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    target = Target(Sum(), 0, x - 0.5)
    gain = METRICS.build("deletion_placement")
    values = [gain.score(case_of(target, x - 0.5, torch.zeros(16, 16), seed)).value for seed in range(60)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(60) + 1e-9


@pytest.mark.parametrize("name", [name for name in METRICS if "points" in METRICS[name].__dataclass_fields__])
def test_every_curve_has_the_points_it_was_asked_for(name: str, tiny_target: Target, tiny_x: Tensor) -> None:
    metric: Metric = METRICS.build({"name": name, "points": 9})
    score = metric.score(case_of(tiny_target, tiny_x, torch.rand(20, 24)))
    assert score.curve is not None
    assert len(score.curve.fractions) == 9
    assert (score.curve.fractions[0], score.curve.fractions[-1]) == (0.0, 1.0)
    assert all(0 <= p <= 1 for p in score.curve.probabilities)


def test_the_batch_does_not_change_a_curve(tiny_target: Target, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    heat = torch.rand(20, 24, generator=torch.Generator().manual_seed(3))
    whole = deletion_curve(case_of(tiny_target, tiny_x, heat), 50)
    monkeypatch.setattr("metrics.curves.BATCH", 3)
    parts = deletion_curve(dataclasses.replace(case_of(tiny_target, tiny_x, heat)), 50)
    np.testing.assert_allclose(whole.probabilities, parts.probabilities, atol=1e-6)
