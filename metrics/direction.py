"""Direction: deletion takes pixels away from the image, insertion uncovers them. All in which the
two differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from heatcheck.metrics.substrates import CLEAN, substrate_parameter
from heatcheck.metrics.walks import Walk


@dataclass(frozen=True)
class Direction:
    """Which end of a curve is the image, which area is the better one, and what the other end is
    where nobody chose.
    """

    starts_clean: bool  # from the image to the substrate; else from the substrate to the image
    better: Literal["lower", "higher"]  # the better area
    substrate: str  # the default
    help: str  # what the substrate is to it
    why: str  # that default

    def walk(self, substrate: str, order: str = "own", patch: int = 1) -> Walk:
        """The walk between the image and a substrate, in an order, by squares of so many pixels."""
        ends = (CLEAN, substrate) if self.starts_clean else (substrate, CLEAN)
        return Walk(*ends, order, patch)

    def gain(self, own: float, other: float) -> float:
        """By how much the area of a map's own order is better than another area."""
        return other - own if self.better == "lower" else own - other

    def substrate_parameter(self) -> str:
        """The field that chooses the substrate."""
        return substrate_parameter(self.substrate, self.help, self.why)


DELETION = Direction(
    starts_clean=True,
    better="lower",
    substrate="mean",
    help="What a removed pixel becomes; mean: zero after normalisation, the data set's mean "
    "colour.",
    why="The protocol's. Every substrate is another picture no camera took, and favours other "
    "maps.",
)
INSERTION = Direction(
    starts_clean=False,
    better="higher",
    substrate="blur",
    help="What the image is before its pixels are uncovered.",
    why="The protocol's: nearly a box of 11 x 11 pixels. Uncovering sharp pixels in a blurred "
    "image makes few edges that mean nothing.",
)
