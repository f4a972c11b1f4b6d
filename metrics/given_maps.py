"""Deletion and insertion of a map from anywhere, without a run: the library's shortest way in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from heatcheck.attribution.base import Attribution, Method
from heatcheck.attribution.passes import Passes
from heatcheck.attribution.target import Target
from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, Case, Score


@dataclass(frozen=True)
class Given(Method):
    """A map that somebody brings along; it cannot be made again."""

    name = "given"
    title = "A given map"
    family = "control"
    cite = Citation("Heatcheck", 2026, "A map from anywhere")

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        raise NotImplementedError(
            "Expected a method that can make its map again. Got a map alone. Score it "
            "with a metric that needs no more."
        )


def case_of(target: Target, x: Tensor, heat: Tensor, seed: int = 0) -> Case:
    """A case for a map `[H,W]` from anywhere: what every metric that needs the map alone can
    score.
    """
    plane = heat.detach().to("cpu", torch.float32)
    return Case(target, x, Attribution(plane, Given(), target.class_index, seed, 0.0, Passes()))


def deletion(target: Target, x: Tensor, heat: Tensor, *, seed: int = 0, **parameters: Any) -> Score:
    """Area under the class's probability while the pixels that `heat` ranks highest are removed;
    lower is better.

    Args:
        target: the class's score under a model.
        x: the image as the model takes it, `[1,C,H,W]`.
        heat: the map, `[H,W]`, higher is more important; its order alone counts.
        seed: of the order among ties.
        parameters: of the metric, say `points="all"`, `substrate="black"`, `patch=16`.

    Raises:
        BadParameter: a parameter is wrong. DegenerateMap: the map is not finite.
    """
    return METRICS.build({"name": "deletion", **parameters}).score(case_of(target, x, heat, seed))


def insertion(
    target: Target, x: Tensor, heat: Tensor, *, seed: int = 0, **parameters: Any
) -> Score:
    """Area under the class's probability while the pixels that `heat` ranks highest are uncovered;
    higher is better. As `deletion`.
    """
    return METRICS.build({"name": "insertion", **parameters}).score(case_of(target, x, heat, seed))
