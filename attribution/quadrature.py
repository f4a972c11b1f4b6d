"""Integrals of a gradient along a straight path: fixed nodes, and nodes that go where the score
changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from heatcheck.attribution.target import BATCH, Target

GAP = 0.01  # of the score's change: what may be left unaccounted for
MOST = 300  # gradients, after which the refinement gives up and says so
FIRST = 32  # nodes to begin with


def gauss_legendre(steps: int) -> tuple[Tensor, Tensor]:
    """Gauss-Legendre nodes and weights on [0, 1], each `[steps]`."""
    points, weights = np.polynomial.legendre.leggauss(steps)
    return torch.from_numpy((points + 1) / 2), torch.from_numpy(weights / 2)


@dataclass(frozen=True, eq=False)
class Adaptive:
    """An adaptive integral, and what it says about itself."""

    attribution: Tensor  # [1,C,H,W]
    gap: float  # |sum of the attribution - the score's change| / |the score's change|
    gradients: int
    # whether the gap was under `GAP` twice in a row before `MOST` gradients were spent
    settled: bool


def adaptive(
    target: Target, start: Tensor, x: Tensor, *, gap: float = GAP, most: int = MOST
) -> Adaptive:
    """(x - start) times the integral of the gradient from `start` to `x`, both `[1,C,H,W]`.

    Nodes lie on the path, its ends among them; between two, the gradient is taken to change evenly.
    Each node's forward pass also tells the score, so that the score's true change over each piece
    is known and with it which pieces the gradients misjudge most. Those get a node in their middle,
    a batch at a time.
    """
    way = x - start

    def read(places: np.ndarray) -> tuple[Tensor, np.ndarray]:
        """way * gradient and the score at each place."""
        parts = np.array_split(places, -(-len(places) // BATCH))
        readings = [
            target.gradient_and_score(
                start + torch.from_numpy(part).to(x).reshape(-1, 1, 1, 1) * way
            )
            for part in parts
        ]
        return torch.cat([way * gradient for gradient, _ in readings]), torch.cat(
            [score for _, score in readings]
        ).double().cpu().numpy()

    at = np.linspace(0, 1, FIRST)
    attributions, scores = read(at)
    in_a_row = 0
    while True:
        order = np.argsort(at)
        slopes = attributions.flatten(1).double().sum(1).cpu().numpy()[order]
        width, change = np.diff(at[order]), np.diff(scores[order])
        predicted = width * (slopes[1:] + slopes[:-1]) / 2
        left = abs(float(predicted.sum() - change.sum())) / max(abs(float(change.sum())), 1e-12)
        in_a_row = in_a_row + 1 if left < gap else 0
        if in_a_row == 2 or len(at) == most:
            break
        worst = np.argsort(-np.abs(predicted - change), kind="stable")[: min(BATCH, most - len(at))]
        middles = at[order][worst] + width[worst] / 2
        of_middles, their_scores = read(middles)
        at, scores, attributions = (
            np.concatenate([at, middles]),
            np.concatenate([scores, their_scores]),
            torch.cat([attributions, of_middles]),
        )
    weights = np.empty(len(at))
    weights[order] = np.concatenate([width, [0]]) / 2 + np.concatenate([[0], width]) / 2
    factors = torch.from_numpy(weights).to(x).reshape(-1, 1, 1, 1)
    total = (factors * attributions).sum(0, keepdim=True)
    return Adaptive(total, left, len(at), in_a_row == 2)
