"""Anatomy: what four methods are made of, step by step. The parts add up to the methods' own maps.

Vanilla Gradients: one gradient, reduced in several ways. Integrated Gradients: the steps of the
path. SmoothGrad: the mean as it grows. Grad-CAM: the weighted channels, and the layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.grad_cam import GradCAM
from heatcheck.attribution.quadrature import gauss_legendre
from heatcheck.attribution.smoothgrad import SmoothGrad
from heatcheck.attribution.spatial_layer import spatial_outputs, stages
from heatcheck.attribution.target import BATCH, Target
from heatcheck.attribution.vanilla_gradients import reduced
from heatcheck.core.errors import BadParameter, DoesNotApply

CAME = 0.9  # share of the output's change after which the rest of a path counts as saturated
ROUNDING = 1e-5  # of the scores: one picture in two batches differs by less


# -- Vanilla Gradients -----------------------------------------------------------------------------


def readings(gradient: Tensor) -> dict[str, Tensor]:
    """What can be made of one gradient `[C,H,W]`, each a map `[H,W]`.

    `max_abs` and `sum` are those of the method's parameter `reduce`; `abs_sum` is the sum without
    its sign, `sum_abs` adds sizes, so that channels cannot cancel.
    """
    total = reduced(gradient, "sum")
    return {
        "max_abs": reduced(gradient, "max_abs"),
        "sum": total,
        "abs_sum": total.abs(),
        "sum_abs": gradient.abs().sum(0),
    }


def cancelled(gradient: Tensor) -> float:
    """The share of a gradient `[C,H,W]` that is lost when its channels are summed, since they pull
    in opposite directions: 0 to 1. NaN of a gradient that is zero all over.
    """
    sizes = gradient.double().abs().sum()
    return float(1 - gradient.double().sum(0).abs().sum() / sizes) if sizes else float("nan")


# -- Integrated Gradients --------------------------------------------------------------------------


def steps_of(target: Target, x: Tensor, start: Tensor, steps: int) -> Iterator[Tensor]:
    """What each step on the straight path from `start` to `x`, both `[1,C,H,W]`, adds to the map of
    Integrated Gradients with so many `steps`: batches `[n,H,W]`, signed, in the score's unit.
    """
    alphas, weights = gauss_legendre(steps)
    for a, w in zip(alphas.to(x).split(BATCH), weights.to(x).split(BATCH), strict=True):
        path = start + a.reshape(-1, 1, 1, 1) * (x - start)
        gradient = target.gradient(path)
        yield (w.reshape(-1, 1, 1, 1) * gradient * (x - start)).sum(1)


@dataclass(frozen=True, eq=False)
class Path:
    """The straight path from a baseline to an image, looked at in even steps, both ends among
    them.
    """

    places: Tensor  # [S], from 0 at the baseline to 1 at the image
    images: Tensor  # [S,C,H,W], as the model takes them
    gradients: Tensor  # [S,C,H,W], of the score
    scores: Tensor  # [S]


def walked(target: Target, x: Tensor, start: Tensor, steps: int) -> Path:
    """The path from `start` to `x`, both `[1,C,H,W]`, at `steps` even places. Raises BadParameter
    for fewer than its two ends.
    """
    if steps < 2:
        raise BadParameter(f"Expected at least the two ends of a path. Got {steps} places.")
    places = torch.linspace(0, 1, steps).to(x)
    images = start + places.reshape(-1, 1, 1, 1) * (x - start)
    gradients, scores = target.gradient_and_score(images)
    return Path(places, images, gradients, scores)


def saturated_from(places: Sequence[float], scores: Sequence[float]) -> float:
    """From which of the `places` on a path at least `CAME` of the scores' change from first to last
    has come and stays: 1 where that is the end alone. NaN where nothing changes but for rounding.
    """
    change = scores[-1] - scores[0]
    if abs(change) <= ROUNDING * max(1.0, *map(abs, scores)):
        return float("nan")
    last = len(scores) - 1
    while last and (scores[last - 1] - scores[0]) / change >= CAME:
        last -= 1
    return places[last]


# -- SmoothGrad ------------------------------------------------------------------------------------


def growing(
    method: SmoothGrad, target: Target, x: Tensor, generator: torch.Generator, at: Sequence[int]
) -> dict[int, Tensor]:
    """The mean attribution `[C,H,W]` of `x` `[1,C,H,W]` over the first n noisy copies, for each n
    of `at`.

    Reduced as the method reduces, the mean over all its samples is the method's map for the same
    generator, and that over fewer the map of a method with fewer.

    Raises:
        BadParameter: an n is not among the method's samples.
    """
    if not at or not all(1 <= n <= method.samples for n in at):
        raise BadParameter(f"Expected numbers of 1 to {method.samples} copies. Got {list(at)}.")
    total, done, means = torch.zeros_like(x[0]), 0, {}
    for batch in method.attributions(target, x, generator):
        stops = [n for n in sorted(at) if done < n <= done + len(batch)]
        for n in stops:
            means[n] = (total + batch[: n - done].sum(0)) / n
        total = total + batch.sum(0)
        done += len(batch)
    return means


# -- Grad-CAM --------------------------------------------------------------------------------------


def stages_of(target: Target, x: Tensor) -> list[str]:
    """A spatial layer of each grid that the model takes `x` `[1,C,H,W]` through, Grad-CAM's own
    among them. Raises DoesNotApply where there is none.
    """
    if reason := target.why_no_features():
        raise DoesNotApply(reason)
    return stages(spatial_outputs(target.model, torch.zeros_like(x)), target.spatial_layer())


def weighted_channels(target: Target, x: Tensor, layer: str = "") -> Tensor:
    """alpha_k A_k of each channel `[K,h,w]` on the layer's grid: their sum is Grad-CAM's map before
    its ReLU. Raises DoesNotApply where the model has no such layer.
    """
    return GradCAM().weighted(*target.features(x, layer))[0]


def strongest(channels: Tensor, count: int) -> list[int]:
    """The channels of `[K,h,w]` with the largest sum of sizes, strongest first, `count` at most."""
    sizes = channels.double().abs().sum((1, 2))
    return sizes.argsort(descending=True, stable=True)[:count].tolist()
