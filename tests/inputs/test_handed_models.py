"""A model object gets a name from all that decides its answers, and is copied."""

from __future__ import annotations

import copy
import functools
import os
import subprocess
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from heatcheck.core.errors import BadParameter, ClassifierUnavailable
from heatcheck.inputs import classifier_names, classifiers, image_sets, memory
from heatcheck.inputs.handed_models import Handed, handed, held
from heatcheck.inputs.sizes import Size


class Scaled(nn.Module):
    """Two classes, from a plain attribute, a buffer that no state dict has, and a parameter."""

    def __init__(self, scale: float = 2.0) -> None:
        super().__init__()
        self.scale = scale
        self.kept: Any = None
        self.weight = nn.Parameter(torch.tensor([1.0, -1.0]))
        self.register_buffer("hidden", torch.tensor([0.7]), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * x.mean((1, 2, 3))[:, None] * self.weight + self.hidden


class Otherwise(Scaled):
    """The same values in other code."""

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * x.amax((1, 2, 3))[:, None] * self.weight + self.hidden


def name(model: nn.Module, **said: Any) -> str:
    return handed(model, size=Size(8, 8), **said).name


def test_the_name_is_the_same_for_the_same_model() -> None:
    model = Scaled()
    assert name(model) == name(copy.deepcopy(model).train()) == name(Scaled())
    assert classifier_names.read(name(model)).in_memory
    digits = name(model).rpartition("-")[2]
    assert classifiers.title_of(name(model)) == f"Scaled in memory ({digits[:6]})"


CHANGES: dict[str, Callable[[Scaled], object]] = {
    "a parameter": lambda model: model.weight.data.mul_(2),
    "a buffer outside the state dict": lambda model: model.hidden.add_(1),  # type: ignore[operator]
    "a plain attribute": lambda model: setattr(model, "scale", 3.0),
    "a function that it holds": lambda model: setattr(model, "kept", lambda x: x + 1),
    "a part": lambda model: model.add_module("more", nn.ReLU()),
    "a part's setting": lambda model: model.add_module("more", nn.LeakyReLU(0.2)),
}


def test_the_name_tells_every_change_that_a_digest_can_see() -> None:
    names = {name(Scaled()), name(Otherwise())}
    for change in CHANGES.values():
        model = Scaled()
        change(model)
        names.add(name(model))
    for said in (
        {"mean": 0.5, "std": 0.5},
        {"mean": 0.5, "std": 0.25},
        {"classes": ["a", "b"]},
        {"channels": 1},
    ):
        names.add(name(Scaled(), **said))
    names.add(handed(Scaled(), size=Size(9, 8)).name)
    assert len(names) == 2 + len(CHANGES) + 5


def test_the_name_tells_what_a_function_takes_along() -> None:
    def times(factor: float) -> nn.Module:
        model = Scaled()
        model.kept = lambda x: x * factor
        return model

    def decorated(inner: Callable[..., Any]) -> nn.Module:
        model = Scaled()
        model.kept = functools.wraps(inner)(lambda *x: inner(*x))
        return model

    names = {name(times(2.0)), name(times(3.0)), name(decorated(lambda x: x + 1))}
    names.add(name(decorated(lambda x: x - 1)))
    assert len(names) == 4
    assert name(times(2.0)) == name(times(2.0))


def test_the_name_does_not_depend_on_the_process() -> None:
    code = (
        "from heatcheck.tests.inputs.test_handed_models import Scaled, name; "
        "model = Scaled(); model.kept = {'b', 'a'}; print(name(model))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


def test_the_copy_shares_nothing_with_the_model() -> None:
    model = Scaled().train()
    made = handed(model, size=Size(8, 8)).loaded.model
    assert not made.training
    assert not any(one.requires_grad for one in made.parameters())
    assert model.training
    assert model.weight.requires_grad
    made.weight.mul_(5)  # type: ignore[union-attr, operator]
    assert model.weight.tolist() == [1.0, -1.0]


def test_a_held_model_is_a_classifier_and_is_let_go_of() -> None:
    ready = handed(Scaled(), size=Size(8, 8), classes=["a", "b"], mean=(0.1, 0.2, 0.3), std=0.5)
    with held(ready) as names, held(ready):
        loaded = classifiers.load(ready.name)
        assert names == loaded.labels == ("a", "b")
        assert (loaded.mean, loaded.std) == ((0.1, 0.2, 0.3), (0.5, 0.5, 0.5))
        x = torch.rand(2, 3, 8, 8)
        with torch.no_grad():
            assert torch.equal(loaded.model(x), Scaled()(x))
    with pytest.raises(ClassifierUnavailable, match="Call heatcheck"):
        classifiers.load(ready.name)
    with pytest.raises(ClassifierUnavailable):
        classifiers.check_name(ready.name)


def test_images_are_held_as_long_as_they_are_wanted() -> None:
    with memory.held_images("memory:abc", image_sets.ImageSet(())):
        with memory.held_images("memory:abc", image_sets.ImageSet(())):
            pass
        assert image_sets.load("memory:abc") == []
        assert image_sets.absolute("memory:abc") == "memory:abc"
    assert memory._images == {}


def test_a_model_that_cannot_be_copied_is_refused_in_a_sentence() -> None:
    model = Scaled()
    model.kept = (model.weight * 2,)  # a tensor with a history

    with pytest.raises(ClassifierUnavailable, match=r"Expected a model that can be copied"):
        handed(model, size=Size(8, 8))


@pytest.mark.parametrize("given", [[], "ab", ["a", ""], [1, 2]])
def test_classes_that_are_no_names_are_refused(given: Any) -> None:
    with pytest.raises(BadParameter, match="Expected classes"):
        handed(Scaled(), size=Size(8, 8), classes=given)


@pytest.mark.parametrize("given", [torch.tensor([0.5, 0.5, 0.5]), [0.5] * 3, 0.5])
def test_mean_and_std_may_be_one_number_several_or_a_tensor(given: Any) -> None:
    assert handed(Scaled(), size=Size(8, 8), mean=given, std=given).loaded.mean == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_channels_that_the_images_do_not_tell_are_those_of_the_first_convolution(
    channels: int,
) -> None:
    layers = (nn.Conv2d(channels, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    for model in (nn.Sequential(*layers), nn.Sequential(*layers).half()):
        assert len(handed(model, size=Size(8, 8)).loaded.mean) == channels
        assert len(handed(model, size=Size(8, 8), mean=0.5, std=0.5).loaded.mean) == channels


def test_a_first_convolution_behind_other_layers_says_nothing() -> None:
    class Late(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.repeat(1, 2, 1, 1))

    model = Late(nn.Conv2d(6, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert len(handed(model, size=Size(8, 8)).loaded.mean) == 3


def test_what_is_assumed_is_said() -> None:
    ready: Handed = handed(Scaled(), size=Size(8, 8))
    assert "as they are" in ready.loaded.notes[0]
    assert handed(Scaled(), size=Size(8, 8), mean=0, std=1).loaded.notes == ()


def test_the_name_tells_hooks_and_settings_apart() -> None:
    """A hook on gradients leaves the answers as they are, and changes every map of a gradient."""

    def hooked(factor: float, *, backward: bool) -> Scaled:
        model = Scaled()
        if backward:
            model.register_full_backward_hook(lambda module, given, out: (factor * given[0],))
        else:
            model.register_forward_hook(lambda module, given, out: factor * out)
        return model

    def held(kept: object) -> Scaled:
        model = Scaled()
        model.kept = kept
        return model

    def settings(slope: float) -> list[object]:
        return [
            functools.partial(nn.functional.leaky_relu, negative_slope=slope),
            types.SimpleNamespace(slope=slope),
            lambda x: slope * x,
        ]

    models = [
        Scaled(),
        *(hooked(factor, backward=way) for factor in (1.0, 2.0) for way in (False, True)),
        *(held(one) for slope in (0.1, 0.2) for one in settings(slope)),
    ]
    assert len({name(model) for model in models}) == len(models)
    assert name(hooked(2.0, backward=True)) == name(hooked(2.0, backward=True))
    assert name(held(settings(0.1)[1])) == name(held(settings(0.1)[1]))


def test_what_a_hook_collects_is_no_part_of_the_name() -> None:
    model, seen = Scaled(), []
    model.register_forward_hook(lambda module, given, out: seen.append(out))
    assert name(model) == name(model)
    assert seen
