"""Deletion and insertion curves after RISE (Petsiuk 2018, arXiv:1806.07421): order, frames, probabilities.

Pixels are replaced in the order of the map, highest first, all channels of a pixel together. Ties are broken at random by the
case's own generator: a rectified CAM has 40-70 % exact zeros, and memory order would decide its score.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import scipy.ndimage
import torch
import torch.nn.functional as F
from torch import Tensor

from attribution.errors import DegenerateMap
from attribution.registry import parameter
from attribution.target import BATCH
from metrics.base import Case, Curve

STEPS = 224  # the grid has STEPS + 1 points, both ends among them
KERNEL, SIGMA = 11, 5


def points_parameter() -> int:
    """The field by which a curve metric says how many points of the grid it evaluates."""
    return parameter(STEPS + 1, "Points of the 225-point grid that are evaluated, evenly spaced; 225 is exact.", low=2, high=STEPS + 1)


# -- order ------------------------------------------------------------------------------------------------------------


def ranks(heat: Tensor, generator: torch.Generator) -> Tensor:
    """Each pixel's place `[H,W]` in the order from highest to lowest, 0 first; ties in random order."""
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
    """The same order, rolled by half the image in both axes: same grain, sparsity and ties, every pixel in another place."""
    height, width = places.shape
    return places.roll((height // 2, width // 2), (0, 1))


def case_ranks(case: Case) -> Tensor:
    """The case's own seeded order, shared by all its curves and by the viewer's focus mask."""
    return case.once("ranks", lambda: ranks(case.map, case.generator("ties")))


# -- grid -------------------------------------------------------------------------------------------------------------


def counts(pixels: int, points: int = STEPS + 1) -> list[int]:
    """How many pixels are replaced at each of `points` points, evenly spaced on the 225-point grid.

    Rounded so that counts[k] + counts[-1 - k] == pixels (but for the middle point of an odd number of pixels).
    """
    full = [(2 * k * pixels + STEPS) // (2 * STEPS) for k in range(STEPS // 2 + 1)]
    full += [pixels - full[STEPS - k] for k in range(STEPS // 2 + 1, STEPS + 1)]
    return [full[round(place)] for place in np.linspace(0, STEPS, points)]


# -- substrates -------------------------------------------------------------------------------------------------------


@cache
def blur_kernel() -> Tensor:
    """RISE's blur `[11,11]`: what scipy's Gaussian filter makes of a centred one in an 11 x 11 field with reflecting borders.

    Nearly a box: the corner is 0.876 of the centre, where a truncated Gaussian's would be 0.368.
    """
    field = np.zeros((KERNEL, KERNEL))
    field[KERNEL // 2, KERNEL // 2] = 1
    return torch.from_numpy(scipy.ndimage.gaussian_filter(field, SIGMA))


def blurred(x: Tensor) -> Tensor:
    """The image under RISE's blur, with zero padding in normalised space; where insertion starts."""
    channels = x.shape[1]
    kernel = blur_kernel().to(x).expand(channels, 1, KERNEL, KERNEL)
    return F.conv2d(x, kernel, padding=KERNEL // 2, groups=channels)


def mean_colour(x: Tensor) -> Tensor:
    """RISE's substrate: zero after normalisation, the data set's mean colour; where deletion ends."""
    return torch.zeros_like(x)


# The ends of a curve, by name.
ENDS = {"clean": lambda x: x, "mean": mean_colour, "blurred": blurred}


# -- curves -----------------------------------------------------------------------------------------------------------


def frames(start: Tensor, end: Tensor, places: Tensor, replaced: list[int]) -> Tensor:
    """`start[1,C,H,W]` with its first `replaced[k]` pixels taken from `end`, for each k -> `[K,C,H,W]`."""
    mask = places[None, None] < torch.tensor(replaced)[:, None, None, None]
    return torch.where(mask.to(start.device), end, start)


def deletion_curve(case: Case, points: int, *, elsewhere: bool = False) -> Curve:
    """From the image to the mean colour; `elsewhere` takes the map misplaced."""
    return _curve(case, "clean", "mean", points, elsewhere)


def insertion_curve(case: Case, points: int, *, elsewhere: bool = False) -> Curve:
    """From the blurred image to the image; `elsewhere` takes the map misplaced."""
    return _curve(case, "blurred", "clean", points, elsewhere)


def _curve(case: Case, start: str, end: str, points: int, elsewhere: bool) -> Curve:
    places = misplaced(case_ranks(case)) if elsewhere else case_ranks(case)
    return case.once((start, end, points, elsewhere), lambda: curve_between(case, start, end, places, points))


def curve_between(case: Case, start: str, end: str, places: Tensor, points: int) -> Curve:
    """The probability of the case's class from one end to another (names of `ENDS`), pixels replaced in the order of `places`."""
    replaced = counts(places.numel(), points)
    first, last = ENDS[start](case.x), ENDS[end](case.x)
    middle: list[float] = []
    for begin in range(1, len(replaced) - 1, BATCH):
        chunk = replaced[begin : min(begin + BATCH, len(replaced) - 1)]
        middle += case.target.probability(frames(first, last, places, chunk)).tolist()
    values = (_end_probability(case, start), *middle, _end_probability(case, end))
    if not np.isfinite(values).all():
        raise DegenerateMap("Expected finite probabilities along the curve. Got NaN or infinity from the model.")
    return Curve(tuple(count / places.numel() for count in replaced), values)


def _end_probability(case: Case, end: str) -> float:
    return case.once(("end", end), lambda: float(case.target.probability(ENDS[end](case.x))[0]))
