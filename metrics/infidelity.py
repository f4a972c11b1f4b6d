"""Infidelity: whether the map's sum over a square tells what the score loses with that square."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.target import BATCH
from heatcheck.core.errors import DegenerateMap
from heatcheck.core.numbers import rounded
from heatcheck.core.registry import Citation, parameter
from heatcheck.metrics.base import METRICS, Case, Metric, Score, Side
from heatcheck.metrics.similarity import finite


@METRICS.register
@dataclass(frozen=True)
class Infidelity(Metric):
    """The share of the logit's squared change that the map does not account for, over squares that
    become the mean colour.

    Predicted is the sum of the signed map inside the square, times the one factor that fits best
    over all squares, so that the map's unit does not count. Every method meets the same squares. A
    map that predicts nothing leaves all: 1.
    """

    name = "infidelity"
    title = "Infidelity"
    family = "faithfulness"
    unit = "share"
    better = "lower"
    bounds = (0.0, 1.0)
    formula = (
        r"\sum_k (\beta u_k - \Delta_k)^2 \Big/ \sum_k \Delta_k^2, \quad u_k = \sum_{p \in "
        r"S_k} m(p),\ \Delta_k = f(x) - f(x \setminus S_k),\ \beta = \frac{u \cdot \Delta}{u "
        r"\cdot u}"
    )
    summary = (
        "How much of the score's change, when squares of the image are greyed out, the map "
        "fails to foretell; 0 is all foretold."
    )
    misleads = (
        "The factor may be negative: a map and its negative have the same value. Where "
        "most squares lower the score, a constant map foretells "
        "much. A square of grey is nothing the model was trained on."
    )
    cite = Citation(
        "Yeh et al.",
        2019,
        "On the (in)fidelity and sensitivity of explanations",
        "https://arxiv.org/abs/1901.09392",
    )
    sides = {
        "unscaled": Side(
            "squared logits",
            "The mean squared difference itself, which depends on how far the model's "
            "logits range.",
        )
    }

    samples: int = parameter(
        50,
        "Squares, one at a time.",
        low=2,
        high=1000,
        unit="squares",
        why="As many passes as a map by Integrated Gradients.",
    )
    side_share: float = parameter(
        0.25,
        "Side of a square, as a share of the image's shorter side.",
        low=0.01,
        high=0.75,
        unit="share",
        why="A quarter hides a part of an object, not all of it.",
    )

    def score(self, case: Case) -> Score:
        heat, masks = finite(case.map), self.masks(case)
        predicted = torch.stack([heat[mask].sum() for mask in masks])
        left = [
            case.target.score(case.x.masked_fill(some[:, None].to(case.x.device), 0))
            for some in masks.split(BATCH)
        ]
        actual = (case.target.score(case.x).double() - torch.cat(left).double()).cpu()
        return Score(
            unexplained(predicted, actual),
            sides={"unscaled": float(residuals(predicted, actual).square().mean())},
        )

    def masks(self, case: Case) -> Tensor:
        """Where each square lies, `[samples,H,W]` bool; all places inside the image are as
        likely.
        """
        height, width = case.x.shape[-2:]
        side = max(1, round(self.side_share * min(height, width)))
        stream = case.generator("infidelity", whatever_method=True)
        inside = []
        for extent in (height, width):
            start = torch.randint(extent - side + 1, (self.samples, 1), generator=stream)
            place = torch.arange(extent)
            inside.append((place >= start) & (place < start + side))
        return inside[0][:, :, None] & inside[1][:, None, :]


def residuals(predicted: Tensor, actual: Tensor) -> Tensor:
    """What is left `[n]` of the actual changes when the predicted ones are taken off, scaled by the
    factor that leaves least.
    """
    power = predicted.square().sum()
    scale = (predicted * actual).sum() / power if power > 0 else 0.0
    return actual - scale * predicted


def unexplained(predicted: Tensor, actual: Tensor) -> float:
    """The share of the squared actual changes `[n]` that is left, 0 to 1. Raises DegenerateMap
    where nothing changes, or not by a number.
    """
    total = float(actual.square().sum())
    if not 0 < total < float("inf"):
        raise DegenerateMap(
            "Expected the score to change with some square. Got a summed squared change "
            f"of {rounded(total)}: a share of it is not defined. "
            "Try larger squares."
        )
    return min(1.0, float(residuals(predicted, actual).square().sum()) / total)
