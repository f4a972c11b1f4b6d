"""Metric, Score, Case: a heatmap goes in, a number with its direction comes out."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

import torch
from torch import Tensor

from attribution.base import Attribution, generator
from attribution.registry import Registered, Registry
from attribution.target import Target

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Curve:
    """The class's probability while pixels are replaced."""

    fractions: tuple[float, ...]  # share of pixels replaced, 0 to 1
    probabilities: tuple[float, ...]

    @property
    def auc(self) -> float:
        """Area under the curve by the trapezoid rule on [0, 1]."""
        pairs = list(zip(self.fractions, self.probabilities, strict=True))
        return sum((b - a) * (p + q) / 2 for (a, p), (b, q) in itertools.pairwise(pairs))


@dataclass(frozen=True, eq=False)
class Score:
    """A metric's answer: a value, a curve where it has one, and named side values that become rows of their own."""

    value: float
    curve: Curve | None = None
    sides: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Case:
    """One map on one image under one model: what every metric scores.

    What several metrics of a case need (the curve of the map itself, the probability of the clean image) is computed by the
    first that asks, through `once`.
    """

    target: Target
    x: Tensor  # the image as the model takes it, [1,C,H,W]
    attribution: Attribution
    about: str = ""  # the image's digest; with the seed and the method's digest it fixes every random stream
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def map(self) -> Tensor:
        """The heatmap `[H,W]`."""
        return self.attribution.map

    def generator(self, purpose: str) -> torch.Generator:
        """A generator for one purpose, the same however often it is asked for."""
        return generator(self.attribution.seed, self.about, self.attribution.method.digest, purpose)

    def once(self, key: Any, compute: Callable[[], T]) -> T:
        """`compute()`, kept for the other metrics of this case."""
        if key not in self._kept:
            self._kept[key] = compute()
        result: T = self._kept[key]
        return result


@dataclass(frozen=True)
class Metric(Registered, ABC):
    """A way to score a heatmap. Final, frozen; its fields are its parameters.

    To add one, write one file in this package: subclass, declare, `@METRICS.register`.
    """

    families: ClassVar[tuple[str, ...]] = ("faithfulness", "placement", "noise", "cost")
    unit: ClassVar[str]
    better: ClassVar[Literal["lower", "higher"]]
    bounds: ClassVar[tuple[float, float]]
    scale: ClassVar[Literal["linear", "log"]] = "linear"  # log: averaged over images as a geometric mean
    summary: ClassVar[str]  # one sentence for people
    misleads: ClassVar[str]  # what biases it

    @abstractmethod
    def score(self, case: Case) -> Score:
        """The score of one case. Raises DegenerateMap where the map has no value under this metric."""


METRICS: Registry[Metric] = Registry("metric")
