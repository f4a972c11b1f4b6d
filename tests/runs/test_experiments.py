"""Experiments: methods whose answer is known beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from heatcheck.attribution import METHODS, Method, Target
from heatcheck.core.registry import Citation
from heatcheck.runs import experiments
from heatcheck.runs.experiments import EXPERIMENTS, Finding, experiment
from heatcheck.tests.doubles.runs import tried


def found(name: str) -> dict[str, Finding]:
    return {one.experiment: one for one in tried(METHODS.build(name))}


def test_every_method_goes_through_every_experiment() -> None:
    for name in METHODS:
        if name == "rise":  # thousands of passes
            continue
        assert tuple(one.experiment for one in tried(METHODS.build(name))) == EXPERIMENTS, name


@pytest.mark.parametrize(
    ("name", "networks"),
    [
        ("vanilla_gradients", (1, 1, 1)),
        ("grad_cam", (1, 1, 0)),
        ("guided_backprop", (1, 0, 1)),
        ("attention_gradients", (0, 1, 0)),
        ("occlusion", (1, 1, 1)),
    ],
)
def test_what_a_method_runs_on(name: str, networks: tuple[int, ...]) -> None:
    own = found(name)
    assert (
        tuple(own[f"runs_on_{network}"].value for network in ("cnn", "transformer", "mlp"))
        == networks
    )
    for network, runs in zip(("cnn", "transformer", "mlp"), networks, strict=True):
        assert bool(own[f"runs_on_{network}"].words) is not bool(runs)


def test_gradient_methods_stop_where_gradients_are_cut_off_and_others_do_not() -> None:
    for name in METHODS:
        if name in ("rise", "inverted"):
            continue
        assert found(name)["runs_without_gradients"].value == (
            "gradients" not in METHODS[name].needs
        ), name


def test_a_method_is_made_to_try_without_gradients_whatever_it_declares() -> None:
    """Both declare wrongly; the experiment finds out."""

    class Humble(Planted):
        needs = frozenset({"gradients"})

    class Bold(Planted):
        def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
            return target.gradient(x)[0].sum(0)

    class Mute(Planted):
        def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
            return torch.zeros(x.shape[-2:]) if target.why_no_gradients() else x[0, 0]

    mute = {one.experiment: one for one in experiment(Mute())}
    assert mute["runs_without_gradients"] == Finding(
        "runs_without_gradients", 0.0, "its map is zero throughout"
    )
    assert Humble(does="steps").check(
        Target(experiments._Cut(experiments._network("cnn")), 0, experiments._input())
    )
    tried_out = {one.experiment: one for one in experiment(Humble(does="steps"))}
    assert tried_out["runs_without_gradients"] == Finding("runs_without_gradients", 1.0)
    caught = {one.experiment: one for one in experiment(Bold())}
    assert caught["runs_without_gradients"].value == 0
    assert "carries none" in caught["runs_without_gradients"].words


def test_the_derivative_is_that_of_double_backward() -> None:
    """Vanilla Gradients on the smooth network, with autograd's second derivative along the same
    direction.
    """
    x = experiments._input().requires_grad_()
    way = torch.randn(x.shape, generator=torch.Generator().manual_seed(2))
    network = experiments._network("smooth")
    told = experiments._telling(METHODS.build("vanilla_gradients"), "smooth")
    (gradient,) = torch.autograd.grad(network(x)[0, told], x, create_graph=True)
    heat = gradient[0].abs().amax(0)
    one = torch.zeros_like(heat, requires_grad=True)
    (pulled,) = torch.autograd.grad(heat, x, one, create_graph=True)
    (along,) = torch.autograd.grad((pulled * way).sum(), one)
    expected = float((along.abs().sum() / heat.abs().sum()).detach())
    assert found("vanilla_gradients")["derivative"].value == pytest.approx(expected, rel=0.02)


def test_a_map_that_jumps_or_stands_still_has_no_derivative() -> None:
    assert found("random")["derivative"].value == 0
    assert found("centre_prior")["derivative"].value == 0
    assert found("guided_backprop")["derivative"].value == 0
    assert found("vanilla_gradients")["derivative_with_relus"] == Finding(
        "derivative_with_relus", 0.0, "its map jumps"
    )
    grad_cam = found("grad_cam")["derivative_with_relus"]
    assert grad_cam.value is not None
    assert grad_cam.value > 0
    assert grad_cam.words == "on a CNN with ReLUs"


def test_the_saturated_network_tells_gradients_from_paths() -> None:
    missed = {
        name: found(name)["missed_when_saturated"].value
        for name in ("vanilla_gradients", "input_x_gradient", "integrated_gradients", "occlusion")
    }
    assert missed == {
        "vanilla_gradients": 1.0,
        "input_x_gradient": 1.0,
        "integrated_gradients": 0.0,
        "occlusion": 0.0,
    }


@dataclass(frozen=True)
class Planted(Method):
    """A method that does as it is told."""

    name = "planted"
    title = "Planted"
    family = "gradient"
    cite = Citation("Nobody", 2026, "Nothing")
    does: str = "fails"

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        if self.does == "fails":
            raise RuntimeError("planted")
        return torch.zeros(x.shape[-2:]) if self.does == "zero" else (x[0, 0] > 0).float()


def test_what_goes_wrong_is_a_finding() -> None:
    failed = {one.experiment: one for one in experiment(Planted())}
    assert failed["runs_on_cnn"] == Finding("runs_on_cnn", 0.0, "RuntimeError: planted")
    assert failed["derivative"].value is None
    assert failed["runs_without_gradients"] == Finding(
        "runs_without_gradients", None, "It runs on none of the networks."
    )
    assert failed["missed_when_saturated"].value is None
    nothing = {one.experiment: one for one in experiment(Planted(does="zero"))}
    assert nothing["runs_on_mlp"] == Finding("runs_on_mlp", 0.0, "its map is zero throughout")
    assert nothing["derivative"].value is None
    assert nothing["missed_when_saturated"].value == 1.0
    steps = {one.experiment: one for one in experiment(Planted(does="steps"))}
    assert steps["derivative"] == Finding("derivative", 0.0, "its map jumps")


def test_the_global_random_state_stays() -> None:
    experiments._network.cache_clear()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    experiment(METHODS.build("vanilla_gradients"))
    assert torch.equal(before, torch.get_rng_state())
