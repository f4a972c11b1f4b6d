"""Fineness: how much of a map is detail of a few pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from torch import Tensor

from heatcheck.core.errors import DegenerateMap
from heatcheck.core.registry import Citation, parameter
from heatcheck.metrics.base import METRICS, Case, Metric, Score, Side
from heatcheck.metrics.similarity import finite
from heatcheck.metrics.total_variation import pooled_alike


@METRICS.register
@dataclass(frozen=True)
class Fineness(Metric):
    """The share of the mean-free absolute map's energy above `cutoff` cycles a pixel, by its cosine
    transform, whose ends need not meet. White noise has 1 - pi / 16, about 0.80.

    The side value `at_matched` is the same of the map pooled to 14 x 14, in cycles a cell. The
    cutoff is a fixed one, so that methods can be compared; Muzellec et al., who show that gradient
    maps carry more of the high band, choose theirs anew for each model.
    """

    name = "fineness"
    title = "Fineness"
    family = "detail"
    unit = "share"
    better = "lower"
    bounds = (0.0, 1.0)
    formula = (
        r"\sum_{\lVert \omega \rVert > c} C(\omega)^2 \Big/ \sum_{\omega \ne 0} C(\omega)^2, "
        r"\quad C = \mathrm{DCT}_{\mathrm{II}}(|m|)"
    )
    summary = (
        "Share of the map's energy in detail finer than four pixels: 0 coarse, about 0.80 white "
        "noise."
    )
    misleads = (
        "Fine is not wrong, and not noise: see Repeatability. A map of 7 x 7 cells enlarged has "
        "almost none for free, so it is no yardstick for maps of pixels. Hold them against Random, "
        "or at matched resolution."
    )
    cite = Citation(
        "Muzellec et al.",
        2023,
        "Saliency strikes back: how filtering out high frequencies improves white-box explanations",
        "https://arxiv.org/abs/2307.09591",
    )
    sides = {
        "at_matched": Side(
            "share",
            "The same of the map pooled to 14 x 14, where coarse and fine maps can be compared.",
        )
    }
    standard = True

    cutoff: float = parameter(
        0.25,
        "Radial frequency above which energy counts as fine.",
        low=0.0,
        high=0.7,
        unit="cycles/pixel",
        why="Detail finer than four pixels. An enlarged map has none there.",
    )

    def score(self, case: Case) -> Score:
        plane = finite(case.map).abs()
        pooled = pooled_alike(plane)
        return Score(
            fineness(plane, self.cutoff), sides={"at_matched": fineness(pooled, self.cutoff)}
        )


def fineness(heat: Tensor, cutoff: float = 0.25) -> float:
    """The share itself, of a map `[H,W]`. Raises DegenerateMap for a constant map, which has no
    energy.
    """
    plane = heat.double().abs()
    if plane.amax() == plane.amin():
        raise DegenerateMap(
            "Expected a map that varies. Got a constant one, which has no detail: its fineness is "
            "not defined."
        )
    plane = plane / plane.amax()
    energy = scipy.fft.dctn((plane - plane.mean()).numpy(), norm="ortho") ** 2
    down, across = (np.arange(side) / (2 * side) for side in plane.shape)
    radius = np.hypot(down[:, None], across[None])
    return float(energy[radius > cutoff].sum() / energy[radius > 0].sum())
