"""Orders: which pixels change first, and how many have changed at each point of a curve.

Ties are broken at random by the case's own generator: a rectified CAM has 40-70 % exact zeros, and
memory order would decide its score.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.core.errors import DoesNotApply
from heatcheck.metrics.base import Case

STEPS = 224  # a curve's grid has STEPS + 1 points, both ends among them


def ranks(heat: Tensor, generator: torch.Generator) -> Tensor:
    """Each pixel's place `[H,W]` in the order from highest to lowest, 0 first; ties in random
    order.
    """
    flat = heat.flatten()
    shuffle = torch.randperm(flat.numel(), generator=generator)
    order = shuffle[flat[shuffle].argsort(descending=True, stable=True)]
    places = torch.empty_like(order)
    places[order] = torch.arange(flat.numel())
    return places.reshape(heat.shape)


def tie_share(heat: Tensor) -> float:
    """The share of pixels whose value another pixel has too."""
    _, counts = heat.flatten().unique(return_counts=True)
    return float(counts[counts > 1].sum() / heat.numel())


def misplaced(places: Tensor) -> Tensor:
    """The same order, rolled by half the image in both axes: same grain, sparsity and ties, every
    pixel in another place. Raises DoesNotApply of a single pixel, which has no other place.
    """
    height, width = places.shape
    if places.numel() == 1:
        raise DoesNotApply(
            "it moves the map elsewhere, and one square of pixels has no other place. Choose "
            "smaller squares, or leave this metric out."
        )
    return places.roll((height // 2, width // 2), (0, 1))


def reversed_order(places: Tensor) -> Tensor:
    """The same order from its end: what came last comes first, ties too."""
    return places.numel() - 1 - places


def pooled(heat: Tensor, patch: int) -> Tensor:
    """The mean of each square of `patch` x `patch` pixels, `[H,W]` -> `[h,w]`; squares at the far
    edges may be cut.
    """
    if patch == 1:
        return heat
    return F.avg_pool2d(heat[None, None], patch, ceil_mode=True, count_include_pad=False)[0, 0]


def spread(places: Tensor, patch: int, height: int, width: int) -> Tensor:
    """The places of squares `[h,w]`, given to each of their pixels `[H,W]`."""
    if patch == 1:
        return places
    return places.repeat_interleave(patch, 0).repeat_interleave(patch, 1)[:height, :width]


def case_ranks(case: Case) -> Tensor:
    """The case's own seeded order of pixels `[H,W]`, shared by all its curves and by the viewer's
    focus mask.
    """
    return case.once("ranks", lambda: ranks(case.map, case.generator("ties")))


def counts(pixels: int, steps: int = STEPS) -> list[int]:
    """How many pixels have changed at each of the `steps + 1` points of a grid.

    Rounded so that counts[k] + counts[steps - k] == pixels (but for the middle point of an odd
    number of pixels).
    """
    half = [(2 * k * pixels + steps) // (2 * steps) for k in range(steps // 2 + 1)]
    return half + [pixels - half[steps - k] for k in range(steps // 2 + 1, steps + 1)]
