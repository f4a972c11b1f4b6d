"""Integrated Gradients: closed forms, completeness, captum's, and what "auto" promises."""

from __future__ import annotations

import captum.attr
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Output, Target, attribute
from heatcheck.attribution.baselines import NAMES, baselines
from heatcheck.attribution.integrated_gradients import IntegratedGradients
from heatcheck.core.errors import BadParameter
from heatcheck.core.randomness import generator
from heatcheck.tests.doubles.oracles import (
    IMAGES,
    PARITY,
    Network,
    error,
    every_network,
    ours,
    with_their_warnings,
)
from heatcheck.tests.doubles.paths import X, smooth


@pytest.mark.parametrize("steps", [1, 16, 17, 50])
@pytest.mark.parametrize(("baseline", "pixel"), [("black", 0.0), ("white", 1.0), ("mean", 0.5)])
def test_integrated_gradients_of_a_linear_model_are_exact(
    linear: tuple[Target, Tensor, Tensor], steps: int, baseline: str, pixel: float
) -> None:
    target, x, weight = linear
    made = attribute(IntegratedGradients(steps=steps, baseline=baseline), target, x)
    start = (pixel - 0.5) / 0.25  # a black pixel is no zero after normalisation; the mean is
    torch.testing.assert_close(made.map, (weight * (x[0] - start)).sum(0), rtol=1e-4, atol=1e-5)


def test_integrated_gradients_add_up_to_the_scores_change(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    method = IntegratedGradients(steps=300)
    total = attribute(method, tiny_target, tiny_x).map.sum()
    change = tiny_target.score(tiny_x) - tiny_target.score(
        baselines("mean", tiny_target, tiny_x, generator())
    )
    torch.testing.assert_close(total, change[0], rtol=2e-3, atol=1e-4)


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


class Kinked(nn.Module):
    """Flat, then steep within a hundredth of the path, then flat: fixed nodes miss the step."""

    def forward(self, x: Tensor) -> Tensor:
        middle = x.mean((1, 2, 3))
        return (100 * (middle - 0.4321)).clamp(0, 1)[:, None]


def test_auto_finds_the_one_steep_place_that_fixed_nodes_miss() -> None:
    x = torch.ones(1, 1, 4, 4)
    target = Target(Kinked(), 0, x, output=Output.SCORE)
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
    made = attribute(
        IntegratedGradients(steps="auto"), Target(Sawtooth(), 0, x, output=Output.SCORE), x
    )
    assert made.told["settled"] == 0
    assert made.told["completeness_gap"] > 0.01
    assert 290 <= made.passes.backward <= 300


def test_auto_of_anything_else_is_refused() -> None:
    with pytest.raises(BadParameter, match="to be int or 'auto'"):
        IntegratedGradients(steps="many")


@with_their_warnings
@every_network
def test_integrated_gradients(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    found = captum.attr.IntegratedGradients(net.model).attribute(
        net.x,
        torch.zeros_like(net.x),
        net.index,
        n_steps=50,
        method="gausslegendre",
        internal_batch_size=16,
    )
    assert (
        error(ours(METHODS.build("integrated_gradients"), net), found[0].sum(0).float()) <= PARITY
    )


@with_their_warnings
@pytest.mark.parametrize("image", IMAGES)
def test_integrated_gradients_equal_captums(
    network: tuple[nn.Module, nn.Module, float, float], image: int, lite0_inputs: Tensor
) -> None:
    model, _, mean, std = network
    x = lite0_inputs[image : image + 1]
    index = int(model(x).argmax())
    black = torch.full_like(x, (0 - mean) / std)
    oracle = captum.attr.IntegratedGradients(model).attribute(
        x, black, index, n_steps=50, method="gausslegendre", internal_batch_size=16
    )
    ours = attribute(
        IntegratedGradients(steps=50, baseline="black"),
        Target(model, index, x, mean=mean, std=std),
        x,
    ).map
    assert error(ours, oracle[0].sum(0).float()) <= PARITY
