"""Where paths to an image start: images that show nothing."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.attribution.target import Target
from heatcheck.core.registry import parameter

BLUR = 0.1  # deviation of the blurred baseline, as a share of the shorter side
SINGLE: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "black": lambda pixels, _: torch.zeros_like(pixels),
    "white": lambda pixels, _: torch.ones_like(pixels),
    "mean": lambda pixels, _: pixels.mean((2, 3), keepdim=True).expand_as(pixels),
    "blur": lambda pixels, _: gaussian_blur(pixels, BLUR * min(pixels.shape[-2:])),
    "noise": lambda pixels, generator: torch.rand(pixels.shape, generator=generator).to(pixels),
}
SEVERAL = ("black", "white", "blur", "noise")  # what "several" averages over
NAMES = (*SINGLE, "several")


def baseline_parameter() -> str:
    """The field that chooses a baseline."""
    return parameter(
        "black",
        "Where the path starts; several: the mean over black, white, blur and noise.",
        choices=NAMES,
        why="The customary one. Black means black pixels, not zero after normalisation. "
        "Another baseline is another question.",
    )


def baselines(name: str, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
    """The baselines of that name as the model takes them, `[B,C,H,W]`: one, or those of "several".
    "Black" means black pixels.
    """
    pixels = target.to_pixels(x)
    chosen = SEVERAL if name == "several" else (name,)
    return target.to_input(torch.cat([SINGLE[one](pixels, generator) for one in chosen]))


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


def gaussian_blur(images: Tensor, sigma: float) -> Tensor:
    """`[N,C,H,W]` under a Gaussian of deviation `sigma` pixels, cut at four deviations, borders
    repeated.
    """
    if sigma <= 0:
        return images
    reach = max(1, round(4 * sigma))
    places = torch.arange(-reach, reach + 1, dtype=torch.float64)
    kernel = torch.exp(-0.5 * (places / sigma) ** 2)
    kernel = (kernel / kernel.sum()).to(images)
    planes = images.flatten(0, 1)[:, None]
    planes = F.conv2d(
        F.pad(planes, (reach, reach, 0, 0), mode="replicate"), kernel[None, None, None]
    )
    planes = F.conv2d(
        F.pad(planes, (0, 0, reach, reach), mode="replicate"), kernel[None, None, :, None]
    )
    return planes.reshape(images.shape)
