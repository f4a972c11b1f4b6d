"""Repeatability: how much of a map comes again with faint noise on the image and another seed."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import Attribution
from heatcheck.core.errors import DegenerateMap
from heatcheck.core.registry import Citation, parameter
from heatcheck.metrics.base import METRICS, Case, Metric, Score, Side
from heatcheck.metrics.orders import pooled
from heatcheck.metrics.reference_maps import once_again
from heatcheck.metrics.similarity import finite

SCALES = (1, 2, 4, 8, 16)  # pixels: sides of the squares over which both maps are averaged


@METRICS.register
@dataclass(frozen=True)
class Repeatability(Metric):
    """Pearson's correlation of the map with a second one of the same image, made with faint noise
    on the image and another seed: the mean over both maps pooled by 1, 2, 4, 8 and 16 pixels.

    The noise is Gaussian with deviation `deviation` in pixel units of [0, 1], divided by the
    model's deviation per channel, the same for every method on an image. Pixels are not clipped, so
    that it is as strong in white and black places. Maps are taken as they are scored, signs and
    all. Squares at the far edges may be cut, and none is wider than half the map's shorter side.
    """

    name = "repeatability"
    title = "Repeatability"
    family = "noise"
    unit = "correlation"
    better = "higher"
    bounds = (-1.0, 1.0)
    remakes = True
    formula = (
        r"\frac{1}{5} \sum_{k \in \{1, 2, 4, 8, 16\}} r\bigl(P_k\, m_s(x),\ P_k\, m_{s+1}(x + "
        r"\mathcal{N}(0, \sigma^2))\bigr)"
    )
    summary = (
        "How much of the map comes again with faint noise on the image and another seed: 1 all of "
        "it, 0 nothing."
    )
    misleads = (
        "A map that ignores the image repeats itself perfectly and is wrong. The model may change "
        "under the noise, and then the map should. Few strong pixels decide a correlation."
    )
    cite = Citation(
        "Alvarez-Melis and Jaakkola",
        2018,
        "On the robustness of interpretability methods",
        "https://arxiv.org/abs/1806.08049",
    )
    sides = {
        f"at_{scale}": Side(
            "correlation",
            "Of the maps as they are."
            if scale == 1
            else f"Of both maps averaged over squares of {scale} pixels.",
        )
        for scale in SCALES
    }
    standard = True

    deviation: float = parameter(
        0.01,
        "Deviation of the noise on the image.",
        low=0.0,
        high=1.0,
        unit="pixel range",
        why="Two or three of 255 grey levels: nobody sees it.",
    )

    def score(self, case: Case) -> Score:
        second = self.second(case).map
        at = {f"at_{scale}": _correlation(case.map, second, scale) for scale in SCALES}
        return Score(statistics.fmean(at.values()), sides=at)

    def second(self, case: Case) -> Attribution:
        """The second map, kept with the case: its time and passes are those of any map."""
        return once_again(
            case,
            "noise and another seed",
            lambda: case.again(x=case.x + self.noise(case), seed=case.attribution.seed + 1),
        )

    def noise(self, case: Case) -> Tensor:
        """The noise `[1,C,H,W]`, in the units that the model takes."""
        stream = case.generator("repeat", whatever_method=True)
        draw = torch.randn(case.x.shape, generator=stream)
        return self.deviation * draw.to(case.x) / case.target.std


CONSTANT = (
    "Expected two maps that vary at every scale. Got a constant one: its correlation with another "
    "is not defined."
)


def _correlation(first: Tensor, second: Tensor, scale: int) -> float:
    """Pearson's correlation of two maps `[H,W]`, both averaged over squares of `scale` pixels.

    Raises:
        DegenerateMap: an averaged map is constant.
    """
    patch = max(1, min(scale, min(first.shape) // 2))
    one, two = (pooled(finite(heat), patch).flatten() for heat in (first, second))
    if torch.equal(one, two) and one.unique().numel() > 1:
        return 1.0
    one, two = (_centred(plane) for plane in (one, two))
    return float((one @ two).clamp(-1, 1))


def _centred(values: Tensor) -> Tensor:
    """The values less their mean, at unit length."""
    largest = values.abs().amax()
    if values.amax() == values.amin():
        raise DegenerateMap(CONSTANT)
    values = values / largest
    values = values - values.mean()
    return values / values.norm()
