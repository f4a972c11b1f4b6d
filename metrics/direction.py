"""Direction: deletion takes pixels away from the image, insertion uncovers them. All in which the
two differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from heatcheck.metrics.substrates import CLEAN, STANDARD, substrate_parameter
from heatcheck.metrics.walks import Walk

SEVERAL = (
    "Every substrate is another picture that no camera took, and favours other maps: no score "
    "should rest on one. standard: the mean over mean, blur and black."
)
ALONE = "One substrate, to keep a run short: the areas themselves are measured on several."


@dataclass(frozen=True)
class Direction:
    """Which end of a curve is the image, and which area is the better one."""

    starts_clean: bool  # from the image to the substrate; else from the substrate to the image
    better: Literal["lower", "higher"]  # the better area
    help: str  # what the substrate is to it

    def walk(self, substrate: str, order: str = "own", patch: int = 1) -> Walk:
        """The walk between the image and a substrate, in an order, by squares of so many pixels."""
        ends = (CLEAN, substrate) if self.starts_clean else (substrate, CLEAN)
        return Walk(*ends, order, patch)

    def gain(self, own: float, other: float) -> float:
        """By how much the area of a map's own order is better than another area."""
        return other - own if self.better == "lower" else own - other

    def substrate_parameter(self, default: str = STANDARD, why: str = SEVERAL) -> str:
        """The field that chooses the substrate, or a set of them."""
        return substrate_parameter(default, self.help, why)


DELETION = Direction(
    starts_clean=True,
    better="lower",
    help="What a removed pixel becomes; mean: zero after normalisation, the data set's mean "
    "colour. A set: the mean of the areas on each.",
)
INSERTION = Direction(
    starts_clean=False,
    better="higher",
    help="What the image is before its pixels are uncovered; blur: RISE's, nearly a box of 11 x "
    "11 pixels. A set: the mean of the areas on each.",
)
