"""Experiments: methods whose answer is known beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from heatcheck.attribution import METHODS, Method, Target
from heatcheck.core.registry import Citation
from heatcheck.runs import experiments, trained_transformer
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


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("vanilla_gradients", 1.0),
        ("input_x_gradient", 1.0),
        ("smoothgrad", 1.0),
        ("integrated_gradients", 0.0),
        ("occlusion", 0.0),
        ("grad_cam", 0.0),
        ("layer_cam", 0.0),
        ("guided_backprop", 0.0),
    ],
)
def test_the_saturated_network_tells_gradients_from_paths_and_maps_of_features(
    name: str, lost: float
) -> None:
    """On 1 - ReLU(1 - x) the last three had no mass at any step, and were said to lose it all."""
    assert found(name)["lost_when_saturated"].value == pytest.approx(lost, abs=0.03)


def test_the_saturated_network_is_flat_from_1_on() -> None:
    network = experiments._network("saturating")
    scores = [float(network(torch.full((1, 3, 8, 8), x))[0, 0]) for x in (0.0, 0.5, 1.0, 1.5, 2.0)]
    assert scores == pytest.approx([0, 0.5, 1, 1, 1])


def test_every_method_that_runs_there_has_mass_on_the_way() -> None:
    for name in METHODS:
        if name in ("rise", "attention_gradients"):
            continue
        finding = found(name)["lost_when_saturated"]
        assert finding.value is not None, (name, finding.words)


def test_the_trained_transformer_names_the_colour() -> None:
    x, colours, patches = trained_transformer.pictures(64, torch.Generator().manual_seed(9))
    right = trained_transformer.trained()(x).argmax(1) == colours
    assert right.double().mean() > 0.9
    assert patches.flatten(1).sum(1).tolist() == [trained_transformer.CELL**2] * 64


def test_where_the_maximum_lies_on_the_trained_transformer() -> None:
    hits = {
        name: found(name)["hits_on_transformer"]
        for name in ("integrated_gradients", "attention_gradients", "random", "centre_prior")
    }
    values = {name: finding.value or 0.0 for name, finding in hits.items()}
    assert min(values["integrated_gradients"], values["attention_gradients"]) > 0.7
    assert max(values["random"], values["centre_prior"]) < 0.3
    assert hits["random"].words == f"{round(12 * values['random'])} of 12 pictures"
    refused = found("guided_backprop")["hits_on_transformer"]
    assert refused.value is None
    assert "ReLU" in refused.words


class Squares(torch.nn.Module):
    """A smooth network: its gradient has a derivative everywhere."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([x.square().sum((1, 2, 3)), x.sum((1, 2, 3))], 1)


def test_the_derivative_is_also_tried_on_the_runs_own_network() -> None:
    """The map of x^2 is |2 x| at its largest channel: its derivative is of that size over |x|."""
    x = experiments._input()
    own = experiments.Own(Target(Squares(), 0, x), x)
    method = METHODS.build("vanilla_gradients")
    smooth = {one.experiment: one for one in experiment(method, own)}["derivative_on_own"]
    way = torch.randn(x.shape, generator=torch.Generator().manual_seed(2))
    largest = x[0].abs().argmax(0, keepdim=True)
    expected = way[0].gather(0, largest).abs().sum() / x[0].abs().amax(0).sum()
    assert smooth.value == pytest.approx(float(expected), rel=0.02)
    assert smooth.words == "on the run's own network"
    flat = experiments.Own(Target(Squares(), 1, x), x)
    still = {one.experiment: one for one in experiment(method, flat)}["derivative_on_own"]
    assert still == Finding("derivative_on_own", 0.0, "its map does not change with the picture")
    nothing = found("vanilla_gradients")["derivative_on_own"]
    assert (nothing.value, nothing.words) == (None, "No image of the run could be read.")


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
    assert failed["lost_when_saturated"].value is None
    assert failed["hits_on_transformer"].value is None
    nothing = {one.experiment: one for one in experiment(Planted(does="zero"))}
    assert nothing["runs_on_mlp"] == Finding("runs_on_mlp", 0.0, "its map is zero throughout")
    assert nothing["derivative"].value is None
    assert nothing["lost_when_saturated"] == Finding(
        "lost_when_saturated", None, "its map is zero on the whole way"
    )
    assert nothing["hits_on_transformer"].value == 0.0
    steps = {one.experiment: one for one in experiment(Planted(does="steps"))}
    assert steps["derivative"] == Finding("derivative", 0.0, "its map jumps")


def test_the_global_random_state_stays() -> None:
    experiments._network.cache_clear()
    trained_transformer.trained.cache_clear()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    experiment(METHODS.build("vanilla_gradients"))
    assert torch.equal(before, torch.get_rng_state())
