"""High-frequency share: how much of a map is speckle."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.core.errors import DegenerateMap
from heatcheck.core.registry import parameter
from heatcheck.metrics.base import METRICS, OURS, Case, Metric, Score


@METRICS.register
@dataclass(frozen=True)
class HighFrequencyShare(Metric):
    """The share of the mean-free absolute map's spectral energy above `cutoff` cycles a pixel;
    white noise gives about 0.80. Retired: without a window it reads a smooth map's edges, which do
    not meet, as detail.
    """

    name = "high_frequency_share"
    title = "High-frequency share"
    family = "detail"
    retired = "fineness"
    unit = "share"
    better = "lower"
    bounds = (0.0, 1.0)
    formula = r"\sum_{\lVert \omega \rVert > c} |F(\omega)|^2 \Big/ \sum_{\omega} |F(\omega)|^2"
    summary = (
        "Share of the map's energy in detail finer than four pixels, 0 smooth to about 0.80 "
        "white noise."
    )
    misleads = (
        "A class activation map is smooth for free by its upsampling; true fine detail "
        "counts as noise."
    )
    cite = OURS
    cutoff: float = parameter(
        0.25,
        "Radial frequency above which energy counts as noise.",
        low=0.0,
        high=0.7,
        unit="cycles/pixel",
        why="Detail finer than four pixels.",
    )

    def score(self, case: Case) -> Score:
        return Score(high_frequency_share(case.map, self.cutoff))


def high_frequency_share(heat: Tensor, cutoff: float = 0.25) -> float:
    """The share itself, of a map `[H,W]`; no window. Raises DegenerateMap for a constant map, which
    has no energy.
    """
    plane = heat.double().abs()
    if plane.amax() == plane.amin():
        raise DegenerateMap(
            "Expected a map that varies. Got a constant one, which has no spectrum: its "
            "noise is not defined."
        )
    energy = torch.fft.fft2(plane - plane.mean()).abs().square()
    down, across = (torch.fft.fftfreq(side, dtype=torch.double) for side in plane.shape)
    radius = torch.hypot(down[:, None], across[None])
    return float(energy[radius > cutoff].sum() / energy.sum())
