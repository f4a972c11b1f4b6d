"""Deletion and insertion of a map from anywhere, without a run: the library's shortest way in."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from heatcheck.attribution.base import Attribution
from heatcheck.attribution.given import Given
from heatcheck.attribution.passes import Passes
from heatcheck.attribution.target import Target
from heatcheck.metrics.base import METRICS, Case, Score


def case_of(target: Target, x: Tensor, heat: Tensor, seed: int = 0, about: str = "") -> Case:
    """A case for a map `[H,W]` from anywhere: what every metric that needs the map alone can
    score.
    """
    plane = heat.detach().to("cpu", torch.float32)
    own = Attribution(plane, Given(), target.class_index, seed, 0.0, Passes())
    return Case(target, x, own, about)


def deletion(
    target: Target, x: Tensor, heat: Tensor, *, seed: int = 0, about: str = "", **parameters: Any
) -> Score:
    """Area under the class's probability while the pixels that `heat` ranks highest are removed;
    lower is better.

    Args:
        target: the class's score under a model.
        x: the image as the model takes it, `[1,C,H,W]`.
        heat: the map, `[H,W]`, higher is more important; its order alone counts.
        seed: of the order among ties.
        about: the digest of the image's file, for the order among ties that a run has.
        parameters: of the metric, say `points="all"`, `substrate="black"`, `patch=16`.

    Raises:
        BadParameter: a parameter is wrong. DegenerateMap: the map is not finite.
    """
    return METRICS.build({"name": "deletion", **parameters}).score(
        case_of(target, x, heat, seed, about)
    )


def insertion(
    target: Target, x: Tensor, heat: Tensor, *, seed: int = 0, about: str = "", **parameters: Any
) -> Score:
    """Area under the class's probability while the pixels that `heat` ranks highest are uncovered;
    higher is better. As `deletion`.
    """
    return METRICS.build({"name": "insertion", **parameters}).score(
        case_of(target, x, heat, seed, about)
    )
