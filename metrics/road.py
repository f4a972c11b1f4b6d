"""ROAD: pixels are removed and filled in from their neighbours, so that the shape of what was
removed tells the model little.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import scipy.sparse
import torch
from scipy.sparse.linalg import splu
from torch import Tensor

from heatcheck.core.errors import DegenerateMap
from heatcheck.core.registry import Citation, parameter
from heatcheck.metrics.base import METRICS, Case, Metric, Score, Side
from heatcheck.metrics.orders import case_ranks, counts, reversed_order

BESIDE, ACROSS = 1 / 6, 1 / 12  # a neighbour's weight: by an edge, by a corner


@METRICS.register
@dataclass(frozen=True)
class Road(Metric):
    """The class's probability without the least relevant pixels minus that without the most
    relevant, mean over the shares removed.

    Which pixels go follows from their ranks, never from a threshold, so ties cannot take all. Every
    method meets the same noise on an image.
    """

    name = "road"
    title = "ROAD"
    family = "faithfulness"
    unit = "probability"
    better = "higher"
    bounds = (-1.0, 1.0)
    formula = (
        r"\frac{1}{n} \sum_{k=1}^{n} p(\text{last } s_k \text{ filled in}) - p(\text{first } "
        r"s_k \text{ filled in}), \quad s_k = \tfrac{k}{n+1}"
    )
    summary = (
        "How much more of the class is left when the lowest-ranked pixels are filled in from "
        "their neighbours than when the highest-ranked are."
    )
    misleads = (
        "Scattered pixels are restored almost perfectly from their neighbours, so a "
        "fine-grained map removes little with them; "
        "a blob loses what lay inside it. Compare maps of one grain."
    )
    cite = Citation(
        "Rong et al.",
        2022,
        "A consistent and efficient evaluation strategy for attribution methods",
        "https://arxiv.org/abs/2202.00449",
    )
    sides = {
        "most_first": Side(
            "probability",
            "Mean probability when the highest-ranked pixels are filled in; lower is better.",
        ),
        "least_first": Side(
            "probability",
            "Mean probability when the lowest-ranked pixels are filled in; higher is better.",
        ),
    }

    steps: int = parameter(
        9,
        "Equally spaced shares of the pixels that are removed, both ends left out.",
        low=1,
        high=49,
        unit="shares",
        why="Every tenth, from one tenth to nine tenths.",
    )
    noise: float = parameter(
        0.01,
        "Deviation of the noise on pixels that were filled in.",
        low=0.0,
        high=1.0,
        unit="pixel values",
        why="The paper's. It hides how smooth a filled-in place is, and no more.",
    )

    def score(self, case: Case) -> Score:
        places = case_ranks(case)
        removed = counts(places.numel(), self.steps + 1)[1:-1]
        draws = torch.randn(
            case.x.shape, generator=case.generator("imputation noise", whatever_method=True)
        )
        grain = self.noise * draws.to(case.x) / case.target.std
        pictures = [
            imputed(case.x, order < count, grain)
            for order in (places, reversed_order(places))
            for count in removed
        ]
        means = case.target.probability(torch.cat(pictures)).double().reshape(2, -1).mean(1)
        if not torch.isfinite(means).all():
            raise DegenerateMap(
                "Expected finite probabilities of the filled-in pictures. Got NaN or "
                "infinity. Check the model's outputs."
            )
        most, least = means.tolist()
        return Score(least - most, sides={"most_first": most, "least_first": least})


def imputed(x: Tensor, removed: Tensor, grain: Tensor | float = 0.0) -> Tensor:
    """The image `x[1,C,H,W]` with the pixels `removed[H,W]` (bool) filled in, `grain` added to
    those.

    Each becomes the weighted mean of its neighbours, removed ones among them: one sparse linear
    system for all channels. Where no pixel
    is left to start from, all are zero: the mean colour after normalisation.
    """
    gone = removed.flatten().cpu().numpy()
    filled = torch.zeros_like(x)
    if gone.any() and not gone.all():
        weights = neighbours(*removed.shape)[gone]
        values = x[0].flatten(1).T.double().cpu().numpy()
        system = scipy.sparse.diags_array(weights.sum(1)) - weights[:, gone]
        solved = splu(
            system.tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        filled[0, :, removed] = torch.from_numpy(
            solved.solve(weights[:, ~gone] @ values[~gone]).T
        ).to(x)
    return torch.where(removed.to(x.device), filled + grain, x)


@lru_cache(maxsize=4)
def neighbours(height: int, width: int) -> Any:
    """The weights `[HW,HW]` between a grid's pixels, symmetric and sparse; a pixel's mean divides
    them by their sum, less at the border.
    """
    down, right = (
        scipy.sparse.eye_array(side, k=1) + scipy.sparse.eye_array(side, k=-1)
        for side in (height, width)
    )
    rows, columns = scipy.sparse.eye_array(height), scipy.sparse.eye_array(width)
    beside = scipy.sparse.kron(down, columns) + scipy.sparse.kron(rows, right)
    return (BESIDE * beside + ACROSS * scipy.sparse.kron(down, right)).tocsr()
