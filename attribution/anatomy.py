"""Anatomy: what four methods are made of, step by step. The parts add up to the methods' own maps.

Vanilla Gradients: one gradient, reduced in several ways. Integrated Gradients: the steps of the
path. SmoothGrad: the mean as it grows. Grad-CAM: the weighted channels, and the layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from heatcheck.attribution.grad_cam import GradCAM
from heatcheck.attribution.quadrature import gauss_legendre
from heatcheck.attribution.smoothgrad import SmoothGrad
from heatcheck.attribution.spatial_layer import spatial_outputs, stages
from heatcheck.attribution.target import BATCH, Target
from heatcheck.attribution.vanilla_gradients import reduced
from heatcheck.core.errors import BadParameter, DoesNotApply

NEAR = 0.1  # of the output's change: a path whose rest stays so near its end is saturated there
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


def steps_of(
    target: Target, x: Tensor, start: Tensor, steps: int, first: int = 0
) -> Iterator[Tensor]:
    """What each step on the straight path from `start` to `x`, both `[1,C,H,W]`, adds to the map of
    Integrated Gradients with so many `steps`: batches `[n,H,W]`, signed, in the score's unit, from
    the step `first` on.
    """
    alphas, weights = (one[first:].to(x).split(BATCH) for one in gauss_legendre(steps))
    for a, w in zip(alphas, weights, strict=True):
        path = start + a.reshape(-1, 1, 1, 1) * (x - start)
        gradient = target.gradient(path)
        yield (w.reshape(-1, 1, 1, 1) * gradient * (x - start)).sum(1)


def so_far(
    target: Target, x: Tensor, start: Tensor, steps: int, places: Tensor
) -> tuple[Tensor, list[int]]:
    """The map of Integrated Gradients as it adds up along the path: `[S,H,W]`, at each of `places`
    `[S]` the sum of the steps up to there; and their number. At 1 it is the method's map.
    """
    each = torch.cat(list(steps_of(target, x, start, steps)))
    alphas, _ = gauss_legendre(steps)
    counts = [int((alphas <= place).sum()) for place in places.tolist()]
    sums = torch.cat([torch.zeros_like(each[:1]), each.cumsum(0)])
    return sums[counts], counts


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
    """From which of the `places` on a path on the scores stay within `NEAR` of their change from
    first to last of the last one: 1 where that is the end alone. NaN where nothing changes but for
    rounding.
    """
    change = scores[-1] - scores[0]
    if abs(change) <= ROUNDING * max(1.0, *map(abs, scores)):
        return float("nan")
    last = len(scores) - 1
    while last and abs(scores[last - 1] - scores[-1]) <= NEAR * abs(change):
        last -= 1
    return places[last]


# -- SmoothGrad ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Growing:
    """A mean over noisy copies, as far as it has grown."""

    total: Tensor  # [C,H,W]: the sum of the copies' attributions
    copies: int
    stream: Tensor  # the state of the generator that draws the next ones


def seedling(x: Tensor, generator: torch.Generator) -> Growing:
    """A mean over no copies of `x` `[1,C,H,W]` yet."""
    return Growing(torch.zeros_like(x[0]), 0, generator.get_state())


def grown(
    method: SmoothGrad, target: Target, x: Tensor, mean: Growing, at: Sequence[int]
) -> tuple[Growing, dict[int, Tensor]]:
    """The mean with the next batch of copies, and on the way the mean attribution `[C,H,W]` over
    the first n copies, for each n of `at` that lies in the batch.

    Reduced as the method reduces, the mean over all its samples is the method's map for the same
    generator, and that over fewer the map of a method with fewer.

    Raises:
        BadParameter: the method has no further copies.
    """
    left = method.samples - mean.copies
    if left < 1:
        raise BadParameter(f"Expected copies that are left of {method.samples}. Got none.")
    stream = torch.Generator()
    stream.set_state(mean.stream)
    batch = next(replace(method, samples=left).attributions(target, x, stream))
    copies = mean.copies + len(batch)
    means = {
        n: (mean.total + batch[: n - mean.copies].sum(0)) / n
        for n in at
        if mean.copies < n <= copies
    }
    return Growing(mean.total + batch.sum(0), copies, stream.get_state()), means


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
