"""Maps from elsewhere: another tool made them, and here they are scored beside the methods' own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from heatcheck.attribution.base import METHODS, Method
from heatcheck.attribution.target import Target
from heatcheck.core.digests import digest_of
from heatcheck.core.errors import BadParameter, shown
from heatcheck.core.registry import Citation, parameter

ELSEWHERE = "the maps come from elsewhere, and no more can be made here"
LONGEST = 40  # characters of a name
TIES = digest_of({"name": "given"})  # of the stream that breaks ties, whatever the maps are called


@METHODS.register
@dataclass(frozen=True)
class Given(Method):
    """Maps under a name of their own: an instance's name and title are `called`.

    Ties are broken by the run's seed and the image alone, or, where `made_by` is the digest of one
    of our methods, as that method's are. So the same map scores the same under any name.
    """

    name = "given"
    title = "Given maps"
    family = "elsewhere"
    formula = r"\text{as it was given}"
    summary = "Maps that another tool made, scored as they are."
    code = "heatmap = numpy.load(path)"
    cite = Citation("Heatcheck", 2026, "Maps from elsewhere", "docs/command-line.md")
    cannot = "Be made again: what needs a second map has no score."
    offered = False
    repeatable = False

    called: str = parameter("given", "What the maps are called.")
    maps: str = parameter("", "The digest of all maps, so that others are another question.")
    made_by: str = parameter("", "The digest of the method that made them, where that is known.")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "name", self.called)
        object.__setattr__(self, "title", self.called)

    @property
    def stream(self) -> str:
        return self.made_by or TIES

    def check(self, target: Target) -> str | None:
        return None

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        """Raises BadParameter, and not DoesNotApply: no metric takes it for a blank map."""
        raise BadParameter(
            f"Expected a method that can make its map again. Got {self.called}: {ELSEWHERE}. Score "
            "it with a metric that needs no more."
        )


def check_name(called: str) -> None:
    """Raises BadParameter where maps cannot be called that."""
    check_called(called, "maps")


def check_called(called: str, what: str) -> None:
    """Raises BadParameter where something that people name cannot be called that."""
    if not re.fullmatch(rf"[A-Za-z][A-Za-z0-9_]{{0,{LONGEST - 1}}}", called) or "__" in called:
        raise BadParameter(
            f"Expected a name for {what} of letters, digits and single underscores, a letter "
            f"first, at most {LONGEST}. Got {shown(called)}."
        )
    if called in METHODS.readable:
        raise BadParameter(
            f"Expected a name for {what} that no method has. Got {called!r}. Choose another one."
        )


# -- maps in this process --------------------------------------------------------------------------

_KEPT: dict[str, Mapping[str, np.ndarray]] = {}  # maps by image, by their method's digest of them


def method(called: str, maps: Mapping[str, np.ndarray], made_by: str = "") -> Given:
    """A method whose maps are arrays of this process, `[H,W]` or `[C,H,W]` by the image's name.

    Its runs are computed in this process, or in workers of it; another process shows them.

    Raises:
        BadParameter: the name cannot be theirs, or there are no maps.
    """
    check_name(called)
    if not maps:
        raise BadParameter(f"Expected at least one map of {called}. Got none.")
    arrays = {str(image): np.array(heat) for image, heat in maps.items()}  # nobody changes them
    digest = digest_of({image: _digest(heat) for image, heat in arrays.items()})
    _KEPT[digest] = arrays
    return Given(called, digest, made_by)


def kept(digest: str) -> Mapping[str, np.ndarray] | None:
    """The arrays that `method` was given in this process; None where another one has them."""
    return _KEPT.get(digest)


def _digest(heat: np.ndarray) -> str:
    about = f"{heat.dtype.str} {heat.shape} ".encode()
    return hashlib.sha256(about + np.ascontiguousarray(heat).tobytes()).hexdigest()


# -- what may be a map -----------------------------------------------------------------------------


def plane(heat: np.ndarray) -> np.ndarray:
    """A map `[H,W]` float32 of an array `[H,W]` or `[C,H,W]`, channels summed.

    Raises:
        BadParameter: it has another shape, holds no numbers, or one that is not finite.
    """
    if heat.dtype.kind not in "biuf":
        raise BadParameter(f"expected numbers. Got an array of {heat.dtype}.")
    if heat.ndim not in (2, 3) or not heat.size:
        raise BadParameter(f"expected a map [H,W] or [C,H,W]. Got the shape {heat.shape}.")
    whole = heat.astype(heat.dtype if heat.dtype in (np.float32, np.float64) else np.float64)
    whole = whole if whole.dtype.isnative else whole.astype(whole.dtype.newbyteorder("="))
    values = torch.from_numpy(np.ascontiguousarray(whole))
    flat = (values if values.ndim == 2 else values.sum(0)).to(torch.float32)
    if not bool(flat.isfinite().all()):
        raise BadParameter("expected finite numbers. Got NaN or infinity, which nothing can rank.")
    return flat.numpy()


def fitted(heat: Tensor, height: int, width: int) -> Tensor:
    """A map `[h,w]` at the size of the input, `[height,width]`: as it is, or a coarser one of the
    same proportions enlarged bilinearly.

    Raises:
        BadParameter: it is larger than the input, or of other proportions.
    """
    if heat.shape == (height, width):
        return heat
    rows, columns = heat.shape
    # a row more or less than the exact proportions, as layers round
    alike = abs(rows - height * columns / width) < 1 and abs(columns - width * rows / height) < 1
    if rows > height or columns > width or not alike:
        advice = " Channels come first, [C,H,W]." if columns <= 4 < rows else ""
        raise BadParameter(
            f"expected a map of the picture as the model sees it, {height} x {width} (height x "
            f"width), or a coarser one of the same proportions. Got {rows} x {columns}.{advice} "
            "Crop and scale it as the picture is."
        )
    return torch.nn.functional.interpolate(
        heat[None, None], (height, width), mode="bilinear", align_corners=False
    )[0, 0]
