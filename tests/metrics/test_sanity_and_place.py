"""ROAD, target sensitivity, parameter randomisation, the grid pointing game, the saturation probe:
answers known by hand.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from heatcheck.attribution import Attribution, Method, Passes, Target, attribute
from heatcheck.attribution.input_x_gradient import InputXGradient
from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.attribution.random import Random
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.errors import BadParameter, DegenerateMap, DoesNotApply
from heatcheck.core.registry import Citation
from heatcheck.metrics import METRICS, OTHER_IMAGES, Case, Metric, Other
from heatcheck.metrics.grid_pointing import GridPointing, cells, mosaic, players, share_inside
from heatcheck.metrics.randomisation import Randomisation, groups, randomise
from heatcheck.metrics.road import Road, imputed, neighbours
from heatcheck.metrics.saturation import Saturation
from heatcheck.metrics.similarity import rank_correlation, ssim
from heatcheck.metrics.target_sensitivity import TargetSensitivity


@dataclass(frozen=True)
class Told(Method):
    """A method for tests: gives what it is told to, and keeps what it was asked."""

    name = "told"
    title = "Told"
    family = "control"
    cite = Citation("A", 2020, "B")
    answer: ClassVar[Callable[[Target, Tensor], Tensor]] = lambda target, x: torch.zeros(
        x.shape[-2:]
    )
    asked: ClassVar[list[tuple[nn.Module, int, Tensor]]] = []

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        self.asked.append((copy.deepcopy(target.model), target.class_index, x.clone()))
        return type(self).answer(target, x)


def told(monkeypatch: pytest.MonkeyPatch, answer: Callable[[Target, Tensor], Tensor]) -> Told:
    monkeypatch.setattr(Told, "answer", staticmethod(answer))
    monkeypatch.setattr(Told, "asked", [])
    return Told()


class Channels(nn.Module):
    """One class a channel; its logit is the sum of that channel. Keeps the pictures that it was
    shown.
    """

    def __init__(self, weights: Tensor | None = None) -> None:
        super().__init__()
        self.weights = weights
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x.detach().clone())
        sums = x.sum((2, 3))
        return sums if self.weights is None else sums @ self.weights


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def case_of(
    heat: Tensor,
    target: Target,
    x: Tensor,
    *,
    method: Method | None = None,
    others: tuple[Other, ...] = (),
    seed: int = 0,
) -> Case:
    return Case(
        target,
        x,
        Attribution(heat, method or Random(), target.class_index, seed, 0.0, Passes()),
        "image",
        others,
    )


def case_by(
    method: Method, target: Target, x: Tensor, *, others: tuple[Other, ...] = (), seed: int = 0
) -> Case:
    return Case(target, x, attribute(method, target, x, seed=seed, about="image"), "image", others)


@pytest.mark.parametrize("name", ["road", "target_sensitivity", "randomisation", "saturation"])
def test_a_map_with_nan_has_no_value(name: str, tiny_target: Target, tiny_x: Tensor) -> None:
    heat = drawn(20, 24)
    heat[3, 4] = torch.nan
    with pytest.raises(DegenerateMap, match="Expected"):
        METRICS.build(name).score(case_of(heat, tiny_target, tiny_x, method=VanillaGradients()))


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


# -- ROAD ------------------------------------------------------------------------------------------


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
    case = case_of(drawn(20, 24), tiny_target, tiny_x)
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
        Road(noise=0.0).score(case_of(signed, tiny_target, tiny_x)) for signed in (heat, -heat)
    )
    assert one.value == pytest.approx(-other.value, abs=1e-7)
    assert one.sides["most_first"] == pytest.approx(other.sides["least_first"], abs=1e-7)


def test_a_map_of_what_the_model_sums_gains_by_road() -> None:
    x = torch.zeros(1, 2, 12, 12)
    x[0, 0, 3:8, 4:9] = 0.2
    case = case_of(x[0, 0] + 0.001 * drawn(12, 12), Target(Channels(), 0, x), x)
    assert Road().score(case).value > 0.2


def test_ties_remove_no_more_than_their_share() -> None:
    x, model = drawn(1, 3, 10, 10), Channels()
    Road(noise=0.0).score(case_of(torch.ones(10, 10), Target(model, 0, x), x))
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
        Road(steps=1, noise=noise).score(case_of(drawn(50, 50), target, x, method=method))
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
        score = Road(steps=steps).score(case_of(drawn(1, width), Target(model, 0, x), x))
        assert np.isfinite(score.value)


class Fussy(nn.Module):
    """Gives NaN while the first pixel is zero."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x[:, 0, :1, 0] == 0, torch.nan, x.sum((2, 3))) * torch.tensor([1.0, 0.0])


