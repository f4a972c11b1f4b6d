"""Cases: a map, drawn or made, on an image under a small model."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from heatcheck.attribution import Attribution, Method, Passes, Target, attribute
from heatcheck.attribution.random import Random
from heatcheck.metrics import METRICS, Case, Curve, Other, Score
from heatcheck.tests.doubles.small_models import Linear


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def case_of(
    heat: Tensor,
    x: Tensor | None = None,
    target: Target | None = None,
    *,
    method: Method | None = None,
    seed: int = 0,
    **more: Any,
) -> Case:
    """A case of a given map: by default on a picture of ones, whose sum is the logit."""
    x = torch.ones(1, 1, *heat.shape) if x is None else x
    target = target or Target(Linear(), 0, x)
    attribution = Attribution(heat, method or Random(), target.class_index, seed, 0.0, Passes())
    return Case(target, x, attribution, "image", **more)


def case_by(
    method: Method, target: Target, x: Tensor, *, others: tuple[Other, ...] = (), seed: int = 0
) -> Case:
    """A case of the map that a method makes."""
    return Case(target, x, attribute(method, target, x, seed=seed, about="image"), "image", others)


def others(x: Tensor) -> tuple[Other, ...]:
    """Three other images with maps, drawn."""
    draws = torch.Generator().manual_seed(3)
    return tuple(
        Other(torch.rand(x.shape, generator=draws), 0, torch.rand(x.shape[-2:], generator=draws))
        for _ in range(3)
    )


def scored(case: Case, name: str, **params: Any) -> Score:
    return METRICS.build({"name": name, **params}).score(case)


def curve_of(case: Case, name: str, **params: Any) -> Curve:
    curve = scored(case, name, **params).curve
    assert curve is not None
    return curve
