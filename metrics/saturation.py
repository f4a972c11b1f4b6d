"""Saturation probe: whether a map goes quiet at the image where the model has stopped reacting to
it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import attribute
from heatcheck.core.errors import DegenerateMap
from heatcheck.core.numbers import rounded
from heatcheck.core.registry import parameter
from heatcheck.metrics.base import METRICS, OURS, Case, Metric, Score, Side

MOST = 32  # points on the path


@METRICS.register
@dataclass(frozen=True)
class Saturation(Metric):
    """The map's mass, the sum of its absolute values, at the image over its mean mass along the
    path from black pixels to the image.

    1 where the method reacts at the image as on the way there; near 0 where it has gone quiet
    although the score has changed, as Vanilla Gradients do on 1 - ReLU(1 - x) at x = 2.
    """

    name = "saturation"
    title = "Saturation probe"
    family = "sanity"
    unit = "times the path's mean"
    better = "higher"
    bounds = (0.0, float(MOST))
    remakes = True
    formula = (
        r"M(x) \Big/ \frac{1}{n} \sum_{k=1}^{n} M\bigl(b + \tfrac{k}{n} (x - b)\bigr), \quad "
        r"M = \sum_p \lvert m(p) \rvert"
    )
    summary = (
        "How strong the map is at the image, compared with its mean on the way there from "
        "black; near 0 it has gone quiet."
    )
    misleads = (
        "A map that is multiplied by the image grows along the path by itself: steady "
        "reaction gives it 1.6 at four steps, not 1. "
        "A method that brings every map to one range cannot go quiet. Dim pictures are "
        "unlike those that the model was trained on."
    )
    cite = OURS
    sides = {
        "score_share_last": Side(
            "share",
            "Share of the score's change from black to the image that falls on the last step.",
        ),
        "accounted": Side(
            "share",
            "Size of the map's sum over the score's change; means something only for "
            "methods whose maps are in units of the score.",
        ),
    }

    steps: int = parameter(
        4,
        "Points on the path, the image among them.",
        low=2,
        high=MOST,
        unit="maps",
        why="Quarters of the contrast show whether a map has gone quiet, at three more maps.",
    )

    def score(self, case: Case) -> Score:
        black = case.target.to_input(torch.zeros_like(case.x))
        way = [black + k / self.steps * (case.x - black) for k in range(1, self.steps)]
        start, before, end = case.target.score(torch.cat([black, way[-1], case.x])).tolist()
        change = end - start
        if not math.isfinite(change) or change == 0:
            raise DegenerateMap(
                "Expected the score to change from black pixels to the image. Got "
                f"{rounded(start)}, then {rounded(end)}: shares of the change are not defined."
            )
        masses = [*(mass(self._map_of(case, x)) for x in way), mass(case.map)]
        mean = sum(masses) / len(masses)
        if not mean:
            raise DegenerateMap(
                "Expected a map with mass somewhere between black pixels and the image. Got none: "
                "it has seen nothing, and cannot have lost it."
            )
        sides = {
            "score_share_last": (end - before) / change,
            "accounted": abs(float(case.map.double().sum())) / abs(change),
        }
        return Score(masses[-1] / mean, sides=sides)

    def _map_of(self, case: Case, x: Tensor) -> Tensor:
        """The same method's map of a picture on the path, under the image's own random stream."""
        method, seed = case.attribution.method, case.attribution.seed
        return attribute(method, case.target.about(x=x), x, seed=seed, about=case.about).map


def mass(heat: Tensor) -> float:
    """The sum of a map's absolute values."""
    return float(heat.double().abs().sum())