def test_a_model_that_gives_nan_has_no_road() -> None:
    x = drawn(1, 2, 5, 5)
    with pytest.raises(DegenerateMap, match="finite probabilities"):
        Road().score(case_of(drawn(5, 5), Target(Channels(torch.full((2, 2), torch.nan)), 0, x), x))
    x = torch.arange(9.0).reshape(1, 1, 3, 3) / 9
    for heat in (x[0, 0], -x[0, 0]):  # in one of the two orders the probabilities are finite
        with pytest.raises(DegenerateMap, match="finite probabilities"):
            Road(steps=1).score(case_of(heat, Target(Fussy(), 0, x), x))


# -- target sensitivity ----------------------------------------------------------------------------


@pytest.mark.parametrize(("own", "rival"), [(0, 2), (1, 2), (2, 0)])
def test_the_rival_is_the_most_probable_other_class(own: int, rival: int) -> None:
    x = drawn(1, 3, 7, 5) + torch.tensor([1.0, 0.0, 2.0]).reshape(1, 3, 1, 1)
    score = TargetSensitivity().score(case_by(InputXGradient(), Target(Channels(), own, x), x))
    expected = rank_correlation(
        x[0, own], x[0, rival]
    )  # the maps of two classes are the two channels
    assert score.sides["rank_correlation"] == pytest.approx(expected, abs=1e-9)
    assert score.value == pytest.approx(1 - expected, abs=1e-9)
    assert 0.5 < score.value < 1.5


def test_maps_that_ignore_the_class_are_not_sensitive_and_opposite_ones_twice() -> None:
    x = torch.cat([drawn(1, 1, 7, 5), 1.5 - drawn(1, 1, 7, 5)], 1)
    target = Target(Channels(), 0, x)
    assert TargetSensitivity().score(case_by(Random(), target, x, seed=3)).value == pytest.approx(
        0, abs=1e-9
    )
    assert TargetSensitivity().score(case_by(InputXGradient(), target, x)).value == pytest.approx(
        2, abs=1e-9
    )


def test_target_sensitivity_compares_absolute_maps() -> None:
    x = torch.cat([drawn(1, 1, 7, 5), -drawn(1, 1, 7, 5)], 1)
    assert TargetSensitivity().score(
        case_by(InputXGradient(), Target(Channels(), 0, x), x)
    ).value == pytest.approx(0, abs=1e-9)
    assert TargetSensitivity().score(
        case_by(InputXGradient(), Target(Channels(), 1, x), x)
    ).value == pytest.approx(0, abs=1e-9)


def test_a_model_of_one_class_has_no_rival_and_a_constant_map_no_rank() -> None:
    x = drawn(1, 1, 7, 5)
    with pytest.raises(DoesNotApply, match="two classes, and this model has one"):
        TargetSensitivity().score(case_by(InputXGradient(), Target(Channels(), 0, x), x))
    two = drawn(1, 2, 7, 5)
    with pytest.raises(DegenerateMap, match="Expected"):
        TargetSensitivity().score(case_by(VanillaGradients(), Target(Channels(), 0, two), two))


# -- parameter randomisation -----------------------------------------------------------------------


def changed(one: nn.Module, other: nn.Module) -> set[str]:
    """Names of the parameters that differ."""
    return {
        name
        for (name, a), (_, b) in zip(one.named_parameters(), other.named_parameters(), strict=True)
        if not torch.equal(a, b)
    }


