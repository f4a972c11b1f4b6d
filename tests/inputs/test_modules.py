"""Modules as code hands them over: what is taken off, cast, refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import torch
from torch import nn

from heatcheck.core.errors import ClassifierUnavailable
from heatcheck.inputs import modules

X = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def small() -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 3, 2), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4, 3)).eval()


@pytest.mark.parametrize(
    ("wrap", "note"),
    [
        (nn.DataParallel, ""),
        (lambda model: torch.compile(model, backend="eager"), "compiled"),
        (lambda model: nn.DataParallel(torch.compile(model, backend="eager")), "compiled"),
        (lambda model: model.train(), ""),
    ],
)
def test_what_carries_a_network_is_taken_off(
    wrap: Callable[[nn.Module], nn.Module], note: str
) -> None:
    network, notes = modules.plain(wrap(small()))
    assert [path for path, _ in network.named_modules()] == ["", *"012345"]
    assert len(notes) == bool(note) and all(note in told for told in notes)
    assert not any(module.training for module in network.modules())
    with torch.no_grad():
        assert torch.equal(network(X), small()(X))


@pytest.mark.parametrize(
    ("dtype", "words"),
    [
        (torch.float16, "half precision (float16)"),
        (torch.bfloat16, "bfloat16"),
        (torch.float64, "double precision (float64)"),
    ],
)
def test_weights_that_are_not_float32_are_cast_and_the_giver_keeps_theirs(
    dtype: torch.dtype, words: str
) -> None:
    given = small().to(dtype)
    network, notes = modules.plain(given)
    assert notes == (f"Its weights are in {words}; they are cast to float32.",)
    assert {value.dtype for value in network.parameters()} == {torch.float32}
    assert {value.dtype for value in given.parameters()} == {dtype}
    with torch.no_grad():
        torch.testing.assert_close(network(X), small()(X), rtol=0.05, atol=0.01)


def test_what_cannot_be_copied_to_be_cast_is_refused_with_what_to_do() -> None:
    given = small().half()
    given[0].kept = given[0].weight * 2  # a tensor with a history
    with pytest.raises(ClassifierUnavailable, match=r"half precision.*Give it in float32"):
        modules.plain(given)


def closed(kind: str) -> nn.Module:
    model = small()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        match kind:
            case "scripted":
                return torch.jit.script(model)
            case "traced":
                return torch.jit.trace(model, X)
            case "traced inside":
                return nn.Sequential(torch.jit.trace(model, X), nn.Softplus())
            case "quantised":
                return torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, torch.qint8)
            case "lazy":
                return nn.Sequential(nn.Flatten(), nn.LazyLinear(3))
            case _:
                return model.to("meta")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("scripted", "TorchScript"),
        ("traced", "TorchScript"),
        ("traced inside", "TorchScript"),
        ("quantised", "quantised.*Give the float32 network"),
        ("lazy", r"1\.(weight|bias) has no size yet"),
        ("meta", r"0\.weight has no values"),
    ],
)
def test_what_no_method_can_look_into_is_refused_with_what_to_give_instead(
    kind: str, words: str
) -> None:
    with pytest.raises(ClassifierUnavailable, match=words):
        modules.plain(closed(kind))
