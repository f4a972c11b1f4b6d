"""Total variation: how much a map jumps from pixel to pixel."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from heatcheck.core.errors import DegenerateMap
from heatcheck.core.registry import Citation
from heatcheck.metrics.base import METRICS, Case, Metric, Score, Side

POOLED = (
    14  # the side to which maps are pooled, so that a 7 x 7 CAM and a pixel map meet at one grain
)


@METRICS.register
@dataclass(frozen=True)
class TotalVariation(Metric):
    """Absolute forward differences in both axes, summed, mean over pixels, of the absolute map at
    unit mean.

    The side value `pooled` is the same after average pooling to 14 x 14.
    """

    name = "total_variation"
    title = "Total variation"
    family = "detail"
    unit = "per pixel"
    better = "lower"
    bounds = (0.0, 4.0)
    formula = (
        r"\frac{1}{HW} \sum_{i,j} \bigl(|m_{i+1,j} - m_{i,j}| + |m_{i,j+1} - m_{i,j}|\bigr) "
        r"\big/ \bar{m}"
    )
    summary = "How much neighbouring pixels differ, relative to the map's mean; 0 is flat."
    misleads = (
        "A class activation map is smooth for free by its upsampling: compare the value "
        "pooled to 14 x 14 as well."
    )
    cite = Citation(
        "Rudin et al.",
        1992,
        "Nonlinear total variation based noise removal algorithms",
        "https://doi.org/10.1016/0167-2789(92)90242-F",
    )

    sides = {
        "pooled": Side(
            "per pixel",
            "The same of the map pooled to 14 x 14, where a class activation map and a "
            "pixel map meet.",
        )
    }
    standard = True

    def score(self, case: Case) -> Score:
        plane = case.map.double().abs()
        pooled = pooled_alike(plane)
        return Score(total_variation(plane), sides={"pooled": total_variation(pooled)})


def pooled_alike(plane: Tensor) -> Tensor:
    """A map `[H,W]` pooled to 14 x 14; a side that is shorter stays as it is."""
    height, width = (min(POOLED, side) for side in plane.shape)
    return F.adaptive_avg_pool2d(plane[None, None], (height, width))[0, 0]


def total_variation(heat: Tensor) -> float:
    """The variation itself, of a map `[H,W]`. Raises DegenerateMap for an all-zero map."""
    plane = heat.double().abs()
    if plane.amax() == 0:
        raise DegenerateMap(
            "Expected a map with some value above zero. Got an all-zero one, which has "
            "no mean to divide by."
        )
    plane = plane / plane.mean()
    down, across = plane.diff(dim=0).abs().sum(), plane.diff(dim=1).abs().sum()
    return float((down + across) / plane.numel())
