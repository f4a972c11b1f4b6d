"""SmoothGrad: a gradient method averaged over noisy copies of the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, GradientMethod, Method, wrappable, wrapped
from heatcheck.attribution.target import BATCH, Target
from heatcheck.attribution.vanilla_gradients import reduce_parameter, reduced
from heatcheck.core.registry import Citation, parameter


@dataclass(frozen=True)
class Noisy(Method):
    """A gradient method's attributions of `samples` copies of the image with Gaussian noise; each
    kind says what it makes of them.

    `sigma` is in pixel units of [0, 1] and is divided by the model's deviation per channel. Noisy
    copies leave the data the model knows; a large sigma explains noise.
    """

    family = "gradient"
    needs = frozenset({"gradients"})
    reference = (
        "That of the method in `of`. Gradients alone (`vanilla_gradients`, the default) have none: "
        "they are matched under no substrate. A wrapped path starts from its own baseline; "
        "`integrated_gradients:black` names another."
    )

    of: str = parameter(
        "vanilla_gradients",
        "The gradient method whose attributions are gathered.",
        choices=wrappable,
        why="The paper's.",
    )
    samples: int = parameter(
        50,
        "Noisy copies of the image.",
        low=1,
        high=1000,
        unit="copies",
        why="The customary number.",
    )
    sigma: float = parameter(
        0.15,
        "Deviation of the noise, as a share of the pixel range.",
        low=0.0,
        high=1.0,
        unit="pixel range",
        why="The middle of the paper's 10 to 20 %. Divided by the model's deviation it is "
        "the same noise for every model.",
    )
    reduce: str = reduce_parameter()

    def check(self, target: Target) -> str | None:
        return super().check(target) or self.wrapped.check(target)

    @property
    def wrapped(self) -> GradientMethod:
        """The method under the noise, with its defaults."""
        return cast(GradientMethod, wrapped(self.of))

    @property
    def starts_from(self) -> frozenset[str]:
        return self.wrapped.starts_from

    @property
    def asked_anew(self) -> bool:
        return self.wrapped.asked_anew

    def attributions(
        self, target: Target, x: Tensor, generator: torch.Generator
    ) -> Iterator[Tensor]:
        """The wrapped method's attributions of the noisy copies, in batches `[n,C,H,W]`."""
        for first in range(0, self.samples, BATCH):
            count = min(BATCH, self.samples - first)
            yield self.wrapped.channels(
                target, x + self.noise(target, x, generator, count), generator
            )

    def noise(self, target: Target, x: Tensor, generator: torch.Generator, count: int) -> Tensor:
        """`count` draws of the noise `[count,C,H,W]`, as the model takes it; drawn copy by copy,
        whatever the batch.
        """
        draws = torch.stack([torch.randn(x.shape[1:], generator=generator) for _ in range(count)])
        return draws.to(x) * (self.sigma / target.std)


@METHODS.register
@dataclass(frozen=True)
class SmoothGrad(Noisy):
    """The mean attribution over noisy copies, reduced as Vanilla Gradients are. One sample without
    noise equals the wrapped method.
    """

    name = "smoothgrad"
    title = "SmoothGrad"
    formula = r"\mathbb{E}\bigl[\nabla f(x + \mathcal{N}(0, \sigma^2))\bigr]"
    summary = "The gradient averaged over noisy copies of the image."
    code = (
        "for _ in range(samples):\n    g += grad(x + torch.randn_like(x) * sigma / "
        "std)\nheatmap = (g / samples)[0].abs().amax(0)"
    )
    cite = Citation(
        "Smilkov et al.",
        2017,
        "SmoothGrad: removing noise by adding noise",
        "https://arxiv.org/abs/1706.03825",
    )
    cannot = (
        "Explain the image alone: it explains a cloud of noisy copies around it, which the "
        "model was not trained on."
    )
    standard = True

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        total = torch.zeros_like(x[0])
        for batch in self.attributions(target, x, generator):
            total += batch.sum(0)
        return reduced(total / self.samples, self.reduce)
