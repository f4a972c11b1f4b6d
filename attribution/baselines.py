"""Where paths to an image start: images that show nothing."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from heatcheck.attribution.blurs import blurred, gaussian_blur
from heatcheck.attribution.target import Target
from heatcheck.core.registry import parameter

WIDE = 0.1  # deviation of the wide blur, as a share of the shorter side


def _picture_mean(target: Target, x: Tensor) -> Tensor:
    pixels = target.to_pixels(x)
    return target.to_input(pixels.mean((2, 3), keepdim=True).expand_as(pixels))


def _wide_blur(target: Target, x: Tensor) -> Tensor:
    pixels = target.to_pixels(x)
    return target.to_input(gaussian_blur(pixels, WIDE * min(pixels.shape[-2:])))


def _noise(x: Tensor, generator: torch.Generator) -> Tensor:
    return torch.rand(x.shape, generator=generator).to(x)


SINGLE: dict[str, Callable[[Target, Tensor, torch.Generator], Tensor]] = {
    "mean": lambda target, x, _: torch.zeros_like(x),
    "black": lambda target, x, _: target.to_input(torch.zeros_like(x)),
    "white": lambda target, x, _: target.to_input(torch.ones_like(x)),
    "blur": lambda target, x, _: blurred(x),
    "picture_mean": lambda target, x, _: _picture_mean(target, x),
    "wide_blur": lambda target, x, _: _wide_blur(target, x),
    "noise": lambda target, x, generator: target.to_input(_noise(x, generator)),
}
SEVERAL = ("black", "white", "wide_blur", "noise")  # what "several" averages over
NAMES = (*SINGLE, "several")
SHARED = ("mean", "black", "white", "blur")  # the baselines that are substrates of metrics too
# what stood under another name before 2026-11-26, when "mean" and "blur" became the substrates
RENAMED = {"mean": "picture_mean", "blur": "wide_blur"}
REFERENCE = (
    "Its baseline, by default `mean`: zero after normalisation, the training data's mean colour. "
    "The baseline is part of the question: the map says what tells the image from it. Deletion and "
    "insertion are matched where their substrate is the baseline (`mean`, `black`, `white`, "
    "`blur`; `several` holds `black` and `white`). Under another substrate the score also counts "
    "how the two differ."
)


def baseline_parameter() -> str:
    """The field that chooses a baseline."""
    return parameter(
        "mean",
        "Where the path starts. mean: zero after normalisation; blur: RISE's; picture_mean: the "
        "picture's own mean colour; wide_blur: a Gaussian of a tenth of the side; several: the "
        "mean over black, white, wide_blur and noise.",
        choices=NAMES,
        why="The substrate to which deletion removes pixels, so that map and score ask the same. "
        "Another baseline is another question.",
    )


def baselines(name: str, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
    """The baselines of that name as the model takes them, `[B,C,H,W]`: one, or those of "several".
    "Black" means black pixels, "mean" zero after normalisation.
    """
    chosen = SEVERAL if name == "several" else (name,)
    return torch.cat([SINGLE[one](target, x, generator) for one in chosen])


def shared_with_substrates(name: str) -> frozenset[str]:
    """The substrates among the baselines of that name."""
    return frozenset(SEVERAL if name == "several" else (name,)) & frozenset(SHARED)


def over_baselines(
    name: str,
    target: Target,
    x: Tensor,
    generator: torch.Generator,
    along: Callable[[Tensor, Tensor], Tensor],
) -> Tensor:
    """What a path gives each image of `x[N,C,H,W]`, averaged over its baselines: `along(image,
    baseline)`, all `[1,C,H,W]`.
    """
    each = (
        [along(one, start) for start in baselines(name, target, one, generator).split(1)]
        for one in x.split(1)
    )
    return torch.cat([torch.stack(paths).mean(0) for paths in each])
