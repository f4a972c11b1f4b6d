"""Max sensitivity: how far noise that nobody sees can move a map."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import attribute
from heatcheck.core.registry import Citation, parameter
from heatcheck.metrics.base import METRICS, Case, Metric, Score, Side
from heatcheck.metrics.similarity import sizes


@METRICS.register
@dataclass(frozen=True)
class MaxSensitivity(Metric):
    """The largest relative change of the absolute map over noisy copies of the image, in Euclidean
    norm.

    Noise is uniform in [-radius, radius] in pixel units of [0, 1], divided by the model's deviation
    per channel, and the same for every method. The method's own random stream is that of the clean
    map, so only the image changes.
    """

    name = "max_sensitivity"
    title = "Max sensitivity"
    family = "noise"
    unit = "share of the map"
    better = "lower"
    bounds = (0.0, float("inf"))
    remakes = True
    formula = (
        r"\max_{k}\ \lVert m(x + \delta_k) - m(x) \rVert \big/ \lVert m(x) \rVert, \quad "
        r"\delta_k \sim \mathcal{U}(-r, r)"
    )
    summary = (
        "How far the map moves, relative to its size, under the worst of some draws of faint "
        "noise on the image."
    )
    misleads = (
        "A map that ignores the image is perfectly stable. The model may change under "
        "the noise, and then the map should. The worst of a few "
        "draws is below the worst there is, and grows with their number. A change of "
        "overall brightness counts as well."
    )
    cite = Citation(
        "Yeh et al.",
        2019,
        "On the (in)fidelity and sensitivity of explanations",
        "https://arxiv.org/abs/1901.09392",
    )
    sides = {"average": Side("share of the map", "The mean change over the draws.")}

    samples: int = parameter(
        10,
        "Noisy copies of the image.",
        low=1,
        high=1000,
        unit="maps",
        why="The customary number; each costs a map.",
    )
    radius: float = parameter(
        0.02,
        "Largest change of a pixel's value.",
        low=0.0,
        high=1.0,
        unit="pixel range",
        why="Five of 255 grey levels: nobody sees it. The customary 0.02, in pixel units, is "
        "the same noise for every model.",
    )

    def score(self, case: Case) -> Score:
        method, seed = case.attribution.method, case.attribution.seed
        clean = sizes(case.map)
        changes = []
        for noise in self.noise(case):
            noisy = attribute(method, case.target, case.x + noise, seed=seed, about=case.about)
            changes.append(float((noisy.map.abs() - clean).norm() / clean.norm()))
        return Score(max(changes), sides={"average": statistics.fmean(changes)})

    def noise(self, case: Case) -> list[Tensor]:
        """The draws, each `[1,C,H,W]`, in the units that the model takes."""
        stream = case.generator("sensitivity", whatever_method=True)
        draws = [2 * torch.rand(case.x.shape, generator=stream) - 1 for _ in range(self.samples)]
        return [self.radius * draw.to(case.x) / case.target.std for draw in draws]
