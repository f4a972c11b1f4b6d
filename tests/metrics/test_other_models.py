"""Model gains: planted networks whose maps do, and do not, know the weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.core.errors import DoesNotApply
from heatcheck.metrics import METRICS, Case
from heatcheck.tests.doubles.cases import case_by, case_of, scored

GAINS = ("deletion_model", "insertion_model")


class Weighted(nn.Module):
    """The logit is a weighted sum of pixels: some weights matter, most do not."""

    def __init__(self) -> None:
        super().__init__()
        weights = torch.zeros(1, 1, 16, 16)
        weights[..., 3:7, 3:7] = 0.5
        self.weights = nn.Parameter(weights, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        total = (x * self.weights).sum((1, 2, 3))
        return torch.stack([total, -total], 1)


@pytest.fixture
def weighted() -> Target:
    x = torch.ones(1, 1, 16, 16)
    return Target(Weighted(), 0, x)


@pytest.mark.parametrize("name", GAINS)
def test_a_map_that_follows_the_weights_gains(name: str, weighted: Target) -> None:
    x = torch.ones(1, 1, 16, 16)
    case = case_by(METHODS.build("vanilla_gradients"), weighted, x)
    assert scored(case, name).value > 0.04


@pytest.mark.parametrize("name", GAINS)
def test_a_map_that_does_not_look_at_the_weights_gains_nothing(name: str, weighted: Target) -> None:
    """Saliency of the picture alone gives every network the same map."""
    x = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    case = case_by(METHODS.build("edges"), weighted.about(x=x), x)
    assert scored(case, name, points="all").value == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("name", [*GAINS, "deletion_network", "insertion_network"])
def test_controls_are_not_asked(name: str) -> None:
    for method in ("random", "edges", "centre_prior"):
        reason = METRICS[name].why_not(METHODS.build(method))
        assert reason is not None
        assert "never looks" in reason
    assert METRICS[name].why_not(METHODS.build("grad_cam")) is None


def test_another_network_is_held_against_the_own_map(weighted: Target) -> None:
    x = torch.ones(1, 1, 16, 16)
    right = torch.zeros(16, 16)
    right[3:7, 3:7] = 1
    for heat, elsewhere, sign in ((right, 1 - right, 1), (1 - right, right, -1)):
        case = case_of(heat, x, weighted, elsewhere=lambda name, other=elsewhere: other)
        for name in ("deletion_network", "insertion_network"):
            assert sign * scored(case, name, network="another").value > 0.1


def test_another_network_has_to_be_named(weighted: Target) -> None:
    with pytest.raises(DoesNotApply, match="give its name"):
        scored(case_of(torch.rand(16, 16), torch.ones(1, 1, 16, 16), weighted), "deletion_network")


class Stubborn(Weighted):
    """A network that cannot be copied."""

    def __deepcopy__(self, memo: object) -> nn.Module:
        raise TypeError("it holds a file")


def test_a_network_that_cannot_be_copied_is_told_and_holds_up_no_other_score() -> None:
    x = torch.ones(1, 1, 16, 16)
    metrics = tuple(METRICS.build(name) for name in ("deletion", *GAINS, "insertion_class"))
    method = METHODS.build("vanilla_gradients")
    heat = attribute(method, Target(Stubborn(), 0, x), x)
    case = Case(Target(Stubborn(), 0, x), x, heat, "image", together=metrics)
    assert 0 < metrics[0].score(case).value < 1
    for metric in metrics[1:3]:
        with pytest.raises(DoesNotApply, match="cannot be copied"):
            metric.score(case)
    assert metrics[3].score(case).value == pytest.approx(0, abs=1e-7)  # both classes look alike


def test_a_map_of_another_class_that_fails_holds_up_no_other_score(
    weighted: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = torch.ones(1, 1, 16, 16)
    metrics = tuple(METRICS.build(name) for name in ("deletion", "deletion_class"))
    heat = attribute(METHODS.build("vanilla_gradients"), weighted, x)
    case = Case(weighted, x, heat, "image", together=metrics)

    def fails(*given: object, **more: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("heatcheck.metrics.base.attribute", fails)
    assert 0 < metrics[0].score(case).value < 1
    with pytest.raises(RuntimeError, match="out of memory"):
        metrics[1].score(case)
