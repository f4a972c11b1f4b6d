"""IDGI: the score's change on each piece of the path, shared out by the squares of the gradient."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, GradientMethod
from heatcheck.attribution.baselines import (
    REFERENCE,
    RENAMED,
    baseline_parameter,
    baselines,
    over_baselines,
    shared_with_substrates,
)
from heatcheck.attribution.target import BATCH, Target
from heatcheck.core.registry import Citation, parameter


@METHODS.register
@dataclass(frozen=True)
class IDGI(GradientMethod):
    """sum_j (f(x_{j+1}) - f(x_j)) g_j^2 / (g_j . g_j) along the straight path of Integrated
    Gradients, g_j the gradient at x_j.

    Only the part of each step along the gradient counts. The map's sum equals the score's change
    exactly, however few the steps; that says nothing of where it went.
    """

    name = "idgi"
    title = "IDGI"
    family = "gradient"
    formula = (
        r"\sum_j \bigl(f(x_{j+1}) - f(x_j)\bigr) \frac{g_j \odot g_j}{g_j \cdot g_j}, \quad "
        r"g_j = \nabla f(x_j)"
    )
    summary = "Integrated Gradients without the part of each step that leaves the score alone."
    code = (
        "for j in range(steps):\n    g = grad(path[j])\n    heatmap += (f(path[j + 1]) - "
        "f(path[j])) * (g * g / (g * g).sum()).sum(1)[0]"
    )
    cite = Citation(
        "Yang et al.",
        2023,
        "IDGI: a framework to eliminate explanation noise from integrated gradients",
        "https://arxiv.org/abs/2303.14242",
    )
    cannot = (
        "Sign its evidence by pixel: every pixel of a step gets the sign of that step's change."
    )
    signed = True
    complete = True
    needs = frozenset({"gradients"})
    reference = REFERENCE

    steps: int = parameter(
        50,
        "Pieces of the path.",
        low=1,
        high=2000,
        unit="gradients",
        why="As for Integrated Gradients.",
    )
    baseline: str = baseline_parameter()

    @property
    def starts_from(self) -> frozenset[str]:
        return shared_with_substrates(self.baseline)

    @property
    def asked_anew(self) -> bool:
        return self.baseline in RENAMED

    def path_starts(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return baselines(self.baseline, target, x, generator)

    def channels(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return over_baselines(
            self.baseline, target, x, generator, lambda one, start: self._along(target, one, start)
        )

    def _along(self, target: Target, x: Tensor, start: Tensor) -> Tensor:
        total = torch.zeros_like(x)
        before, before_score = (
            torch.zeros_like(x),
            torch.zeros(1).to(x),
        )  # the last gradient and score of the batch before
        for a in (torch.arange(self.steps, dtype=x.dtype, device=x.device) / self.steps).split(
            BATCH
        ):
            gradients, scores = target.gradient_and_score(
                start + a.reshape(-1, 1, 1, 1) * (x - start)
            )
            total += shared_out(before, scores[:1] - before_score)
            total += shared_out(gradients[:-1], scores[1:] - scores[:-1])
            before, before_score = gradients[-1:], scores[-1:]
        return total + shared_out(before, target.score(x) - before_score)


def shared_out(gradients: Tensor, changes: Tensor) -> Tensor:
    """Each change `[N]` shared out by the squares of its gradient `[N,C,H,W]`, summed: `[1,C,H,W]`.
    A flat place gets none.
    """
    squares = gradients.square()
    sums = squares.flatten(1).sum(1)
    shares = changes / sums.where(sums > 0, 1.0)
    return (shares.reshape(-1, 1, 1, 1) * squares).sum(0, keepdim=True)
