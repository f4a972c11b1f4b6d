"""Sparseness, complexity, seed noise, sensitivity, infidelity, average drop, completeness;
similarity of maps: known answers and oracles.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import captum.attr
import captum.metrics
import numpy as np
import pytest
import scipy.stats
import skimage.metrics
import torch
from torch import Tensor, nn

from heatcheck.attribution import Attribution, Method, Passes, Target, attribute
from heatcheck.attribution.input_x_gradient import InputXGradient
from heatcheck.attribution.random import Random
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.errors import BadParameter, DegenerateMap, DoesNotApply
from heatcheck.core.registry import Citation
from heatcheck.metrics import METRICS, Case, Metric
from heatcheck.metrics.average_drop import AverageDrop
from heatcheck.metrics.completeness_gap import CompletenessGap, gap
from heatcheck.metrics.complexity import Complexity, entropy
from heatcheck.metrics.infidelity import Infidelity, residuals, unexplained
from heatcheck.metrics.max_sensitivity import MaxSensitivity
from heatcheck.metrics.seed_noise import SeedNoise
from heatcheck.metrics.similarity import rank_correlation, ssim
from heatcheck.metrics.sparseness import Sparseness, gini

Answer = Callable[[Target, Tensor, torch.Generator], Tensor]
ALL: list[Metric] = [
    Sparseness(),
    Complexity(),
    SeedNoise(),
    MaxSensitivity(),
    Infidelity(),
    AverageDrop(),
    CompletenessGap(),
]
SIZES = [(7, 7), (11, 13), (20, 24), (8, 9), (5, 5), (6, 9), (3, 17), (4, 4)]


def method_of(answer: Answer) -> Method:
    """A method whose map is what `answer` says."""

    @dataclass(frozen=True)
    class Told(Method):
        name = "told"
        title = "Told"
        family = "control"
        cite = Citation("A", 2020, "B")

        def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
            return answer(target, x, generator)

    return Told()


def complete_of(answer: Answer, starts: Answer) -> Method:
    """The same, declared complete, with paths from `starts`."""

    @dataclass(frozen=True)
    class Complete(Method):
        name = "complete"
        title = "Complete"
        family = "control"
        cite = Citation("A", 2020, "B")
        complete = True

        def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
            return answer(target, x, generator)

        def path_starts(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
            return starts(target, x, generator)

    return Complete()


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def zeros(target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
    return torch.zeros_like(x)


class Linear(nn.Module):
    """Two classes: a weighted sum of all values plus `bias`, and zero; so a probability is the
    logistic function of the sum.
    """

    def __init__(self, weights: Tensor | float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weights, self.bias = weights, bias
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x.detach().clone())
        total = (x * self.weights).sum((1, 2, 3)) + self.bias
        return torch.stack([total, torch.zeros_like(total)], 1)


class OnlyDimmed(nn.Module):
    """Answers `answer` to any picture that is not all ones."""

    def __init__(self, answer: float) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, x: Tensor) -> Tensor:
        total = x.amin((1, 2, 3))
        return torch.stack([torch.where(total < 1, self.answer, total), total], 1)


def case_of(
    heat: Tensor,
    x: Tensor | None = None,
    *,
    target: Target | None = None,
    method: Method | None = None,
    seed: int = 0,
) -> Case:
    x = torch.ones(1, 1, *heat.shape) if x is None else x
    target = target or Target(Linear(), 0, x)
    return Case(
        target,
        x,
        Attribution(heat, method or Random(), target.class_index, seed, 0.0, Passes()),
        "image",
    )


def case_by(method: Method, target: Target, x: Tensor, *, seed: int = 0) -> Case:
    return Case(target, x, attribute(method, target, x, seed=seed, about="image"), "image")


# -- all of them -----------------------------------------------------------------------------------


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
    with pytest.raises(DegenerateMap, match=r"^Expected .* Got .* not defined\.$"):
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
    assert [metric.family for metric in ALL] == ["noise"] * 4 + ["faithfulness"] * 2 + ["sanity"]
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


# -- similarity ------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_rank_correlation_is_spearmans_with_ties_at_their_mean_rank(levels: int) -> None:
    a, b = ((drawn(11, 13, seed=seed) * levels).floor() - levels / 2 for seed in (0, 1))
    b = b + (a / 2).floor()
    assert rank_correlation(a, b) == pytest.approx(
        scipy.stats.spearmanr(a.flatten(), b.flatten()).statistic, abs=1e-12
    )
    assert rank_correlation(a, b) == rank_correlation(b, a) != pytest.approx(0, abs=0.1)


def test_rank_correlation_sees_the_order_alone_and_the_sign() -> None:
    heat = drawn(7, 5) - 0.5
    assert rank_correlation(heat, heat) == 1
    assert rank_correlation(heat, heat.exp()) == 1
    assert rank_correlation(heat, -heat) == -1
    assert rank_correlation(
        torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[1.0, 3.0, 2.0]])
    ) == pytest.approx(0.5)


def test_constant_maps_and_those_with_nan_have_no_rank_correlation() -> None:
    heat, bad = drawn(7, 5), drawn(7, 5)
    bad[0, 0] = torch.nan
    for pair in [
        (heat, torch.ones(7, 5)),
        (torch.zeros(7, 5), heat),
        (torch.ones(1, 1), torch.ones(1, 1)),
    ]:
        with pytest.raises(
            DegenerateMap, match=r"Expected two maps that vary\. Got a constant one"
        ):
            rank_correlation(*pair)
    for pair in [(heat, bad), (bad, heat)]:
        with pytest.raises(DegenerateMap, match="finite"):
            rank_correlation(*pair)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_ssim_is_scikit_images(height: int, width: int) -> None:
    side = {3: 3, 4: 3, 5: 5, 6: 5}.get(height, 7)
    for contrast in (1.0, 0.1):
        a = 1 - contrast * drawn(height, width)
        b = 1 - contrast * (drawn(height, width) + drawn(height, width, seed=1)) / 2
        first, second = ((one / one.amax()).double().numpy() for one in (a, b))
        oracle = skimage.metrics.structural_similarity(first, second, data_range=1.0, win_size=side)
        assert ssim(a, b) == pytest.approx(oracle, abs=1e-6)
        assert ssim(b, a) == pytest.approx(oracle, abs=1e-6)


def test_ssim_is_of_each_maps_size_over_its_own_maximum() -> None:
    a, b = drawn(20, 24) - 0.5, drawn(20, 24, seed=1) - 0.7
    assert ssim(a, a) == pytest.approx(1)
    assert ssim(a, b) == pytest.approx(ssim(-3 * a, b.abs() / 9), rel=1e-6)
    assert ssim(a, b) < 0.5


def test_where_a_square_is_one_pixel_brightness_alone_counts() -> None:
    a, b = torch.tensor([[1.0, 0.5], [0.0, 0.25]]), torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    bright = [
        (2 * p * q + 1e-4) / (p**2 + q**2 + 1e-4)
        for p, q in zip(a.flatten().tolist(), b.flatten().tolist(), strict=True)
    ]
    assert ssim(a, b) == pytest.approx(np.mean(bright))
    assert ssim(torch.full((1, 1), 3.0), torch.full((1, 1), -5.0)) == 1


def test_an_all_zero_map_has_no_ssim() -> None:
    for pair in [(torch.zeros(7, 7), drawn(7, 7)), (drawn(7, 7), torch.zeros(7, 7))]:
        with pytest.raises(DegenerateMap, match="Got an all-zero one"):
            ssim(*pair)


# -- sparseness and complexity ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heat", "value"),
    [
        ([[2.0, 2.0], [2.0, 2.0]], 0),
        ([[0.0, 0.0, 0.0], [0.0, -5.0, 0.0]], 5 / 6),
        ([[1.0, -3.0]], 1 / 4),
        ([[3.0, 1.0]], 1 / 4),
        ([[4.0]], 0),
    ],
)
def test_gini_index_of_known_maps(heat: list[list[float]], value: float) -> None:
    assert Sparseness().score(case_of(torch.tensor(heat))).value == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(("height", "width"), [(1, 2), (7, 5), (11, 13)])
def test_gini_index_is_half_the_mean_difference_over_the_mean(height: int, width: int) -> None:
    heat = drawn(height, width) ** 3 - 0.2
    values = heat.abs().double().flatten().numpy()
    assert gini(heat) == pytest.approx(
        np.abs(values[:, None] - values).mean() / (2 * values.mean()), abs=1e-12
    )
    moments = scipy.stats.lmoment(
        values, order=[1, 2], standardize=False
    )  # unbiased in a small sample, where the index is not
    assert gini(heat) == pytest.approx(
        moments[1] / moments[0] * (values.size - 1) / values.size, abs=1e-12
    )


def test_a_flat_map_is_never_less_sparse_than_zero() -> None:
    assert min(gini(torch.full((height, 7), 0.1)) for height in range(1, 60)) == 0


@pytest.mark.parametrize(
    ("heat", "value", "share"),
    [
        ([[2.0, -2.0], [2.0, 2.0]], math.log(4), 1),
        ([[0.0, -5.0, 0.0]], 0, 0),
        ([[1.0, 0.0], [0.0, -1.0]], math.log(2), 0.5),
        (
            [[1.0, -3.0]],
            -0.25 * math.log(0.25) - 0.75 * math.log(0.75),
            (-0.25 * math.log(0.25) - 0.75 * math.log(0.75)) / math.log(2),
        ),
        ([[4.0]], 0, 0),
    ],
)
def test_complexity_of_known_maps(heat: list[list[float]], value: float, share: float) -> None:
    score = Complexity().score(case_of(torch.tensor(heat)))
    assert score.value == pytest.approx(value, abs=1e-12)
    assert score.sides == pytest.approx({"share": share}, abs=1e-12)


def test_complexity_is_scipys_entropy() -> None:
    heat = drawn(11, 13) - 0.5
    assert entropy(heat) == pytest.approx(
        scipy.stats.entropy(heat.abs().double().flatten().numpy()), abs=1e-12
    )


def test_a_flat_map_has_a_share_of_at_most_one() -> None:
    shares = [
        Complexity().score(case_of(torch.full((height, 7), 0.1))).sides["share"]
        for height in range(1, 60)
    ]
    assert max(shares) == 1
    assert min(shares) == pytest.approx(1)


# -- seed noise ------------------------------------------------------------------------------------


@pytest.mark.parametrize("repeats", [1, 2, 5])
def test_seed_noise_is_one_minus_the_mean_correlation_with_the_next_seeds(repeats: int) -> None:
    x = drawn(1, 1, 7, 5)
    method = method_of(
        lambda target, x, stream: torch.randn(x.shape[-2:], generator=stream) + x[0, 0]
    )
    case = case_by(method, Target(Linear(), 0, x), x, seed=5)
    others = [
        attribute(method, case.target, x, seed=5 + step, about="image").map.abs()
        for step in range(1, repeats + 1)
    ]
    oracle = [
        scipy.stats.spearmanr(case.map.abs().flatten(), other.flatten()).statistic
        for other in others
    ]
    assert SeedNoise(repeats=repeats).score(case).value == pytest.approx(
        1 - np.mean(oracle), abs=1e-12
    )


def test_a_method_that_draws_nothing_has_no_seed_noise_and_is_asked_once() -> None:
    asked = []
    method = method_of(lambda target, x, _: asked.append(1) or drawn(7, 5, seed=len(asked)))
    assert SeedNoise(repeats=9).score(case_of(drawn(7, 5), method=method)).value == 0
    assert len(asked) == 1


def test_a_method_that_draws_is_asked_once_a_repeat() -> None:
    asked = []
    method = method_of(
        lambda target, x, stream: asked.append(1) or torch.rand(x.shape[-2:], generator=stream)
    )
    SeedNoise(repeats=3).score(case_of(drawn(7, 5), method=method))
    assert len(asked) == 3


def test_random_maps_have_seed_noise_about_one() -> None:
    assert SeedNoise().score(
        case_by(Random(), Target(Linear(), 0, drawn(1, 1, 64, 64)), drawn(1, 1, 64, 64))
    ).value == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("other", "value"),
    [(lambda heat: -heat, 0), (lambda heat: heat**2, 0), (lambda heat: 2 - heat, 2)],
)
def test_seed_noise_is_of_the_ranks_of_sizes(
    other: Callable[[Tensor], Tensor], value: float
) -> None:
    heat = drawn(7, 5)
    method = method_of(lambda target, x, stream: other(heat) + 0 * torch.rand(1, generator=stream))
    assert SeedNoise().score(case_of(heat, method=method)).value == pytest.approx(value, abs=1e-12)
    assert SeedNoise().score(case_of(-heat, method=method)).value == pytest.approx(value, abs=1e-12)


def test_a_map_of_one_size_has_no_seed_noise_whatever_its_signs() -> None:
    def never(target: Target, x: Tensor, stream: torch.Generator) -> Tensor:
        raise AssertionError("asked for a map")

    board = 2.0 * (torch.arange(35).reshape(7, 5) % 2) - 1
    for heat in (board, torch.full((7, 5), 3.0)):
        with pytest.raises(
            DegenerateMap, match=r"Expected a map whose size varies\. Got a constant one"
        ):
            SeedNoise().score(case_of(heat, method=method_of(never)))


def test_another_map_that_is_constant_has_no_correlation() -> None:
    method = method_of(
        lambda target, x, stream: torch.ones(7, 5) + 0 * torch.rand(1, generator=stream)
    )
    with pytest.raises(DegenerateMap, match="two maps that vary"):
        SeedNoise().score(case_of(drawn(7, 5), method=method))


# -- max sensitivity -------------------------------------------------------------------------------


def test_max_sensitivity_is_captums(tiny_target: Target, tiny_x: Tensor) -> None:
    method, metric = VanillaGradients(reduce="sum"), MaxSensitivity()
    case = case_by(method, tiny_target, tiny_x)
    noise = torch.cat(metric.noise(case))

    def explained(inputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor]:
        x = inputs if isinstance(inputs, Tensor) else inputs[0]
        return (torch.stack([attribute(method, tiny_target, one).map.abs() for one in x.split(1)]),)

    oracle = captum.metrics.sensitivity_max(
        explained, tiny_x, perturb_func=lambda x: x + noise, n_perturb_samples=10
    )
    assert metric.score(case).value == pytest.approx(float(oracle), rel=1e-5)
    assert float(oracle) > 0.01


def test_the_worst_counts_and_the_mean_stands_beside_it() -> None:
    heat, asked = drawn(7, 5) - 0.5, []
    method = method_of(
        lambda target, x, _: asked.append(x) or -heat * (1 + 0.1 * (-1) ** len(asked) * len(asked))
    )
    score = MaxSensitivity(samples=3).score(case_of(heat, method=method))
    assert score.value == pytest.approx(0.3)
    assert score.sides == pytest.approx({"average": 0.2})
    assert len(asked) == 3


def test_on_a_map_that_is_the_picture_the_change_is_the_noise() -> None:
    x = 5 + drawn(1, 1, 7, 5)
    case = case_by(method_of(lambda target, x, _: x[0, 0]), Target(Linear(), 0, x, std=0.25), x)
    shares = [float(noise.norm() / x.norm()) for noise in MaxSensitivity().noise(case)]
    score = MaxSensitivity().score(case)
    assert score.value == pytest.approx(max(shares), rel=1e-5)
    assert score.sides == pytest.approx({"average": np.mean(shares)}, rel=1e-5)
    assert MaxSensitivity(radius=0.0).score(case).value == 0


def test_the_noise_is_even_in_pixel_units_on_every_channel() -> None:
    x = drawn(1, 2, 40, 50)
    target = Target(Linear(), 0, x, std=[0.5, 0.1])
    draws = torch.cat(
        MaxSensitivity(samples=5, radius=0.1).noise(case_of(drawn(40, 50), x, target=target))
    )
    assert draws.shape == (5, 2, 40, 50)
    for channel, most in enumerate([0.2, 1.0]):
        values = draws[:, channel].flatten().numpy()
        assert scipy.stats.kstest(values, "uniform", (-most, 2 * most)).pvalue > 0.01
        assert np.abs(values).max() <= most
    assert len({float(draw.sum()) for draw in draws}) == 5


def test_every_method_meets_the_same_noise_another_seed_another_and_more_samples_only_add() -> None:
    case = case_of(drawn(7, 5))
    first, more = MaxSensitivity(samples=2).noise(case), MaxSensitivity(samples=5).noise(case)
    assert torch.equal(torch.cat(first), torch.cat(more[:2]))
    assert torch.equal(
        first[0], MaxSensitivity().noise(case_of(drawn(7, 5), method=VanillaGradients()))[0]
    )
    assert not torch.equal(first[0], MaxSensitivity().noise(case_of(drawn(7, 5), seed=1))[0])


def test_a_method_keeps_its_own_draws_so_that_only_the_image_changes() -> None:
    x = drawn(1, 1, 7, 5)
    assert MaxSensitivity().score(case_by(Random(), Target(Linear(), 0, x), x, seed=4)).value == 0


def test_a_map_that_only_turns_its_sign_is_stable() -> None:
    heat = drawn(7, 5)
    assert MaxSensitivity().score(case_of(heat, method=method_of(lambda *_: -heat))).value == 0


# -- infidelity ------------------------------------------------------------------------------------


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


def test_a_map_of_nothing_accounts_for_nothing() -> None:
    score = Infidelity().score(case_of(torch.zeros(11, 13)))
    assert score.value == 1
    assert score.sides["unscaled"] == 9**2  # squares of 3 x 3 ones


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


# -- average drop ----------------------------------------------------------------------------------


def logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


@pytest.mark.parametrize(
    ("picture", "heat", "kept"),
    [
        ([1.0, 2.0], [2.0, -1.0], 1.0),
        ([1.0, 2.0], [1.0, 2.0], 2.5),
        ([1.0, 2.0], [-3.0, 0.5], 2.0),
        ([1.0, -2.0], [4.0, 1.0], 0.5),
        ([1.0, 2.0], [3.0, 3.0], 3.0),
        ([1.0, -3.0], [1.0, 1.0], -2.0),
    ],
)
def test_average_drop_of_known_pictures(
    picture: list[float], heat: list[float], kept: float
) -> None:
    x = torch.tensor(picture).reshape(1, 1, 1, 2)
    score = AverageDrop().score(case_of(torch.tensor([heat]), x))
    clean, dimmed = logistic(sum(picture)), logistic(kept)
    assert score.value == pytest.approx(max(0.0, (clean - dimmed) / clean), abs=1e-6)
    assert score.sides == {"increase": float(dimmed > clean)}


def test_all_channels_are_dimmed_alike_and_the_cases_class_is_asked(
    tiny: nn.Module, tiny_x: Tensor
) -> None:
    heat = drawn(20, 24) - 0.3
    dimmed = tiny_x * (heat.relu() / heat.amax())
    drops = []
    for index in range(3):
        clean, less = (float(tiny(x).softmax(1)[0, index].detach()) for x in (tiny_x, dimmed))
        drops.append(1 - less / clean)
        score = AverageDrop().score(
            case_of(heat, tiny_x, target=Target(tiny, index, tiny_x, mean=0.5, std=0.25))
        )
        assert score.value == pytest.approx(max(0.0, drops[-1]), abs=1e-5)
        assert score.sides["increase"] == float(drops[-1] < 0)
    assert min(drops) < -1e-4 < 1e-4 < max(drops)


def test_a_map_without_a_positive_value_keeps_nothing() -> None:
    heat = -drawn(7, 5)
    heat[0, 0] = 0
    with pytest.raises(DegenerateMap, match="Expected a map with some positive value"):
        AverageDrop().score(case_of(heat))


@pytest.mark.parametrize("bias", [-1000.0, torch.nan, torch.inf])
def test_a_class_without_a_probability_has_nothing_to_lose(bias: float) -> None:
    x = drawn(1, 1, 7, 5)
    with pytest.raises(
        DegenerateMap, match=r"^Expected a probability above zero to lose from\. Got "
    ):
        AverageDrop().score(case_of(drawn(7, 5), x, target=Target(Linear(1.0, bias), 0, x)))


def test_a_dimmed_picture_without_a_probability_has_no_drop() -> None:
    x = torch.ones(1, 1, 7, 5)
    with pytest.raises(DegenerateMap, match=r"Got 0\.5 and, dimmed, nan"):
        AverageDrop().score(case_of(drawn(7, 5), x, target=Target(OnlyDimmed(torch.nan), 0, x)))


def test_a_class_that_vanishes_is_lost_altogether() -> None:
    x = torch.full((1, 1, 1, 2), 500.0)
    score = AverageDrop().score(
        case_of(torch.tensor([[1.0, 0.0]]), x, target=Target(Linear(1.0, -900.0), 0, x))
    )
    assert (score.value, score.sides["increase"]) == (1, 0)


# -- completeness gap ------------------------------------------------------------------------------


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
    x = torch.ones(1, 1, 1, 2)
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
