"""Integrated Gradients: gradients gathered along the straight path from a baseline to the image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, Answer, GradientMethod
from heatcheck.attribution.baselines import (
    REFERENCE,
    RENAMED,
    baseline_parameter,
    baselines,
    shared_with_substrates,
)
from heatcheck.attribution.quadrature import adaptive, gauss_legendre
from heatcheck.attribution.target import BATCH, Target
from heatcheck.core.registry import Citation, parameter


@METHODS.register
@dataclass(frozen=True)
class IntegratedGradients(GradientMethod):
    """(x - x') times the integral of the gradient from the baseline x' to x, summed over channels:
    signed, in logits.

    With a number of `steps` the integral is Gauss-Legendre over that many nodes. "auto" spends them
    where the scores on the path show that the gradients misjudge it, and stops once the map's sum
    accounts for the score's change within 1 %, twice in a row; it tells the gap that is left and
    whether it stopped by itself. On networks that are far from smooth along the path, fifty nodes
    leave a gap of several per cent.
    """

    name = "integrated_gradients"
    title = "Integrated Gradients"
    family = "gradient"
    formula = r"(x - x') \int_0^1 \nabla f\bigl(x' + \alpha (x - x')\bigr)\, d\alpha"
    summary = (
        "The score's change from a baseline to the image, shared out among the pixels along "
        "a straight path."
    )
    code = (
        "alphas, weights = gauss_legendre(steps)\n"
        "path = baseline + alphas[:, None, None, None] * (x - baseline)\n"
        "heatmap = ((x - baseline) * (weights[:, None, None, None] * grad(path)).sum(0)).sum(1)[0]"
    )
    cite = Citation(
        "Sundararajan et al.",
        2017,
        "Axiomatic attribution for deep networks",
        "https://arxiv.org/abs/1703.01365",
    )
    cannot = (
        "Be free of its baseline: pixels of the baseline's colour get nothing, whatever they mean."
    )
    signed = True
    complete = True
    needs = frozenset({"gradients"})
    reference = REFERENCE
    standard = True

    steps: int | str = parameter(
        50,
        "Points on the path at which the gradient is taken.",
        low=1,
        high=2000,
        words=("auto",),
        unit="gradients",
        why="The usual number. It is not enough where the network is far from smooth along "
        "the path: see auto.",
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

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Answer:
        starts = baselines(self.baseline, target, x, generator)
        channels, told = self._integrated(target, x, starts)
        return channels.sum(1)[0], told

    def channels(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        each = [
            self._integrated(target, image, baselines(self.baseline, target, image, generator))[0]
            for image in x.split(1)
        ]
        return torch.cat(each)

    def _integrated(
        self, target: Target, x: Tensor, starts: Tensor
    ) -> tuple[Tensor, Mapping[str, float]]:
        """The attribution `[1,C,H,W]` averaged over the baselines `[B,C,H,W]`, and what "auto"
        tells.
        """
        if isinstance(self.steps, int):
            each = [self._over(target, x, start, self.steps) for start in starts.split(1)]
            return torch.stack(each).mean(0), {}
        integrals = [adaptive(target, start, x) for start in starts.split(1)]
        mean = torch.stack([integral.attribution for integral in integrals]).mean(0)
        told = {
            "completeness_gap": max(integral.gap for integral in integrals),
            "steps": float(sum(integral.gradients for integral in integrals)),
            "settled": float(all(integral.settled for integral in integrals)),
        }
        return mean, told

    def _over(self, target: Target, x: Tensor, start: Tensor, steps: int) -> Tensor:
        alphas, weights = gauss_legendre(steps)
        total = torch.zeros_like(x)
        for a, w in zip(alphas.to(x).split(BATCH), weights.to(x).split(BATCH), strict=True):
            path = start + a.reshape(-1, 1, 1, 1) * (x - start)
            total += (w.reshape(-1, 1, 1, 1) * target.gradient(path)).sum(0, keepdim=True)
        return (x - start) * total
