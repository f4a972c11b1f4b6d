"""Methods that integrate along a path, and those that ask by perturbing: closed forms,
completeness, and what "auto" promises.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.attribution.baselines import NAMES, baselines, gaussian_blur
from heatcheck.attribution.expected_gradients import ExpectedGradients
from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.attribution.quadrature import adaptive, gauss_legendre
from heatcheck.attribution.rise import RISE
from heatcheck.core.errors import BadParameter
from heatcheck.core.randomness import generator
from heatcheck.inputs.classifiers import Classifier


class Smooth(nn.Module):
    """Two smooth layers, two classes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.first, self.second = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(torch.nn.functional.softplus(self.first(x)).mean((2, 3))).sin()


class Quadratic(nn.Module):
    """f(x) = sum(w x^2): the integral of the gradient is w (x^2 - x'^2) on any path."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("w", torch.randn(shape, generator=torch.Generator().manual_seed(1)))

    def forward(self, x: Tensor) -> Tensor:
        return (self.w * x**2).sum((1, 2, 3))[:, None]


X = torch.rand(1, 3, 12, 10, generator=torch.Generator().manual_seed(0)) - 0.3


def smooth() -> Target:
    return Target(Smooth().eval(), 0, X, mean=0.5, std=0.25)


@pytest.mark.parametrize("baseline", [name for name in NAMES if name != "several"])
def test_64_steps_add_up_on_a_smooth_network(baseline: str) -> None:
    target = smooth()
    stream = generator(
        0, "", IntegratedGradients(steps=64, baseline=baseline).digest, "attribution"
    )
    start = baselines(baseline, target, X, stream)
    change = float(target.score(X) - target.score(start))
    total = float(attribute(IntegratedGradients(steps=64, baseline=baseline), target, X).map.sum())
    assert abs(total - change) < 1e-3 * abs(change)


def test_several_baselines_are_averaged() -> None:
    target = smooth()
    stream = generator(0, "", IntegratedGradients(baseline="several").digest, "attribution")
    starts = baselines("several", target, X, stream)
    assert len(starts) == 4
    each = [float(target.score(X) - target.score(start)) for start in starts.split(1)]
    made = attribute(IntegratedGradients(baseline="several"), target, X)
    assert float(made.map.sum()) == pytest.approx(np.mean(each), rel=1e-3)
    assert made.passes.backward == 4 * 50


@pytest.mark.parametrize("name", ["integrated_gradients", "guided_ig", "blur_ig"])
def test_every_path_of_a_quadratic_adds_up_and_the_straight_one_is_exact(name: str) -> None:
    model = Quadratic(X.shape[1:])
    target = Target(model, 0, X, mean=0.5, std=0.25)
    method = METHODS.build({"name": name, "steps": 200})
    start = (
        gaussian_blur(X, 50.0) if name == "blur_ig" else baselines("black", target, X, generator())
    )
    change = float(target.score(X) - target.score(start))
    made = attribute(method, target, X)
    assert float(made.map.sum()) == pytest.approx(
        change, rel=0.04
    )  # Guided IG takes the gradient at a step's start
    if (
        name != "blur_ig"
    ):  # each value's own path is one-dimensional: its integral does not depend on how it is walked
        exact = (model.w * (X[0] ** 2 - start[0] ** 2)).sum(0)
        assert float((made.map - exact).norm() / exact.norm()) < (
            1e-5 if name == "integrated_gradients" else 0.04
        )


@pytest.mark.parametrize("steps", [1, 7, 16, 33])
def test_idgi_adds_up_exactly_whatever_the_steps(steps: int) -> None:
    target = smooth()
    change = float(target.score(X) - target.score(baselines("black", target, X, generator())))
    made = attribute(METHODS.build({"name": "idgi", "steps": steps}), target, X)
    assert float(made.map.sum()) == pytest.approx(change, rel=1e-4)


def test_idgi_in_one_step_shares_by_the_squares_of_the_gradient_at_the_baseline() -> None:
    target = smooth()
    start = baselines("black", target, X, generator())
    gradient = target.gradient(start)
    change = target.score(X) - target.score(start)
    made = attribute(METHODS.build({"name": "idgi", "steps": 1}), target, X)
    torch.testing.assert_close(made.map, (change * gradient**2 / (gradient**2).sum()).sum(1)[0])


def test_guided_ig_moves_first_where_the_gradient_is_small() -> None:
    class Steep(nn.Module):
        """Saturates in its first pixel once the second has moved: a straight path sees the steep
        part, a guided one does not.
        """

        def forward(self, x: Tensor) -> Tensor:
            a, b = x[:, 0, 0, 0], x[:, 0, 0, 1]
            return (10 * a * (1 - b).clamp_min(0) + b)[:, None]

    x = torch.ones(1, 1, 1, 2)
    target = Target(Steep(), 0, x)
    straight = attribute(IntegratedGradients(steps=200), target, x).map[0]
    guided = attribute(
        METHODS.build({"name": "guided_ig", "steps": 200, "fraction": 0.5, "apart": 1.0}), target, x
    ).map[0]
    assert straight[0] > 4
    assert guided[0] < 1
    assert float(guided.sum()) == pytest.approx(1.0, abs=0.1)


def test_expected_gradients_of_a_linear_model_are_the_mean_over_the_drawn_images() -> None:
    weight = torch.randn(2, 3, 12, 10, generator=torch.Generator().manual_seed(2))
    model = nn.Sequential(nn.Flatten(), nn.Linear(360, 2, bias=False))
    model[1].weight.data = weight.flatten(1)  # type: ignore[union-attr]
    references = torch.rand(3, 3, 12, 10, generator=torch.Generator().manual_seed(4))
    target = Target(model, 1, X, references=references)
    method = ExpectedGradients(samples=20)
    drawn, _ = method.draws(target, generator(0, "", method.digest, "attribution"))
    torch.testing.assert_close(
        attribute(method, target, X).map,
        (weight[1] * (X - drawn).mean(0)).sum(0),
        rtol=1e-4,
        atol=1e-5,
    )


def test_expected_gradients_without_reference_images_say_so() -> None:
    assert "other real images" in str(ExpectedGradients().check(smooth()))


def test_the_blur_keeps_the_mean_of_a_flat_image_and_is_scipys() -> None:
    from scipy.ndimage import gaussian_filter

    flat = torch.full((1, 1, 9, 7), 0.4)
    torch.testing.assert_close(gaussian_blur(flat, 3.0), flat)
    ours = gaussian_blur(X, 1.5)[0, 1].numpy()
    np.testing.assert_allclose(
        ours, gaussian_filter(X[0, 1].numpy(), 1.5, mode="nearest", truncate=4.0), atol=1e-5
    )


# -- "auto" ----------------------------------------------------------------------------------------


class Kinked(nn.Module):
    """Flat, then steep within a hundredth of the path, then flat: fixed nodes miss the step."""

    def forward(self, x: Tensor) -> Tensor:
        middle = x.mean((1, 2, 3))
        return (100 * (middle - 0.4321)).clamp(0, 1)[:, None]


def test_auto_finds_the_one_steep_place_that_fixed_nodes_miss() -> None:
    x = torch.ones(1, 1, 4, 4)
    target = Target(Kinked(), 0, x)
    fixed = float(attribute(IntegratedGradients(steps=50), target, x).map.sum())
    assert abs(fixed - 1) > 0.1
    made = attribute(IntegratedGradients(steps="auto"), target, x)
    assert float(made.map.sum()) == pytest.approx(1, abs=0.01)
    assert made.told["completeness_gap"] < 0.01
    assert made.told["settled"] == 1
    assert made.told["steps"] == made.passes.backward <= 300


def test_auto_says_so_where_it_gives_up() -> None:
    class Sawtooth(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            middle = x.mean((1, 2, 3))
            return (middle + torch.sin(40_000 * middle))[:, None]

    x = torch.ones(1, 1, 2, 2)
    made = attribute(IntegratedGradients(steps="auto"), Target(Sawtooth(), 0, x), x)
    assert made.told["settled"] == 0
    assert made.told["completeness_gap"] > 0.01
    assert 290 <= made.passes.backward <= 300


def test_auto_is_exact_on_a_linear_model_with_the_fewest_gradients() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(360, 1)).eval()
    target = Target(model, 0, X)
    found = adaptive(target, torch.zeros_like(X), X)
    torch.testing.assert_close(
        found.attribution.flatten(),
        (X.flatten() * model[1].weight[0]).detach(),
        rtol=1e-4,
        atol=1e-6,
    )  # type: ignore[index]
    assert found.settled
    assert found.gradients <= 48


def test_auto_of_anything_else_is_refused() -> None:
    with pytest.raises(BadParameter, match="to be int or 'auto'"):
        IntegratedGradients(steps="many")


@pytest.mark.parametrize("photograph", [0, 12])
def test_auto_on_photographs_adds_up_and_is_the_integral(
    photograph: int, lite0: Classifier, lite0_inputs: Tensor
) -> None:
    """Against 256 midpoints; the figures for all twenty against 2000 are in docs/methods.md."""
    x = lite0_inputs[photograph : photograph + 1]
    target = lite0.target(x, int(lite0.model(x).argmax()))
    start = baselines("black", target, x, generator())
    found = adaptive(target, start, x)
    assert found.settled
    assert found.gradients <= 300
    assert found.gap < 0.01
    way, total = x - start, torch.zeros_like(x)
    for places in ((torch.arange(256) + 0.5) / 256).split(16):
        total += (
            target.gradient(start + places.reshape(-1, 1, 1, 1) * way).sum(0, keepdim=True) / 256
        )
    ours, fine = found.attribution.sum(1), (way * total).sum(1)
    assert float((ours - fine).norm() / fine.norm()) < 0.07


# -- perturbation and attention --------------------------------------------------------------------


def test_rise_of_a_model_that_sees_one_pixel_shows_that_pixel() -> None:
    class OnePixel(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen = 8 * x[:, 0, 5, 20]
            return torch.stack([seen, torch.zeros_like(seen)], 1)

    x = torch.ones(1, 1, 28, 28)
    heat = attribute(RISE(samples=1500), Target(OnePixel(), 0, x), x).map
    row, column = divmod(int(heat.argmax()), 28)
    assert abs(row - 5) <= 2
    assert abs(column - 20) <= 2


def test_rises_masks_show_their_share_everywhere() -> None:
    masks = RISE(share=0.3).masks(X.new_zeros(1, 3, 30, 44), torch.Generator().manual_seed(0), 2000)
    assert masks.shape == (2000, 1, 30, 44)
    assert masks.amin() >= 0
    assert masks.amax() <= 1
    torch.testing.assert_close(masks.mean(0), torch.full((1, 30, 44), 0.3), atol=0.05, rtol=0)


def test_masks_and_noise_do_not_depend_on_the_batch() -> None:
    whole = RISE().masks(X, torch.Generator().manual_seed(0), 6)
    stream = torch.Generator().manual_seed(0)
    torch.testing.assert_close(
        torch.cat([RISE().masks(X, stream, 4), RISE().masks(X, stream, 2)]), whole
    )


def test_occlusion_of_a_linear_model_is_the_mean_over_the_windows() -> None:
    weight = torch.randn(1, 3, 12, 10, generator=torch.Generator().manual_seed(2))
    model = nn.Sequential(nn.Flatten(), nn.Linear(360, 1, bias=False))
    model[1].weight.data = weight.flatten(1)  # type: ignore[union-attr]
    heat = attribute(
        METHODS.build({"name": "occlusion", "window": 1, "stride": 1}), Target(model, 0, X), X
    ).map
    torch.testing.assert_close(heat, (weight[0] * X[0]).sum(0), rtol=1e-3, atol=1e-5)


def test_a_stride_larger_than_the_window_is_refused() -> None:
    assert "never be hidden" in str(
        METHODS.build({"name": "occlusion", "window": 4, "stride": 5}).check(smooth())
    )


def test_attention_is_followed_through_the_blocks_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    random = torch.Generator().manual_seed(0)
    attention = [torch.rand(2, 5, 5, generator=random) for _ in range(3)]
    gradients = [torch.randn(2, 5, 5, generator=random) for _ in range(3)]
    target = Target(nn.Identity(), 0, torch.zeros(1, 3, 8, 8))
    monkeypatch.setattr(target, "attention", lambda x: (attention, gradients))
    heat = METHODS.build("attention_gradients").attribute(
        target, torch.zeros(1, 3, 2, 2), torch.Generator()
    )
    steps = [
        torch.eye(5) + (weights * gradient).clamp_min(0).mean(0)
        for weights, gradient in zip(attention, gradients, strict=True)
    ]
    expected = (steps[2] @ steps[1] @ steps[0])[0, 1:].reshape(2, 2)
    torch.testing.assert_close(heat, expected)


def test_an_inverted_map_is_the_negative() -> None:
    target = smooth()
    for of in ("vanilla_gradients", "integrated_gradients", "edges"):
        stream, again = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
        made = METHODS.build(of).attribute(target, X, stream)
        upside = METHODS.build({"name": "inverted", "of": of}).attribute(target, X, again)
        first, second = (one[0] if isinstance(one, tuple) else one for one in (made, upside))
        assert torch.equal(first, -second)


def test_gauss_legendre_nodes_integrate_a_polynomial_exactly() -> None:
    points, weights = gauss_legendre(4)
    np.testing.assert_allclose(float((weights * points**7).sum()), 1 / 8, rtol=1e-12)
    assert float(weights.sum()) == pytest.approx(1, abs=1e-14)
