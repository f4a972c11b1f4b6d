"""Substrates: what takes a pixel's place when it is removed, and what an image is before its pixels
are uncovered.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.attribution.blurs import KERNEL, SIGMA, blurred
from heatcheck.core.registry import parameter
from heatcheck.metrics.base import Case

CLEAN = "clean"  # the end of a curve that is the image itself


def gaussian(x: Tensor) -> Tensor:
    """The image under a true Gaussian of RISE's size and deviation, borders reflected where there
    is room: another thing than RISE's blur.
    """
    places = torch.arange(KERNEL, dtype=torch.float64) - KERNEL // 2
    line = torch.exp(-0.5 * (places / SIGMA) ** 2)
    kernel = (line[:, None] * line / line.sum() ** 2).to(x).expand(x.shape[1], 1, KERNEL, KERNEL)
    room = "reflect" if min(x.shape[-2:]) > KERNEL // 2 else "replicate"
    return F.conv2d(F.pad(x, 4 * (KERNEL // 2,), mode=room), kernel, groups=x.shape[1])


def _pixels(case: Case, value: float) -> Tensor:
    return case.target.to_input(torch.full_like(case.x, value))


def _noise(case: Case) -> Tensor:
    """The same noise for every method on an image."""
    draws = torch.rand(
        case.x.shape, generator=case.generator("noise substrate", whatever_method=True)
    )
    return case.target.to_input(draws.to(case.x))


SUBSTRATES: dict[str, Callable[[Case], Tensor]] = {
    "mean": lambda case: torch.zeros_like(
        case.x
    ),  # zero after normalisation: the data set's mean colour
    "black": lambda case: _pixels(case, 0.0),
    "grey": lambda case: _pixels(case, 0.5),
    "blur": lambda case: blurred(case.x),
    "gaussian": lambda case: gaussian(case.x),
    "noise": _noise,
}


STANDARD = "standard"  # the set that scores rest on where nobody chose
# Sets by name: an area is the mean over the substrates of its set, so that no choice of one picture
# decides who wins. The standard one has a colour that the network takes for nothing, a loss of
# detail, and the absence of light.
SETS: dict[str, tuple[str, ...]] = {
    STANDARD: ("mean", "blur", "black"),
    "wide": ("mean", "blur", "black", "grey", "gaussian", "noise"),
}


def members(name: str) -> tuple[str, ...]:
    """The substrates of a set; one that is named alone is a set of one."""
    return SETS.get(name, (name,))


def substrate_parameter(default: str, help: str, why: str) -> str:
    """The field that chooses a substrate or a set of them."""
    return parameter(default, help, choices=(*SETS, *SUBSTRATES), why=why)


def end(case: Case, name: str) -> Tensor:
    """One end of a curve, as the model takes it, `[1,C,H,W]`: the image itself or a substrate."""
    return (
        case.x if name == CLEAN else case.once(("substrate", name), lambda: SUBSTRATES[name](case))
    )
