"""Reference maps: networks whose weights are drawn anew, and other classes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Output, Target
from heatcheck.core.errors import DoesNotApply
from heatcheck.metrics import Case
from heatcheck.metrics.reference_maps import (
    made_again,
    of_another_class,
    reference_map,
    runner_up,
    unlikely_class,
    with_drawn_weights,
)
from heatcheck.tests.doubles.cases import case_by, case_of

METHOD = METHODS.build("vanilla_gradients")


class Ranked(nn.Module):
    """Logits 0, 1, 2, ... whatever the picture, and a weight."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.classes = classes

    def forward(self, x: Tensor) -> Tensor:
        steps = torch.arange(self.classes, dtype=x.dtype)
        return steps + 0 * (self.weight.sum() * x.mean((1, 2, 3)))[:, None]


def ranked(classes: int, index: int) -> Case:
    x = torch.ones(1, 1, 4, 4)
    output = Output.SOFTMAX if classes > 1 else Output.SCORE
    return case_of(torch.rand(4, 4), x, Target(Ranked(classes), index, x, output=output))


def test_the_unlikely_class_is_of_the_lower_half_and_never_the_own_one() -> None:
    for index in (0, 3, 7):
        drawn = unlikely_class(ranked(8, index))
        assert drawn != index
        assert drawn in [one for one in range(8) if one != index][:4]


def test_of_two_classes_it_is_the_other_and_of_one_there_is_none() -> None:
    assert unlikely_class(ranked(2, 0)) == 1
    assert unlikely_class(ranked(2, 1)) == 0
    for choose in (unlikely_class, runner_up):
        with pytest.raises(DoesNotApply, match="this model has one"):
            choose(ranked(1, 0))


def test_neither_side_of_a_contrast_is_another_class() -> None:
    x = torch.ones(1, 1, 4, 4)
    case = case_of(torch.rand(4, 4), x, Target(Ranked(4), 3, x, against=0))
    assert runner_up(case) == 2
    assert unlikely_class(case) == 1
    two = case_of(torch.rand(4, 4), x, Target(Ranked(2), 1, x, against=0))
    assert unlikely_class(two) == runner_up(two) == 0


def test_the_second_class_is_the_most_likely_other_one() -> None:
    assert runner_up(ranked(5, 4)) == 3
    assert runner_up(ranked(5, 1)) == 4


def test_drawn_weights_are_the_same_again_and_another_number_or_seed_has_others(
    tiny_target: Target,
) -> None:
    model = tiny_target.model
    before = [values.clone() for values in model.parameters()]
    first = with_drawn_weights(model, 0, 0)
    assert with_drawn_weights(model, 0, 0) is first
    others = [with_drawn_weights(model, 1, 0), with_drawn_weights(model, 0, 1)]
    for other in (model, *others):
        assert not torch.equal(next(other.parameters()), next(first.parameters()))
    for values, kept in zip(model.parameters(), before, strict=True):
        assert torch.equal(values, kept)
    deviations = [
        (float(drawn.detach().std()), float(values.detach().std()))
        for drawn, values in zip(first.parameters(), model.parameters(), strict=True)
        if values.numel() > 100
    ]
    assert all(drawn == pytest.approx(own, rel=0.3) for drawn, own in deviations)


def test_a_model_without_weights_has_none_to_draw() -> None:
    with pytest.raises(DoesNotApply, match="this model has none"):
        with_drawn_weights(nn.Flatten(), 0, 0)


def test_the_map_of_drawn_weights_is_another_and_one_that_cannot_be_made_is_blank(
    tiny_target: Target, tiny_x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_by(METHOD, tiny_target, tiny_x)
    heat = reference_map(case, "weights drawn anew 0")
    assert heat.shape == case.map.shape
    assert heat.any()
    assert not torch.allclose(heat, case.map)
    assert reference_map(case, "weights drawn anew 0") is heat

    def fails(*given: object, **more: object) -> nn.Module:
        raise DoesNotApply("nothing is left of it.")

    monkeypatch.setattr("heatcheck.metrics.base.attribute", fails)
    assert not reference_map(case, "weights drawn anew 1").any()


def test_a_map_of_another_class_is_made_once_for_all_who_ask(
    tiny_target: Target, tiny_x: Tensor
) -> None:
    case = case_by(METHOD, tiny_target, tiny_x)
    assert made_again(case) == ()
    other = unlikely_class(case)
    assert reference_map(case, "another class") is of_another_class(case, other).map
    assert [again.class_index for again in made_again(case)] == [other]


def test_another_network_takes_a_run(tiny_target: Target, tiny_x: Tensor) -> None:
    with pytest.raises(DoesNotApply, match="only a run can load"):
        reference_map(case_by(METHOD, tiny_target, tiny_x), "network resnet18")
