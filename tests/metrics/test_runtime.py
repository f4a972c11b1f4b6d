"""Runtime: the time of one map, its passes, and the memory it holds."""

from __future__ import annotations

import time

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.metrics import METRICS, Case
from heatcheck.metrics.runtime import LiveTensors


class Slow(nn.Module):
    """Takes 20 ms a pass."""

    def forward(self, x: Tensor) -> Tensor:
        time.sleep(0.02)
        return x.mean((2, 3))


@pytest.mark.parametrize("agree", [False, True])
@pytest.mark.parametrize("warm", [False, True])
def test_runtime_is_the_time_of_one_map_and_counts_its_passes(
    warm: bool, agree: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heatcheck.metrics.runtime.AGREE", 1e9 if agree else -1.0)
    x = torch.rand(1, 3, 8, 8)
    target = Target(Slow(), 0, x)
    method = METHODS.build("vanilla_gradients")
    made = [attribute(method, target, x) for _ in range(1 + warm)][-1]
    assert made.warm is warm
    before = target.passes
    score = METRICS.build("runtime").score(Case(target, x, made))
    assert 20 <= score.value < 200
    assert score.sides["lower_quartile"] <= score.value <= score.sides["upper_quartile"]
    assert (score.sides["forward_passes"], score.sides["backward_passes"]) == (1, 1)
    assert score.sides["forward_pass"] >= 20
    wanted = 2 if agree else 3  # two that agree need no third
    maps = wanted - warm  # a cold map is the warm-up, a warm one counts
    counted, passes = 1, 1 + 3  # the map whose memory is counted; a warm-up and three timed passes
    assert (target.passes - before).backward == maps + counted + passes
    assert score.sides["forward_backward"] >= 20
    assert score.sides["in_forward_backwards"] == pytest.approx(
        score.value / score.sides["forward_backward"]
    )
    assert score.sides["peak_memory"] > 0
    again = METRICS.build("runtime").score(Case(target, x, made))
    assert again.sides["peak_memory"] == score.sides["peak_memory"]


class Cut(nn.Module):
    """Has no gradient."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3)).detach()


def test_a_model_without_gradients_has_no_gradient_pass_to_compare_with() -> None:
    x = torch.rand(1, 3, 8, 8)
    target = Target(Cut(), 0, x)
    made = attribute(METHODS.build("random"), target, x)
    sides = METRICS.build("runtime").score(Case(target, x, made)).sides
    assert "forward_backward" not in sides
    assert "in_forward_backwards" not in sides
    assert sides["forward_passes"] == 0


def test_live_tensors_are_counted_while_they_live() -> None:
    million = 1_000_000
    with LiveTensors() as live:
        first = torch.ones(million)  # 4 MB
        view = first.view(1000, 1000)[:10]
        second = first + 1
        del second
        third = view * 2
        first.add_(1)
    assert live.peak == 8 * million
    assert live.now == 4 * million + 40_000
    del first, view, third
    assert live.now == 0
