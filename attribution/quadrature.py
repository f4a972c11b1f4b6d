"""Integrals of a gradient along a straight path: fixed nodes, and nodes that go where the score changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from attribution.target import BATCH, Target

GAP = 0.01  # of the score's change: what may be left unaccounted for
MOST = 300  # gradients, after which the refinement gives up and says so
FIRST = 32  # pieces of the path to begin with


def gauss_legendre(steps: int) -> tuple[Tensor, Tensor]:
    """Gauss-Legendre nodes and weights on [0, 1], each `[steps]`."""
    points, weights = np.polynomial.legendre.leggauss(steps)
    return torch.from_numpy((points + 1) / 2), torch.from_numpy(weights / 2)


@dataclass(frozen=True, eq=False)
class Adaptive:
    """What an adaptive integration found, and what it says about itself."""

    attribution: Tensor  # [1,C,H,W]
    gap: float  # |sum of the attribution - the score's change| / |the score's change|
    gradients: int
    settled: bool  # whether the gap was under `GAP` twice in a row before `MOST` gradients were spent


def adaptive(target: Target, start: Tensor, x: Tensor, *, gap: float = GAP, most: int = MOST) -> Adaptive:
    """(x - start) times the integral of the gradient from `start` to `x`, both `[1,C,H,W]`.

    The path lies in pieces, each with one gradient in its middle. Forward passes tell how much the score really changes over each
    piece, and so which pieces the one gradient misjudges most; those are cut in three, which keeps the gradient in the middle.
    """
    way = x - start

    def at(places: np.ndarray) -> Tensor:
        return start + torch.from_numpy(places).to(x).reshape(-1, 1, 1, 1) * way

    def attributed(places: np.ndarray) -> Tensor:
        """way * gradient at each place, `[N,C,H,W]`."""
        return torch.cat([way * target.gradient(at(part)) for part in np.array_split(places, -(-len(places) // BATCH))])

    def scores(places: np.ndarray) -> np.ndarray:
        return target.score(at(places)).double().cpu().numpy()

    edges = np.linspace(0, 1, FIRST + 1)
    known = scores(edges)
    low, width = edges[:-1].copy(), np.diff(edges)
    first, last = known[:-1].copy(), known[1:].copy()  # the score at each piece's ends
    whole = float(known[-1] - known[0])
    found = attributed(low + width / 2)
    in_a_row = 0
    while True:
        slope = found.flatten(1).double().sum(1).cpu().numpy()
        missed = np.abs(width * slope - (last - first))
        left = abs(float((width * slope).sum()) - whole) / max(abs(whole), 1e-12)
        in_a_row = in_a_row + 1 if left < gap else 0
        if in_a_row == 2 or len(found) + 2 > most:
            break
        worst = np.argsort(-missed, kind="stable")[: min(BATCH // 2, (most - len(found)) // 2)]
        third, begin, end = width[worst] / 3, first[worst], last[worst]
        left_cut, right_cut = low[worst] + third, low[worst] + 2 * third
        at_left, at_right = np.split(scores(np.concatenate([left_cut, right_cut])), 2)
        new = attributed(np.concatenate([low[worst] + third / 2, right_cut + third / 2]))
        low = np.concatenate([low, low[worst], right_cut])
        low[worst], width[worst], first[worst], last[worst] = left_cut, third, at_left, at_right
        width = np.concatenate([width, third, third])
        first, last = np.concatenate([first, begin, at_right]), np.concatenate([last, at_left, end])
        found = torch.cat([found, new])
    weights = torch.from_numpy(width).to(x).reshape(-1, 1, 1, 1)
    return Adaptive((weights * found).sum(0, keepdim=True), left, len(found), in_a_row == 2)
