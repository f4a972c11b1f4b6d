"""Method, Attribution, seeded generators, and the one function that makes a map: `attribute`."""

from __future__ import annotations

import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor, nn

from heatcheck.attribution.baselines import SHARED
from heatcheck.attribution.passes import Passes
from heatcheck.attribution.target import Target
from heatcheck.core.errors import DegenerateMap, DoesNotApply
from heatcheck.core.randomness import generator
from heatcheck.core.registry import Registered, Registry

# a map, and what a method says about its own work
Answer = Tensor | tuple[Tensor, Mapping[str, float]]
NEEDS = ("gradients", "spatial features", "ReLUs", "attention", "reference images")


@dataclass(frozen=True)
class Method(Registered, ABC):
    """A way to make a heatmap. Final, frozen; its fields are its parameters.

    To add one, write one file in this package: subclass, declare, `@METHODS.register`.
    """

    families: ClassVar[tuple[str, ...]] = (
        "gradient",
        "CAM",
        "attention",
        "perturbation",
        "elsewhere",
        "control",
    )
    formula: ClassVar[str]  # LaTeX
    summary: ClassVar[str]  # one sentence for people
    code: ClassVar[str]  # the idea in a few lines of PyTorch, for the Methods page
    signed: ClassVar[bool] = False
    cannot: ClassVar[str]  # what it cannot do, in a sentence
    needs: ClassVar[frozenset[str]] = frozenset()  # of NEEDS
    class_sensitive: ClassVar[bool] = True
    # what it compares the image with, a sentence or more for its card; empty: nothing
    reference: ClassVar[str] = ""
    # whether the map's sum claims to be the score's change from `path_starts` to the image
    complete: ClassVar[bool] = False
    repeatable: ClassVar[bool] = True  # whether it can make a map again, of whatever it is asked

    @property
    def stream(self) -> str:
        """What its random streams are drawn by, beside the run's seed and the image's digest."""
        return self.digest

    @abstractmethod
    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Answer:
        """The map `[H,W]` of one input `x` `[1,C,H,W]`; high means important for the target's
        class.

        Where a method has something to say about its own work (a completeness gap, say), it returns
        the map and that by name.
        """

    def path_starts(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        """Of a method that is `complete`: where its paths to `x` start, `[B,C,H,W]`, given the
        stream that `attribute` was given.
        """
        raise NotImplementedError

    @property
    def starts_from(self) -> frozenset[str]:
        """The substrates (of mean, black, white, blur) from which its path starts with these
        parameters: under one of them map and score ask the same. Empty where there is no path.
        """
        return frozenset()

    @property
    def asked_anew(self) -> bool:
        """Whether the same spec meant another baseline before 2026-11-26, so that it is another
        question now.
        """
        return False

    def check(self, target: Target) -> str | None:
        """Why this method does not apply to this model, in a sentence; None where it does."""
        if self.family != "control" and (reason := target.why_no_logits()):
            return reason
        if (
            "gradients" in self.needs
            and "spatial features" not in self.needs
            and (reason := target.why_no_gradients())
        ):
            return reason
        if "spatial features" in self.needs and (
            reason := target.why_no_features(getattr(self, "layer", ""))
        ):
            return reason
        if "ReLUs" in self.needs and (reason := target.why_not_guided()):
            return reason
        if "attention" in self.needs and (reason := target.why_no_attention()):
            return reason
        if "reference images" in self.needs and target.references is None:
            channels = target.shape[1]
            other = "" if channels in (1, 3) else f" of {channels} channels"
            return (
                f"it compares with other real images, and there are none{other}. Give the Target "
                "some as references."
            )
        return None

    @property
    def is_control(self) -> bool:
        """A control explains nothing: a method that does not beat it has not earned its place."""
        return self.family == "control"


METHODS: Registry[Method] = Registry("method", by_year=True)


@dataclass(frozen=True)
class GradientMethod(Method):
    """A method that gives every input value a signed attribution before channels become one plane:
    what others can wrap.

    The map is the sum over channels, unless a method reduces them otherwise.
    """

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Answer:
        return self.channels(target, x, generator).sum(1)[0]

    @abstractmethod
    def channels(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        """The attribution of each value of `x[N,C,H,W]` -> `[N,C,H,W]`."""


def wrappable() -> tuple[str, ...]:
    """The gradient methods that can be wrapped, in words that `wrapped` takes."""
    return with_baselines(
        name for name, method in METHODS.items() if issubclass(method, GradientMethod)
    )


def with_baselines(names: Iterable[str]) -> tuple[str, ...]:
    """The names, each followed by its variants that start elsewhere: `idgi:black`."""
    return tuple(
        word
        for name in names
        for word in (name, *(f"{name}:{start}" for start in _other_baselines(METHODS[name])))
    )


def _other_baselines(method: type[Method]) -> tuple[str, ...]:
    field = method.__dataclass_fields__.get("baseline")
    return tuple(start for start in SHARED if start != field.default) if field else ()


def wrapped(word: str) -> Method:
    """The method that another one wraps: with its defaults, but for a baseline that is named."""
    name, _, start = word.partition(":")
    return METHODS.build({"name": name, "baseline": start} if start else name)


def title_of_wrapped(word: str) -> str:
    """Its title for people: `Integrated Gradients from black`."""
    name, _, start = word.partition(":")
    return METHODS[name].title + (f" from {start}" if start else "")


@dataclass(frozen=True, eq=False)
class Attribution:
    """A heatmap and how it was made."""

    map: Tensor  # [H,W] float32, finite
    method: Method
    class_index: int
    seed: int
    seconds: float
    passes: Passes
    # whether this process had made such a map before, so that `seconds` is free of first-time costs
    warm: bool = False
    # what the method says about its own work
    told: Mapping[str, float] = field(default_factory=dict)
    # whether the method took anything from its random stream: another seed, another map
    drew: bool = False


# of each model: the methods, by digest, and shapes of images with which it has made a map
_WARM: weakref.WeakKeyDictionary[nn.Module, set[tuple[str, tuple[int, ...]]]] = (
    weakref.WeakKeyDictionary()
)


def attribute(
    method: Method, target: Target, x: Tensor, *, seed: int = 0, about: str = ""
) -> Attribution:
    """Make the map of one image.

    Args:
        method: how.
        target: the class's score under the model.
        x: the image as the model takes it, `[1,C,H,W]`.
        seed: of the run. With `about` (the image's digest) and the method's digest it fixes the
            random stream.

    Returns:
        An `Attribution`; `seconds` is wall time with the device synchronised.

    Raises:
        DoesNotApply: the method cannot explain this model.
        DegenerateMap: the map is not finite or of another shape than the image.
    """
    if reason := method.check(target):
        raise DoesNotApply(f"{method.title} does not apply here: {reason}")
    stream = generator(seed, about, method.stream, "attribution")
    untouched = stream.get_state()
    before = target.passes
    target.synchronise()
    start = time.perf_counter()
    answer = method.attribute(target, x, stream)
    target.synchronise()
    seconds = time.perf_counter() - start
    heat, told = answer if isinstance(answer, tuple) else (answer, {})
    heat = heat.detach().to("cpu", torch.float32).contiguous()
    if heat.shape != x.shape[-2:]:
        raise DegenerateMap(
            f"Expected {method.name} to give a map {tuple(x.shape[-2:])}. Got {tuple(heat.shape)}."
        )
    if not torch.isfinite(heat).all():
        raise DegenerateMap(
            f"Expected a finite map from {method.name}. Got NaN or infinity. Check that "
            "the model's outputs are finite."
        )
    known = _WARM.setdefault(target.model, set())
    warm = (method.digest, target.shape) in known
    known.add((method.digest, target.shape))
    return Attribution(
        heat,
        method,
        target.class_index,
        seed,
        seconds,
        target.passes - before,
        warm,
        told,
        drew=not torch.equal(untouched, stream.get_state()),
    )


def attribute_together(
    methods: Sequence[Method], target: Target, x: Tensor, *, seed: int = 0, about: str = ""
) -> list[Attribution]:
    """`attribute` for several methods of one image, which share the passes that more than one of
    them needs.

    The maps are those of `attribute`. Seconds and passes are not: a pass is counted where it was
    first needed. Raises as `attribute` does.
    """
    with target.sharing(x):
        return [attribute(method, target, x, seed=seed, about=about) for method in methods]
