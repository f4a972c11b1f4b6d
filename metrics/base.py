"""Metric, Score, Case: a heatmap goes in, a number with its direction comes out."""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
import torch
from torch import Tensor

from heatcheck.attribution.base import Attribution, Method, attribute
from heatcheck.attribution.given import ELSEWHERE
from heatcheck.attribution.target import Target
from heatcheck.core.errors import DegenerateMap
from heatcheck.core.randomness import generator
from heatcheck.core.registry import Citation, Registered, Registry

T = TypeVar("T")
# of a mean over images; log: geometric; hits: a share of images, 0 or 1 each
Scale = Literal["linear", "log", "hits"]
# what a metric may need beside the image and its map
OTHER_IMAGES, OBJECT_MASK = "the maps of the run's other images", "the object's mask"
OTHER_CLASSES = "another class of the model"
# what is said of a map whose pixels are all equal, under every metric that reads it
BLANK = "The map is blank: all its pixels are equal, so it ranks nothing and has no score."
OURS = Citation("Heatcheck", 2026, "Metrics of this project", "docs/metrics.md")


@dataclass(frozen=True, eq=False)
class Curve:
    """The class's probability while pixels are replaced."""

    fractions: tuple[float, ...]  # share of pixels replaced, 0 to 1
    probabilities: tuple[float, ...]
    # nats by which the model finds less in the picture than in the clean one: out of distribution;
    # none where its output has no energy
    energy_gaps: tuple[float, ...] = ()

    @property
    def auc(self) -> float:
        """Area under the curve by the trapezoid rule on [0, 1]."""
        return _trapezoid(self.fractions, self.probabilities)

    @property
    def out_of_distribution(self) -> float:
        """The mean energy gap along the curve, in nats; NaN where there is none."""
        return _trapezoid(self.fractions, self.energy_gaps) if self.energy_gaps else math.nan


def _trapezoid(places: Sequence[float], heights: Sequence[float]) -> float:
    points = list(zip(places, heights, strict=True))
    return sum((b - a) * (p + q) / 2 for (a, p), (b, q) in itertools.pairwise(points))


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """The mean of curves at the points that any of them has, each read on the lines between its
    own; its area is the mean of the areas.
    """
    fractions = sorted({fraction for curve in curves for fraction in curve.fractions})

    def mean(heights_of: Callable[[Curve], Sequence[float]]) -> tuple[float, ...]:
        if not all(map(heights_of, curves)):
            return ()
        heights = [np.interp(fractions, curve.fractions, heights_of(curve)) for curve in curves]
        return tuple(np.mean(heights, axis=0).tolist())

    return Curve(
        tuple(fractions),
        mean(lambda curve: curve.probabilities),
        mean(lambda curve: curve.energy_gaps),
    )


@dataclass(frozen=True, eq=False)
class Score:
    """A metric's answer: a value, a curve where it has one, and named side values that become rows
    of their own.
    """

    value: float
    curve: Curve | None = None
    sides: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)  # of side values, by their names


@dataclass(frozen=True, eq=False)
class Other:
    """Another image of the run under the same method."""

    x: Tensor  # [1,C,H,W]
    class_index: int  # its target
    map: Tensor  # [H,W]


@dataclass(frozen=True, eq=False)
class Case:
    """One map on one image under one model: what every metric scores.

    What several metrics of a case need (the curve of the map itself, the probability of the clean
    image) is computed by the first that asks, through `once`.
    """

    target: Target
    x: Tensor  # the image as the model takes it, [1,C,H,W]
    attribution: Attribution
    # the image's digest; with the seed and the method's digest it fixes every random stream
    about: str = ""
    others: tuple[Other, ...] = ()  # other images of the run, in this image's seeded order
    mask: Tensor | None = None  # where the object is, [H,W] bool
    # the metrics that this case is scored by, so that curves fill their batches together
    together: tuple[Metric, ...] = ()
    # the map `[H,W]` that the same method makes of this image under another network, by its name
    elsewhere: Callable[[str], Tensor] | None = None
    why_no_mask: str = ""  # why it has no mask, in a sentence
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def map(self) -> Tensor:
        """The heatmap `[H,W]`. Raises DegenerateMap where it is not finite or blank, all pixels
        equal: no metric has a value there.
        """
        heat = self.attribution.map
        if not torch.isfinite(heat).all():
            raise DegenerateMap(
                "Expected a finite map. Got NaN or infinity in it, which nothing can "
                "score. Check the model's outputs."
            )
        if heat.numel() > 1 and heat.amin() == heat.amax():
            raise DegenerateMap(BLANK)
        return heat

    def generator(self, purpose: str, *, whatever_method: bool = False) -> torch.Generator:
        """A generator for one purpose, the same however often it is asked for; the same for all
        methods where that is asked.
        """
        method = "" if whatever_method else self.attribution.method.stream
        return generator(self.attribution.seed, self.about, method, purpose)

    def again(
        self, target: Target | None = None, x: Tensor | None = None, *, seed: int | None = None
    ) -> Attribution:
        """Another map by the same method: of another image, under another target or with another
        seed.
        """
        return attribute(
            self.attribution.method,
            target or self.target,
            self.x if x is None else x,
            seed=self.attribution.seed if seed is None else seed,
            about=self.about if x is None else f"{self.about} changed",
        )

    def once(self, key: Any, compute: Callable[[], T]) -> T:
        """`compute()`, kept for the other metrics of this case."""
        if key not in self._kept:
            self._kept[key] = compute()
        kept: T = self._kept[key]
        return kept


@dataclass(frozen=True)
class Side:
    """What a side value is."""

    unit: str
    what: str


@dataclass(frozen=True)
class Metric(Registered, ABC):
    """A way to score a heatmap. Final, frozen; its fields are its parameters.

    To add one, write one file in this package: subclass, declare, `@METRICS.register`.
    """

    families: ClassVar[tuple[str, ...]] = (
        "faithfulness",
        "placement",
        "noise",
        "detail",
        "cost",
        "sanity",
    )
    unit: ClassVar[str]
    better: ClassVar[Literal["lower", "higher"]]
    bounds: ClassVar[tuple[float, float]]
    scale: ClassVar[Scale] = "linear"
    # whether images are a sample of what it measures; of a machine's load they are none, so its
    # mean has no interval, no test and no mark
    sampled: ClassVar[bool] = True
    formula: ClassVar[str]  # LaTeX
    summary: ClassVar[str]  # one sentence for people
    misleads: ClassVar[str]  # what biases it
    # that a score carries: all of them, but of those a substrate only those of its set
    sides: ClassVar[Mapping[str, Side]] = {}
    needs: ClassVar[frozenset[str]] = frozenset()  # of the three above
    remakes: ClassVar[bool] = False  # whether it needs more maps by the same method
    partners: ClassVar[int] = 2  # how many other images it is given at most, where it needs them

    @abstractmethod
    def score(self, case: Case) -> Score:
        """The score of one case. Raises DegenerateMap where the map has no value under this
        metric, as a blank one.
        """

    @classmethod
    def why_not(cls, method: Method) -> str | None:
        """Why this metric says nothing about maps of that method, in a sentence; None where it
        does.
        """
        return f"{ELSEWHERE}." if cls.remakes and not method.repeatable else None


METRICS: Registry[Metric] = Registry("metric")
