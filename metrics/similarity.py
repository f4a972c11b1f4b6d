"""Similarity of two maps, in rank and in structure; and the sizes of a map's values, of which noise
metrics speak.
"""

from __future__ import annotations

import numpy as np
import scipy.stats
import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.core.errors import DegenerateMap

WINDOW = 7  # side of the squares in which structure is compared
C1, C2 = 0.01**2, 0.03**2  # Wang's constants, for values in [0, 1]


def finite(heat: Tensor) -> Tensor:
    """The map in double precision. Raises DegenerateMap where a value is NaN or infinite."""
    if not torch.isfinite(heat).all():
        raise DegenerateMap(
            "Expected a finite map. Got NaN or infinity in it. Check that the model's "
            "outputs are finite."
        )
    return heat.double()


def sizes(heat: Tensor) -> Tensor:
    """The absolute map in double precision. Raises DegenerateMap where it is not finite or zero all
    over.
    """
    plane = finite(heat).abs()
    if plane.amax() == 0:
        raise DegenerateMap(
            "Expected a map with some value other than zero. Got an all-zero one: what "
            "is relative to its size is not defined."
        )
    return plane


def rank_correlation(a: Tensor, b: Tensor) -> float:
    """Spearman's correlation of two maps `[H,W]` as they are, signs and all, -1 to 1; ties share
    the mean of their ranks.

    Raises:
        DegenerateMap: a map is constant, so that its ranks tell nothing, or not finite.
    """
    first, second = (
        scipy.stats.rankdata(finite(heat).numpy()) - (heat.numel() + 1) / 2 for heat in (a, b)
    )
    spread = np.sqrt(first @ first * (second @ second))
    if spread == 0:
        raise DegenerateMap(
            "Expected two maps that vary. Got a constant one: its rank correlation with "
            "another is not defined."
        )
    return float(np.clip(first @ second / spread, -1, 1))


def ssim(a: Tensor, b: Tensor) -> float:
    """Structural similarity of two maps' sizes `[H,W]`, each over its own maximum, -1 to 1 (Wang
    2004, doi:10.1109/TIP.2003.819861).

    Mean over the 7 x 7 squares that lie inside, with sample covariances. On smaller maps the
    squares have the largest odd side that fits; a single pixel has no covariance, and brightness
    alone counts.

    Raises:
        DegenerateMap: a map is zero all over, so that it has no maximum to be divided by, or not
        finite.
    """
    x, y = (plane / plane.amax() for plane in (sizes(a), sizes(b)))
    largest = min(*x.shape, WINDOW)
    side = largest - (largest % 2 == 0)
    unbiased = side**2 / max(1, side**2 - 1)

    def mean(plane: Tensor) -> Tensor:
        return F.avg_pool2d(plane[None], side, stride=1)[0]

    mean_x, mean_y = mean(x), mean(y)
    variance_x, variance_y, covariance = (
        unbiased * (mean(p * q) - mean(p) * mean(q)) for p, q in ((x, x), (y, y), (x, y))
    )
    brightness = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    likeness = brightness * (2 * covariance + C2) / (variance_x + variance_y + C2)
    return float(likeness.mean())
