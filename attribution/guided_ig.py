"""Guided IG: a path to the image that moves first where the gradient is small."""

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
from heatcheck.attribution.target import Target
from heatcheck.core.registry import Citation, parameter


@METHODS.register
@dataclass(frozen=True)
class GuidedIG(GradientMethod):
    """At each of `steps` steps the `fraction` of values with the smallest gradients moves on, until
    the path's share is walked.

    No value runs ahead of the straight path, or falls behind it, by more than `apart` of its own
    way. Steps follow one another, so this cannot be batched. What each step changes, times the
    gradient at its start, is the attribution: summed over channels, signed.
    """

    name = "guided_ig"
    title = "Guided IG"
    family = "gradient"
    formula = (
        r"\int_0^1 \nabla f\bigl(\gamma(\alpha)\bigr) \odot \frac{\partial \gamma}{\partial "
        r"\alpha}\, d\alpha, \quad \gamma \text{ moving where } |\nabla f| \text{ is least}"
    )
    summary = "Integrated Gradients on a path that avoids the steep places where noise gathers."
    code = (
        "for step in range(steps):\n    g = grad(z)\n    least = g.abs() <= "
        "g.abs().quantile(fraction)\n"
        "    new = towards(x, z, least, share=(step + 1) / steps)\n    heatmap += (g * "
        "(new - z)).sum(1)[0]; z = new"
    )
    cite = Citation(
        "Kapishnikov et al.",
        2021,
        "Guided Integrated Gradients: an adaptive path method for removing noise",
        "https://arxiv.org/abs/2106.09788",
    )
    cannot = (
        "Be fast: each step waits for the one before. Its path depends on the model, so two "
        "models are explained on two paths."
    )
    signed = True
    complete = True
    needs = frozenset({"gradients"})
    reference = REFERENCE

    steps: int = parameter(
        50,
        "Steps along the path.",
        low=1,
        high=2000,
        unit="gradients",
        why="As for Integrated Gradients; the authors' code takes 200.",
    )
    fraction: float = parameter(
        0.25,
        "Share of the values that move in one go, those with the smallest gradients.",
        low=0.01,
        high=1.0,
        unit="values",
        why="The authors' code.",
    )
    apart: float = parameter(
        0.02,
        "How far a value may be from the straight path, as a share of its way.",
        low=0.0,
        high=1.0,
        unit="ways",
        why="The authors' code.",
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
        way = x - start
        length = way.abs().sum(dtype=torch.float64)
        gone, total = (
            torch.zeros_like(x),
            torch.zeros_like(x),
        )  # the share of its way that each value has gone
        for step in range(self.steps):
            gradient = target.gradient(start + gone * way)
            share = (step + 1) / self.steps
            moved = self._moved(gone, way, gradient, share, float(length) * (1 - share))
            total += gradient * (moved - gone) * way
            gone = moved
        return total

    def _moved(
        self, gone: Tensor, way: Tensor, gradient: Tensor, share: float, left: float
    ) -> Tensor:
        """The values' shares after one step: `left` of the path's length then remains."""
        low, high = max(0.0, share - self.apart), min(1.0, share + self.apart)
        gone = gone.clamp_min(low)
        steep = gradient.abs()
        while True:
            rest = (way.abs() * (1 - gone)).sum(dtype=torch.float64)
            free = (gone < high) & (way != 0)
            if float(rest) <= left or not free.any():
                return gone
            values = steep[free]
            count = max(1, int(self.fraction * values.numel()))
            chosen = free & (steep <= values.kthvalue(count).values)
            room = (way.abs() * (high - gone) * chosen).sum(dtype=torch.float64)
            part = min(1.0, float((rest - left) / room)) if room > 0 else 1.0
            gone = torch.where(chosen, gone + part * (high - gone), gone)
            if part < 1.0:
                return gone
            gone = torch.where(chosen, torch.full_like(gone, high), gone)
