"""ROAD: a naive dense system, and a naive loop over the shares."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Target
from heatcheck.attribution.random import Random
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.errors import DegenerateMap
from heatcheck.metrics import Case
from heatcheck.metrics.road import Road, imputed, neighbours
from heatcheck.tests.doubles.cases import case_of, drawn
from heatcheck.tests.doubles.small_models import Channels


@pytest.mark.parametrize(
    ("place", "mean"),
    [
        (
            (1, 1),
            (2 * (1 + 9 + 25 + 49) + (0 + 4 + 36 + 64)) / 12,
        ),  # by an edge counts twice as much as by a corner
        ((0, 0), (2 * (1 + 9) + 16) / 5),
        ((2, 1), (2 * (36 + 64 + 16) + (9 + 25)) / 8),
    ],
)
def test_a_single_pixel_becomes_the_weighted_mean_of_its_neighbours(
    place: tuple[int, int], mean: float
) -> None:
    x = (torch.arange(9.0) ** 2).reshape(1, 1, 3, 3)
    removed = torch.zeros(3, 3, dtype=torch.bool)
    removed[place] = True
    assert float(imputed(x, removed)[0, 0][place]) == pytest.approx(mean, rel=1e-6)


def test_the_weights_are_a_sixth_and_a_twelfth_and_kept_for_a_size() -> None:
    weights = neighbours(3, 4).toarray()
    np.testing.assert_allclose(
        weights[5], np.array([1, 2, 1, 0, 2, 0, 2, 0, 1, 2, 1, 0]) / 12
    )  # the pixel in row 1, column 1
    assert weights[5].sum() == pytest.approx(1)
    assert neighbours(3, 4) is neighbours(3, 4)


def test_a_ramp_is_restored_inside() -> None:
    down, across = torch.meshgrid(torch.arange(11.0), torch.arange(13.0), indexing="ij")
    x = torch.stack([3 * down - across, 5 + 2 * across])[None]
    removed = drawn(11, 13) < 0.5
    removed[3:7, 2:9] = True
    removed[[0, -1]], removed[:, [0, -1]] = False, False
    assert removed.sum() > 40
    np.testing.assert_allclose(imputed(x, removed), x, atol=1e-4)


@pytest.mark.parametrize(
    ("height", "width", "count"), [(7, 5, 7), (7, 5, 21), (7, 5, 34), (1, 6, 3), (6, 1, 5)]
)
def test_filled_in_pixels_solve_the_naive_dense_equations(
    height: int, width: int, count: int
) -> None:
    x = drawn(1, 3, height, width)
    removed = (
        torch.randperm(height * width, generator=torch.Generator().manual_seed(3)).reshape(
            height, width
        )
        < count
    )
    places = [(row, column) for row in range(height) for column in range(width)]
    system, known = np.eye(len(places)), x[0].flatten(1).T.double().numpy().copy()
    for index, (row, column) in enumerate(places):
        if not removed[row, column]:
            continue
        known[index] = 0
        near = {
            other: abs(place[0] - row) + abs(place[1] - column)
            for other, place in enumerate(places)
            if other != index and max(abs(place[0] - row), abs(place[1] - column)) == 1
        }
        total = sum(1 / 6 if far == 1 else 1 / 12 for far in near.values())
        for other, far in near.items():
            system[index, other] = -(1 / 6 if far == 1 else 1 / 12) / total
    expected = np.linalg.solve(system, known).T.reshape(1, 3, height, width)
    np.testing.assert_allclose(imputed(x, removed).numpy(), expected, atol=1e-5)


def test_known_pixels_are_untouched_and_only_others_get_the_grain() -> None:
    x, grain = drawn(1, 2, 7, 5), drawn(1, 2, 7, 5, seed=1)
    removed = drawn(7, 5, seed=2) < 0.4
    plain, grained = imputed(x, removed), imputed(x, removed, grain)
    assert torch.equal(plain[..., ~removed], x[..., ~removed])
    assert torch.equal(grained[..., ~removed], x[..., ~removed])
    np.testing.assert_allclose(
        grained[..., removed], (plain + grain)[..., removed], rtol=1e-5, atol=1e-6
    )
    assert torch.equal(imputed(x, torch.zeros(7, 5, dtype=torch.bool), grain), x)
    assert torch.equal(
        imputed(x, torch.ones(7, 5, dtype=torch.bool), grain), grain
    )  # the mean colour, zero, and grain
    assert torch.equal(x, drawn(1, 2, 7, 5))


def naive_road(case: Case, steps: int) -> tuple[float, float]:
    """Mean probabilities of pictures without the strongest and without the weakest pixels, on a
    grid that divides evenly; no noise.
    """
    order = case.map.flatten().argsort(descending=True)
    most, least = [], []
    for step in range(1, steps + 1):
        count = order.numel() * step // (steps + 1)
        for found, gone in ((most, order[:count]), (least, order[order.numel() - count :])):
            removed = torch.zeros(order.numel(), dtype=torch.bool)
            removed[gone] = True
            found.append(
                float(case.target.probability(imputed(case.x, removed.reshape(case.map.shape))))
            )
    return float(np.mean(most)), float(np.mean(least))


def test_road_is_the_mean_difference_over_nine_shares(tiny_target: Target, tiny_x: Tensor) -> None:
    case = case_of(drawn(20, 24), tiny_x, tiny_target)
    score = Road(noise=0.0).score(case)
    most, least = naive_road(case, 9)
    assert score.sides == pytest.approx({"most_first": most, "least_first": least}, abs=1e-6)
    assert score.value == pytest.approx(least - most, abs=1e-6)
    assert abs(score.value) > 1e-4
    assert Road(steps=3, noise=0.0).score(case).value == pytest.approx(
        np.subtract(*naive_road(case, 3)[::-1]), abs=1e-6
    )


def test_a_map_and_its_negative_have_opposite_values(tiny_target: Target, tiny_x: Tensor) -> None:
    heat = drawn(20, 24)
    one, other = (
        Road(noise=0.0).score(case_of(signed, tiny_x, tiny_target)) for signed in (heat, -heat)
    )
    assert one.value == pytest.approx(-other.value, abs=1e-7)
    assert one.sides["most_first"] == pytest.approx(other.sides["least_first"], abs=1e-7)


def test_a_map_of_what_the_model_sums_gains_by_road() -> None:
    x = torch.zeros(1, 2, 12, 12)
    x[0, 0, 3:8, 4:9] = 0.2
    case = case_of(x[0, 0] + 0.001 * drawn(12, 12), x, Target(Channels(), 0, x))
    assert Road().score(case).value > 0.2


def test_ties_remove_no_more_than_their_share() -> None:
    x, model = drawn(1, 3, 10, 10), Channels()
    heat = torch.ones(10, 10)
    heat[0, 0] = 2
    Road(noise=0.0).score(case_of(heat, x, Target(model, 0, x)))
    changed = [int((picture != x[0]).any(0).sum()) for picture in torch.cat(model.seen)]
    assert changed == [10, 20, 30, 40, 50, 60, 70, 80, 90] * 2


def test_noise_is_in_pixel_units_and_the_same_for_every_method() -> None:
    x, shown = drawn(1, 2, 50, 50), {}
    for key, noise, method in (
        ("plain", 0.0, Random()),
        ("noisy", 0.02, Random()),
        ("other method", 0.02, VanillaGradients()),
    ):
        model = Channels()
        target = Target(model, 0, x, mean=0.5, std=[0.25, 0.5])
        Road(steps=1, noise=noise).score(case_of(drawn(50, 50), x, target, method=method))
        (shown[key],) = model.seen
    grain = shown["noisy"] - shown["plain"]
    changed = grain.abs() > 1e-6
    assert [int(removed) for removed in changed.any(1).sum((1, 2))] == [1250, 1250]
    assert torch.equal(changed[0].any(0), ~changed[1].any(0))
    for channel, deviation in enumerate((0.08, 0.04)):
        assert float(grain[:, channel][changed.any(1)].std()) == pytest.approx(deviation, rel=0.05)
        assert abs(float(grain[:, channel][changed.any(1)].mean())) < 4 * deviation / 50
    np.testing.assert_allclose(shown["noisy"], shown["other method"], rtol=1e-5, atol=1e-6)


def test_road_of_an_image_of_one_or_two_pixels_is_a_number() -> None:
    for width, steps in ((1, 9), (2, 9), (2, 2)):
        x = drawn(1, 1, 1, width)
        model = nn.Sequential(nn.Flatten(), nn.Linear(width, 2))
        score = Road(steps=steps).score(case_of(drawn(1, width), x, Target(model, 0, x)))
        assert np.isfinite(score.value)


class Fussy(nn.Module):
    """Gives NaN while the first pixel is zero."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x[:, 0, :1, 0] == 0, torch.nan, x.sum((2, 3))) * torch.tensor([1.0, 0.0])


def test_a_model_that_gives_nan_has_no_road() -> None:
    x = drawn(1, 2, 5, 5)
    with pytest.raises(DegenerateMap, match="finite probabilities"):
        Road().score(case_of(drawn(5, 5), x, Target(Channels(torch.full((2, 2), torch.nan)), 0, x)))
    x = torch.arange(9.0).reshape(1, 1, 3, 3) / 9
    for heat in (x[0, 0], -x[0, 0]):  # in one of the two orders the probabilities are finite
        with pytest.raises(DegenerateMap, match="finite probabilities"):
            Road(steps=1).score(case_of(heat, x, Target(Fussy(), 0, x)))
