"""What networks answer with, brought to `[N,K]`, while layers keep their paths."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.inputs import answers
from heatcheck.inputs.answers import Answering
from heatcheck.inputs.speed_ups import thrifty

X = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@dataclass
class Output:
    loss: Tensor | None
    logits: Tensor


class Named(NamedTuple):
    logits: Tensor
    aux: Tensor


class Answers(nn.Module):
    """A small network that answers in some form."""

    def __init__(self, form: Callable[[Tensor], Any], classes: int = 3) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 5, 4)
        self.norm = nn.BatchNorm2d(4)
        self.act = nn.ReLU(inplace=True)
        self.head = nn.Linear(4, classes)
        self.form = form

    def forward(self, x: Tensor) -> Any:
        return self.form(self.head(self.act(self.norm(self.conv(x))).mean((2, 3))))


def as_it_is(z: Tensor) -> Tensor:
    return z


@pytest.mark.parametrize(
    ("form", "place"),
    [
        (as_it_is, ()),
        (lambda z: {"features": z + 1, "logits": z}, ("logits",)),
        (lambda z: OrderedDict(loss=None, scores=z), ("scores",)),
        (lambda z: Output(None, z), ("logits",)),
        (lambda z: Named(z, z + 1), ("logits",)),
        (lambda z: (z, z.softmax(1)), (0,)),
        (lambda z: [z.mean(), z.argmax(1), z[:, 0], z], (3,)),
        (lambda z: ((z, z + 1), z + 2), (0, 0)),
        (lambda z: z[:, :, None, None], ()),
        (lambda z: (z[:, :, None, None], "words"), (0,)),
    ],
)
def test_logits_count_else_the_first_tensor_with_a_row_a_picture(
    form: Callable[[Tensor], Any], place: answers.Place
) -> None:
    bare, given = Answers(as_it_is).eval(), Answers(form).eval()
    with torch.no_grad():
        assert answers.place_of(given(X), len(X)) == place
        assert torch.equal(Answering(given, place)(X), bare(X))


@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize("pictures", [1, 4])
def test_a_squeezed_axis_comes_back(classes: int, pictures: int) -> None:
    bare, squeezed = Answers(as_it_is, classes).eval(), Answers(Tensor.squeeze, classes).eval()
    with torch.no_grad():
        assert answers.place_of(squeezed(X), 4) == ()
        assert torch.equal(Answering(squeezed)(X[:pictures]), bare(X[:pictures]))


@pytest.mark.parametrize(
    "form", [lambda z: z.argmax(1), lambda z: "cat", lambda z: {}, lambda z: z[:, :, None] + z[0]]
)
def test_an_answer_without_scores_has_no_place(form: Callable[[Tensor], Any]) -> None:
    with torch.no_grad():
        assert answers.place_of(Answers(form).eval()(X), len(X)) is None


def test_layers_gradients_and_copies_are_the_networks_own() -> None:
    """Named layers, folding, copies and Grad-CAM act as on the bare network, to the bit."""
    given = Answering(Answers(lambda z: {"logits": z}).eval(), ("logits",))
    bare = Answers(as_it_is).eval()
    assert [path for path, _ in given.named_modules()] == [path for path, _ in bare.named_modules()]
    assert list(given.state_dict()) == list(bare.state_dict())
    fast = [thrifty(model, X[:2], X.device) for model in (given, bare)]
    assert isinstance(fast[0].get_submodule("norm"), nn.Identity)
    for name in ({"name": "grad_cam", "layer": "act"}, "vanilla_gradients", "guided_backprop"):
        method = METHODS.build(name)
        first, second = (attribute(method, Target(model, 1, X[:1]), X[:1]).map for model in fast)
        assert torch.equal(first, second) and first.any()
    other = copy.deepcopy(given)
    with torch.no_grad():
        next(other.parameters()).zero_()
        assert not torch.equal(other(X), given(X))
        assert torch.equal(given(X), bare(X))


def test_a_network_that_changes_its_input_is_given_a_copy() -> None:
    class Greedy(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.mul_(2).sum((2, 3))

    x = X.clone().requires_grad_()
    scores = Answering(Greedy(), copies=True)(x)
    scores.sum().backward()
    assert x.grad is not None and bool((x.grad == 2).all())
    assert torch.equal(x.detach(), X)
