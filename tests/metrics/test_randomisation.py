"""Parameter randomisation: which modules become random, and what is left of the map."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Target
from heatcheck.attribution.vanilla_gradients import VanillaGradients
from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.metrics.randomisation import Randomisation, groups, randomise
from heatcheck.metrics.similarity import ssim
from heatcheck.tests.doubles.cases import case_by, case_of, drawn
from heatcheck.tests.doubles.small_models import Channels
from heatcheck.tests.doubles.told_methods import Told, told


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
        case_of(drawn(20, 24), tiny_x, Target(tiny, 1, tiny_x), method=method)
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
            case_of(drawn(20, 24), tiny_x, tiny_target, method=method, seed=seed)
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
        case_of(heat, tiny_x, tiny_target, method=told(monkeypatch, answer))
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
        case_of(drawn(20, 24), tiny_x, tiny_target, method=told(monkeypatch, answer))
    )
    assert (score.value, *score.sides.values()) == (0, 0, 0, 0)


def test_a_fault_of_another_kind_is_not_taken_for_an_answer(
    tiny_target: Target, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(target: Target, x: Tensor) -> Tensor:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        Randomisation().score(
            case_of(drawn(20, 24), tiny_x, tiny_target, method=told(monkeypatch, answer))
        )


def test_randomisation_needs_parameters_and_a_map_that_varies(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    x = drawn(1, 2, 7, 5)
    with pytest.raises(DoesNotApply, match="this model has none"):
        Randomisation().score(case_of(drawn(7, 5), x, Target(Channels(), 0, x)))
    board = 2.0 * (torch.arange(480).reshape(20, 24) % 2) - 1  # one size, two signs
    with pytest.raises(DegenerateMap, match="varies in size"):
        Randomisation().score(case_of(board, tiny_x, tiny_target))
    for heat in (torch.zeros(20, 24), torch.full((20, 24), 3.0), torch.full((20, 24), -3.0)):
        with pytest.raises(DegenerateMap, match="The map is blank"):
            Randomisation().score(case_of(heat, tiny_x, tiny_target))
