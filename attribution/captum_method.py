"""Any attribution of captum as a method of this process, beside ours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from heatcheck.attribution.base import METHODS, Method
from heatcheck.attribution.given import check_called, fitted
from heatcheck.attribution.hooks import evaluating
from heatcheck.attribution.passes import Passes
from heatcheck.attribution.target import Target
from heatcheck.core.contents import bytes_of
from heatcheck.core.errors import BadParameter, shown
from heatcheck.core.registry import Citation, parameter

Make = Callable[[Any], Any]  # a model -> an object with `attribute(x, target=..., **arguments)`


@dataclass(frozen=True)
class CaptumMethod(Method):
    """What an object of captum gives, summed over channels; a coarse map of a layer is enlarged
    bilinearly. It explains the class's score, as every method does.
    """

    family = "elsewhere"
    formula = r"\text{captum}"
    summary = "An attribution of captum, called as it is."
    code = "make(model).attribute(x, target=class_index).sum(1)[0]"
    cite = Citation("Kokhlikyan et al.", 2020, "Captum", "https://arxiv.org/abs/2009.07896")
    cannot = "Be made outside of the program that named it."
    make: ClassVar[Make]
    arguments: ClassVar[dict[str, Any]]

    of: str = parameter("", "The digest of what makes the object and of its arguments.")

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        scored = _Scored(target)
        leaf = x.detach().clone().requires_grad_()
        with _drawn_from(generator), torch.enable_grad(), evaluating(target.model):
            made = type(self).make(scored).attribute(leaf, target=0, **self.arguments)
        heat = made[0] if isinstance(made, tuple) else made
        if not isinstance(heat, Tensor) or heat.ndim != 4 or len(heat) != 1:
            got = tuple(heat.shape) if isinstance(heat, Tensor) else type(heat).__name__
            raise BadParameter(
                f"Expected {self.name} to give an attribution [1,C,H,W]. Got {got}. Name a layer "
                "with a spatial output, or another attribution."
            )
        return fitted(heat.detach().sum(1)[0], *x.shape[-2:])


def captum_method(name: str, make: Make, **arguments: Any) -> Method:
    """A method of this process, by an object of captum: `captum_method("saliency", Saliency)`, or
    `captum_method("cam", lambda model: LayerGradCam(model, model.layer4))`.

    It is known by its name from then on; the same name again takes its place.

    Args:
        name: letters, digits and single underscores; none of a method of ours.
        make: given the model, the object. Its first output, target 0, is the explained score; what
            else it asks of the model (its layers) it finds there.
        arguments: of the object's `attribute`.

    Raises:
        BadParameter: the name cannot be its, or `make` is nothing that is called.
    """
    known = METHODS[name] if name in METHODS.readable else None
    if known is None or not issubclass(known, CaptumMethod):
        check_called(name, "a captum method")
    if not callable(make):
        raise BadParameter(
            f"Expected a function that makes an attribution of a model. Got {shown(make)}. Give "
            "the class, as Saliency, or a lambda."
        )
    words = {"name": name, "title": name, "make": staticmethod(make), "arguments": arguments}
    cls: type[CaptumMethod] = dataclass(frozen=True)(type(f"Captum_{name}", (CaptumMethod,), words))
    METHODS.renew(cls)
    made: Method = cls(_digest(make, arguments))
    return made


def _digest(make: Make, arguments: dict[str, Any]) -> str:
    """Of what makes the object, its code and what it holds, and of its arguments."""
    return hashlib.sha256(bytes_of((make, sorted(arguments.items())))).hexdigest()


class _Scored(nn.Module):
    """A target's model whose one output is the explained score, `[N,1]`. It has the attributes of
    the model, so that layers are found by their names; passes are counted.
    """

    def __init__(self, target: Target) -> None:
        super().__init__()
        self.network = target.model
        self.__dict__["_target"] = target

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("network"), name)

    def forward(self, x: Tensor) -> Tensor:
        target: Target = self.__dict__["_target"]
        target.passes += Passes(forward=len(x))
        scores: Tensor = target.explained(self.network(x))[:, None]
        if not scores.requires_grad:
            return scores
        counted: Tensor = _Counted.apply(scores, target)
        return counted


class _Counted(torch.autograd.Function):
    """The same values; a backward pass through them is counted."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, target: Target) -> Tensor:
        ctx.target = target
        return scores.view_as(scores)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        ctx.target.passes += Passes(backward=len(gradients[0]))
        return gradients[0], None


@contextmanager
def _drawn_from(stream: torch.Generator) -> Iterator[None]:
    """Within this, torch's own stream is one that is drawn from another; afterwards it is as it
    was. The other counts as untouched where nothing was drawn.
    """
    before = stream.get_state()
    with torch.random.fork_rng(devices=[]):
        seed = int(torch.randint(2**62, (1,), generator=stream))
        fresh = torch.Generator().manual_seed(seed).get_state()
        torch.set_rng_state(fresh)
        try:
            yield
        finally:
            if torch.equal(torch.get_rng_state(), fresh):
                stream.set_state(before)
