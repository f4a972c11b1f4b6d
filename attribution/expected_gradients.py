"""Expected Gradients: Integrated Gradients averaged over baselines that are real images."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, GradientMethod
from heatcheck.attribution.target import BATCH, Target
from heatcheck.core.registry import Citation, parameter


@METHODS.register
@dataclass(frozen=True)
class ExpectedGradients(GradientMethod):
    """E[(x - x') * grad f(x' + a (x - x'))] over reference images x' and places a ~ U(0, 1), summed
    over channels: signed.

    Each sample draws an image and a place. It needs reference images that are like those the model
    was trained on.
    """

    name = "expected_gradients"
    title = "Expected Gradients"
    family = "gradient"
    formula = (
        r"\mathbb{E}_{x' \sim D,\, \alpha \sim \mathcal{U}(0,1)}\Bigl[(x - x') \odot \nabla "
        r"f\bigl(x' + \alpha (x - x')\bigr)\Bigr]"
    )
    summary = "What tells this image from other real images, on paths from them to it."
    code = (
        "for _ in range(samples):\n    b, a = random_image(), torch.rand(1)\n    heatmap += "
        "((x - b) * grad(b + a * (x - b))).sum(1)[0] / samples"
    )
    cite = Citation(
        "Erion et al.",
        2021,
        "Improving performance of deep learning models with axiomatic attribution priors "
        "and expected gradients",
        "https://arxiv.org/abs/1906.10670",
    )
    cannot = (
        "Be better than its reference images: it says what differs from them, and a sample "
        "of fifty is a noisy mean."
    )
    signed = True
    complete = True
    needs = frozenset({"gradients", "reference images"})
    reference = (
        "Other real images, drawn at random. They are part of the question. No substrate is one of "
        "them, so none is matched with it."
    )

    samples: int = parameter(
        50,
        "Draws of a reference image and a place on the path.",
        low=1,
        high=2000,
        unit="gradients",
        why="As many gradients as the other methods take.",
    )

    def path_starts(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return self.draws(target, generator)[0]

    def channels(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return torch.cat([self._expected(target, one, generator) for one in x.split(1)])

    def _expected(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        total = torch.zeros_like(x)
        chosen, places = self.draws(target, generator)
        for start, a in zip(chosen.split(BATCH), places.to(x).split(BATCH), strict=True):
            a = a.reshape(-1, 1, 1, 1)
            total += ((x - start) * target.gradient(a * x + (1 - a) * start)).sum(0, keepdim=True)
        return total / self.samples

    def draws(self, target: Target, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The reference images `[samples,C,H,W]` and the places `[samples]` that are drawn."""
        assert target.references is not None  # `check` has seen to it
        which = torch.randint(len(target.references), (self.samples,), generator=generator)
        return target.references[which], torch.rand(self.samples, generator=generator)