class Attentive(nn.Module):
    """Parameters of its own beside those of its parts."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.arange(4.0))
        self.mix = nn.MultiheadAttention(4, 1)
        self.head = nn.Linear(4, 2)


def test_groups_go_from_the_head_on_and_hold_all_modules_with_parameters(tiny: nn.Module) -> None:
    assert groups(tiny, 5) == [["head"], ["second"], ["norm"], ["first"]]
    assert groups(tiny, 4) == groups(tiny, 5)
    assert groups(tiny, 3) == [["head"], ["second"], ["norm", "first"]]
    assert groups(tiny, 2) == [["head", "second"], ["norm", "first"]]
    assert groups(tiny, 1) == [["head", "second", "norm", "first"]]
    assert groups(Attentive(), 9) == [["head"], ["mix.out_proj"], ["mix"], [""]]
    assert groups(nn.ReLU(), 5) == []


def test_only_the_named_modules_are_drawn_anew_and_buffers_stay(tiny: nn.Module) -> None:
    tiny.norm.running_mean.fill_(3.0)
    model = copy.deepcopy(tiny)
    randomise(model, ["head"], torch.Generator().manual_seed(0))
    assert changed(tiny, model) == {"head.weight", "head.bias"}
    randomise(model, ["second", "first"], torch.Generator().manual_seed(0))
    assert changed(tiny, model) == {
        f"{name}.{kind}" for name in ("head", "second", "first") for kind in ("weight", "bias")
    }
    assert all(torch.equal(a, b) for a, b in zip(tiny.buffers(), model.buffers(), strict=True))
    whole = Attentive()
    before = copy.deepcopy(whole)
    randomise(whole, ["", "mix"], torch.Generator().manual_seed(0))
    assert changed(before, whole) == {
        "token",
        "mix.in_proj_weight",
    }  # its bias is all zero, and stays


def test_drawn_parameters_keep_their_tensors_mean_and_deviation() -> None:
    model = nn.Sequential(nn.Linear(100, 200))
    with torch.no_grad():
        model[0].weight.copy_(7 + 3 * model[0].weight / model[0].weight.std())
        model[0].bias.fill_(2.5)
    values = []
    for seed in range(300):
        other = nn.PReLU(init=-4.0)
        randomise(other, [""], torch.Generator().manual_seed(seed))
        values.append(float(other.weight.detach()))
    assert values[0] == pytest.approx(
        -4 + 4 * float(torch.randn(1, generator=torch.Generator().manual_seed(0))), rel=1e-5
    )
    assert np.mean(values) == pytest.approx(-4, abs=0.7)  # three deviations of the mean
    assert np.std(values) == pytest.approx(4, abs=0.5)
    randomise(model, ["0"], torch.Generator().manual_seed(0))
    assert float(model[0].weight.detach().mean()) == pytest.approx(7, abs=0.1)
    assert float(model[0].weight.detach().std()) == pytest.approx(3, rel=0.03)
    assert model[0].bias.tolist() == [2.5] * 200
    pair = nn.ParameterList([torch.tensor([1.0, 3.0])])
    drawn_pair = torch.randn(2, generator=torch.Generator().manual_seed(0))
    randomise(pair, [""], torch.Generator().manual_seed(0))
    np.testing.assert_allclose(
        pair[0].detach(), 2 + drawn_pair, rtol=1e-6
    )  # the population's deviation, 1, where the sample's would be 1.41


@dataclass(frozen=True)
class Blind(Told):
    """Looks at the picture and never at the model."""

    name = "blind"

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return x[0, 0] + torch.rand(x.shape[-2:], generator=generator)


def test_a_map_that_never_looks_at_the_model_survives_whole(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    score = Randomisation().score(case_by(Blind(), tiny_target, tiny_x, seed=5))
    assert score.value == pytest.approx(1, abs=1e-9)
    assert score.sides == pytest.approx({"last": 1, "ssim": 1, "ssim_last": 1}, abs=1e-6)


def test_gradients_of_a_trained_look_do_not_survive_and_the_model_is_untouched(
    tiny: nn.Module, tiny_x: Tensor
) -> None:
    target = Target(tiny, 1, tiny_x)
    tiny.train()
    tiny.norm.eval()
    modes = [module.training for module in tiny.modules()]
    before = copy.deepcopy(tiny)
    score = Randomisation().score(case_by(VanillaGradients(), target, tiny_x))
    assert score.value < 0.6
    assert score.sides["ssim"] < 0.9
    assert changed(before, tiny) == set()
    assert all(torch.equal(a, b) for a, b in zip(before.buffers(), tiny.buffers(), strict=True))
    assert [module.training for module in tiny.modules()] == modes
    assert all(parameter.grad is None for parameter in tiny.parameters())


def test_the_cascade_starts_at_the_head_and_ends_with_everything(
    tiny: nn.Module, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with torch.no_grad():
        for parameter in tiny.norm.parameters():
            parameter.copy_(torch.arange(6.0))
    method = told(monkeypatch, lambda target, x: drawn(20, 24))
    Randomisation(stages=3).score(
        case_of(drawn(20, 24), Target(tiny, 1, tiny_x), tiny_x, method=method)
    )
    stages = [{name.split(".")[0] for name in changed(tiny, model)} for model, _, _ in Told.asked]
    assert stages == [{"head"}, {"head", "second"}, {"head", "second", "norm", "first"}]
    assert [index for _, index, _ in Told.asked] == [1, 1, 1]
    assert all(torch.equal(x, tiny_x) for _, _, x in Told.asked)


def test_every_method_meets_the_same_random_models_and_another_seed_others(
    tiny_target: Target, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dataclass(frozen=True)
    class Second(Told):
        name = "second"

    told(monkeypatch, lambda target, x: drawn(20, 24))
    for method, seed in ((Told(), 0), (Second(), 0), (Told(), 1)):
        Randomisation(stages=1).score(
            case_of(drawn(20, 24), tiny_target, tiny_x, method=method, seed=seed)
        )
    first, second, third = (model for model, _, _ in Told.asked)
    assert changed(first, second) == set()
    assert "head.weight" in changed(first, third)


def test_the_value_is_the_mean_over_the_stages_and_what_is_left_of_nothing_is_zero(
    tiny_target: Target, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    heat = drawn(20, 24) + 0.1
    answers = [heat, -heat, torch.full((20, 24), 2.0), 1.2 - heat]

    def answer(target: Target, x: Tensor) -> Tensor:
        return answers[len(Told.asked) - 1]

    score = Randomisation(stages=4).score(
        case_of(heat, tiny_target, tiny_x, method=told(monkeypatch, answer))
    )
    likeness = ssim(heat, 1.2 - heat)
    assert score.value == pytest.approx((1 + 1 + 0 - 1) / 4, abs=1e-6)
    assert score.sides == pytest.approx(
        {"last": -1, "ssim": (1 + 1 + 0 + likeness) / 4, "ssim_last": likeness}, abs=1e-6
    )


@pytest.mark.parametrize("error", [DegenerateMap, DoesNotApply])
def test_a_map_that_cannot_be_made_any_more_counts_as_gone(
    error: type[Exception], tiny_target: Target, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(target: Target, x: Tensor) -> Tensor:
        raise error("gone")

    score = Randomisation().score(
        case_of(drawn(20, 24), tiny_target, tiny_x, method=told(monkeypatch, answer))
    )
    assert (score.value, *score.sides.values()) == (0, 0, 0, 0)


def test_a_fault_of_another_kind_is_not_taken_for_an_answer(
    tiny_target: Target, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(target: Target, x: Tensor) -> Tensor:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        Randomisation().score(
            case_of(drawn(20, 24), tiny_target, tiny_x, method=told(monkeypatch, answer))
        )


def test_randomisation_needs_parameters_and_a_map_that_varies(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    x = drawn(1, 2, 7, 5)
    with pytest.raises(DoesNotApply, match="this model has none"):
        Randomisation().score(case_of(drawn(7, 5), Target(Channels(), 0, x), x))
    board = 2.0 * (torch.arange(480).reshape(20, 24) % 2) - 1  # one size, two signs
    for heat in (torch.zeros(20, 24), torch.full((20, 24), 3.0), torch.full((20, 24), -3.0), board):
        with pytest.raises(DegenerateMap, match="varies in size"):
            Randomisation().score(case_of(heat, tiny_target, tiny_x))


# -- grid pointing ---------------------------------------------------------------------------------


def bright(channel: int, height: int = 8, width: int = 8, value: float = 1.0) -> Tensor:
    """An image that shows one class alone."""
    x = torch.zeros(1, 4, height, width)
    x[:, channel] = value
    return x


def rivals(*classes: int, height: int = 8, width: int = 8) -> tuple[Other, ...]:
    return tuple(
        Other(bright(index, height, width), index, torch.zeros(height, width)) for index in classes
    )


@pytest.mark.parametrize(("height", "width"), [(8, 8), (7, 5), (2, 2), (3, 2)])
def test_a_map_of_what_the_model_sums_points_perfectly(height: int, width: int) -> None:
    x = bright(2, height, width)
    score = GridPointing().score(
        case_by(
            InputXGradient(),
            Target(Channels(), 2, x),
            x,
            others=rivals(0, 1, 3, height=height, width=width),
        )
    )
    assert score.value == pytest.approx(1)
    assert score.sides["own"] == pytest.approx(1)


def test_a_model_that_takes_one_class_for_another_points_wrong() -> None:
    x, wrong = bright(2), Channels(torch.eye(4).roll(1, 1))
    score = GridPointing().score(
        case_by(InputXGradient(), Target(wrong, 2, x), x, others=rivals(0, 1, 3))
    )
    assert (score.value, score.sides["own"]) == (0, 0)


def test_half_of_one_map_in_the_wrong_cell_costs_an_eighth() -> None:
    x = bright(2)
    x[:, 1] = 1.0  # the case's image shows class 1 as much as the image of class 1 does
    score = GridPointing().score(
        case_by(InputXGradient(), Target(Channels(), 2, x), x, others=rivals(0, 1, 3))
    )
    assert score.value == pytest.approx(1 - 1 / 8)
    assert score.sides["own"] == pytest.approx(1)


@pytest.mark.parametrize("seed", range(4))
def test_a_map_that_does_not_ask_for_the_class_gets_chance_exactly(seed: int) -> None:
    x = bright(2, 7, 5)
    score = GridPointing().score(
        case_by(
            Random(),
            Target(Channels(), 2, x),
            x,
            others=rivals(0, 1, 3, height=7, width=5),
            seed=seed,
        )
    )
    assert score.value == pytest.approx(0.25, abs=1e-12)
    assert score.sides["own"] != pytest.approx(0.25, abs=1e-3)


def test_a_class_without_a_positive_part_counts_as_chance() -> None:
    x = bright(2, value=-1.0)
    score = GridPointing().score(
        case_by(InputXGradient(), Target(Channels(), 2, x), x, others=rivals(0, 1, 3))
    )
    assert score.value == pytest.approx((3 + 0.25) / 4)
    assert score.sides["own"] == 0.25


def test_a_map_without_any_positive_part_points_nowhere() -> None:
    x = bright(2)
    with pytest.raises(DegenerateMap, match="points nowhere"):
        GridPointing().score(
            case_by(
                InputXGradient(), Target(Channels(-torch.eye(4)), 2, x), x, others=rivals(0, 1, 3)
            )
        )


def test_the_share_is_of_the_positive_part_alone() -> None:
    heat = torch.tensor([[3.0, -5.0], [1.0, 0.0]])
    assert [share_inside(heat, cell) for cell in cells(2, 2)] == [0.75, 0.0, 0.25, 0.0]
    assert share_inside(torch.zeros(2, 2), cells(2, 2)[0]) is None


def test_cells_split_at_half_the_side_and_images_are_shrunk_into_them() -> None:
    s = slice
    assert cells(7, 4) == [
        (s(0, 3), s(0, 2)),
        (s(0, 3), s(2, 4)),
        (s(3, 7), s(0, 2)),
        (s(3, 7), s(2, 4)),
    ]
    images = [drawn(1, 2, 7, 4, seed=seed) for seed in range(4)]
    made = mosaic(images)
    assert made.shape == (1, 2, 7, 4)
    for x, (rows, columns), size in zip(
        images, cells(7, 4), [(3, 2), (3, 2), (4, 2), (4, 2)], strict=True
    ):
        np.testing.assert_allclose(
            made[..., rows, columns],
            F.interpolate(x, size, mode="bilinear", antialias=True),
            rtol=1e-5,
            atol=1e-6,
        )
    board = ((torch.arange(16)[:, None] + torch.arange(16)) % 2).float().expand(1, 1, 16, 16)
    assert mosaic([board] * 4).sub(0.5).abs().amax() < 0.2  # fine detail is averaged, not sampled


def test_the_first_images_with_classes_of_their_own_play() -> None:
    x = bright(2)
    others = rivals(2, 0, 0, 3, 1)
    found = players(case_of(drawn(8, 8), Target(Channels(), 2, x), x, others=others))
    assert [index for index, _ in found] == [2, 0, 3, 1]
    assert found[0][1] is x
    assert torch.equal(found[1][1], others[1].x)
    five = Target(Channels(torch.eye(4, 9)), 8, x)
    assert [
        index for index, _ in players(case_of(drawn(8, 8), five, x, others=rivals(3, 1, 0, 2)))
    ] == [8, 3, 1, 0]


@pytest.mark.parametrize("classes", [(), (0, 1), (0, 1, 2), (0, 1, 1, 0)])
def test_fewer_than_three_other_classes_make_no_mosaic(classes: tuple[int, ...]) -> None:
    x = bright(2)
    with pytest.raises(
        DoesNotApply, match="three other images of the run with other classes"
    ) as caught:
        GridPointing().score(
            case_of(drawn(8, 8), Target(Channels(), 2, x), x, others=rivals(*classes))
        )
    assert f"Got {len({*classes} - {2})} among {len(classes)} that" in str(caught.value)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 8), (8, 1)])
def test_an_image_that_cannot_be_halved_makes_no_mosaic(height: int, width: int) -> None:
    x = bright(2, height, width)
    with pytest.raises(DoesNotApply, match=f"{height} x {width} pixels"):
        GridPointing().score(
            case_of(
                drawn(height, width),
                Target(Channels(), 2, x),
                x,
                others=rivals(0, 1, 3, height=height, width=width),
            )
        )


def test_the_own_cell_is_drawn_once_an_image_and_the_others_fill_the_rest_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = bright(2)
    places = set()
    for seed in range(20):
        orders = []
        for method in (told(monkeypatch, lambda target, x: drawn(8, 8)), InputXGradient()):
            model = Channels()
            GridPointing().score(
                case_of(
                    drawn(8, 8),
                    Target(model, 2, x),
                    x,
                    method=method,
                    others=rivals(3, 0, 1),
                    seed=seed,
                )
            )
            if Told.asked and not orders:
                assert len({str(picture.tolist()) for _, _, picture in Told.asked}) == 1
                order = [index for _, index, _ in Told.asked]
                shown = [
                    int(Told.asked[0][2][0, :, row, column].argmax())
                    for row in (0, 7)
                    for column in (0, 7)
                ]
                assert order == shown
            else:
                shown = [
                    int(model.seen[-1][0, :, row, column].argmax())
                    for row in (0, 7)
                    for column in (0, 7)
                ]
            orders.append(shown)
        assert orders[0] == orders[1]
        places.add(orders[0].index(2))
        assert [index for index in orders[0] if index != 2] == [3, 0, 1]
    assert places == {0, 1, 2, 3}


# -- saturation ------------------------------------------------------------------------------------


class DeadZone(nn.Module):
    """1 - ReLU(1 - x): flat from x = 1 on."""

    def forward(self, x: Tensor) -> Tensor:
        return (1 - (1 - x).relu()).flatten(1)


def test_the_closed_form_counterexample() -> None:
    x = torch.full((1, 1, 1, 1), 2.0)
    target = Target(DeadZone(), 0, x)
    gone = Saturation().score(case_by(VanillaGradients(), target, x))
    assert gone.value == 0
    assert gone.sides == {"score_share_last": 0, "accounted": 0}
    kept = Saturation().score(case_by(IntegratedGradients(), target, x))
    assert kept.sides["accounted"] == pytest.approx(1, abs=1e-5)
    assert kept.value == pytest.approx(
        4 / (0.5 + 1 + 1 + 1), abs=0.03
    )  # the map at each point is the score's change up to there


@pytest.mark.parametrize(("steps", "grown"), [(2, 4 / 3), (4, 1.6), (8, 16 / 9)])
def test_on_a_linear_model_gradients_stay_and_their_product_with_the_image_grows(
    steps: int, grown: float
) -> None:
    x = drawn(1, 2, 7, 5)
    target = Target(Channels(torch.tensor([[1.0, 0.0], [-3.0, 1.0]])), 0, x)
    steady = Saturation(steps=steps).score(case_by(VanillaGradients(), target, x))
    assert steady.value == pytest.approx(1)
    product = Saturation(steps=steps).score(case_by(InputXGradient(), target, x))
    assert product.value == pytest.approx(grown, rel=1e-5)
    for score in (steady, product):
        assert score.sides["score_share_last"] == pytest.approx(1 / steps, rel=1e-4)
    assert product.sides["accounted"] == pytest.approx(
        1, rel=1e-5
    )  # the score falls, and so is the map's sum below zero
    change = abs(float(target.score(x)))
    assert steady.sides["accounted"] == pytest.approx(3 * 35 / change, rel=1e-5)


class Squares(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return ((x + 2).square() + 1).sum((2, 3))


def test_the_path_starts_at_black_pixels_and_the_last_step_has_its_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = drawn(1, 1, 7, 5)
    target = Target(
        Squares(), 0, x, mean=0.5, std=0.25
    )  # black pixels are -2, where the score is 35
    method = told(monkeypatch, lambda target, x: x[0, 0])
    score = Saturation().score(case_of(torch.full((7, 5), -3.0), target, x, method=method))
    black = torch.full_like(x, -2.0)
    assert len(Told.asked) == 3
    for quarter, (_, index, point) in enumerate(Told.asked, 1):
        np.testing.assert_allclose(point, black + quarter / 4 * (x - black), rtol=1e-5, atol=1e-6)
        assert index == 0
    assert score.sides["score_share_last"] == pytest.approx(1 - (3 / 4) ** 2, rel=1e-4)
    assert score.sides["accounted"] == pytest.approx(105 / (float(target.score(x)) - 35), rel=1e-5)
    masses = [*(float(point.abs().sum()) for _, _, point in Told.asked), 105]
    assert score.value == pytest.approx(105 / np.mean(masses), rel=1e-5)


def test_a_random_map_is_the_same_all_along_the_path(tiny_target: Target, tiny_x: Tensor) -> None:
    assert Saturation().score(
        case_by(Random(), tiny_target, tiny_x, seed=4)
    ).value == pytest.approx(1, abs=1e-12)


def test_a_map_of_nothing_all_along_saw_nothing_and_one_at_the_image_alone_has_all(
    tiny_target: Target, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = told(monkeypatch, lambda target, x: torch.zeros(20, 24))
    assert (
        Saturation().score(case_of(torch.zeros(20, 24), tiny_target, tiny_x, method=method)).value
        == 0
    )
    assert (
        Saturation().score(case_of(torch.ones(20, 24), tiny_target, tiny_x, method=method)).value
        == 4
    )


@pytest.mark.parametrize("value", [0.0, torch.nan, torch.inf])
def test_a_score_that_does_not_change_by_a_number_has_no_saturation(value: float) -> None:
    x = drawn(1, 2, 7, 5)
    target = Target(Channels(torch.full((2, 2), value)), 0, x)
    with pytest.raises(DegenerateMap, match="score to change"):
        Saturation().score(case_of(drawn(7, 5), target, x))
