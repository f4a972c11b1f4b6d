"""Sizes of a network's input, and how a file's picture is brought to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from heatcheck.core.errors import BadParameter, shown, unknown
from heatcheck.inputs.preparations import Preparation

SMALLEST, LARGEST = 1, 4096  # pixels: a side of an input
CROP, SQUASH, PAD = "crop", "squash", "pad"
FITS = {
    CROP: "scaled until both sides reach its input, the middle cut out",
    SQUASH: "each side scaled to its input, so that proportions change",
    PAD: "scaled until all of it is in its input, the rest filled with the mean colour",
}


class Size(NamedTuple):
    """Height and width of an input in pixels."""

    height: int
    width: int

    @classmethod
    def square(cls, side: int) -> Size:
        """The size with both sides alike."""
        return cls(side, side)

    @property
    def text(self) -> str:
        """As names and the command line write it: `224` for a square, else `64,128`."""
        return str(self.height) if self.height == self.width else f"{self.height},{self.width}"

    def __str__(self) -> str:
        """For people: `224` for a square, else `64 x 128`."""
        return self.text.replace(",", " x ")


def size_of(given: object) -> Size | None:
    """A size from a number of pixels, from a text, `224` or `64,128`, or from a list of height and
    width; None where it is left open: an empty text or nothing. Raises BadParameter.
    """
    if given is None or given == "":
        return None
    parts: Any = given.split(",") if isinstance(given, str) else given
    sides = [_side(part, given) for part in parts] if isinstance(parts, list | tuple) else []
    sides = sides or [_side(given, given)]
    if len(sides) > 2:
        raise BadParameter(
            f"Expected one size, or a height and a width. Got {shown(given)}. Leave the channels "
            "out."
        )
    return Size(sides[0], sides[-1])


def _side(part: Any, given: object) -> int:
    """One side in pixels, out of what was given."""
    try:
        pixels = int(part)
        text = isinstance(part, str) and part.strip().isascii() and part.strip().isdigit()
        whole = text or (pixels == part and not isinstance(part, bool))
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole:
        raise BadParameter(
            "Expected size as a whole number of pixels, or as height and width with a comma "
            f"between. Got {shown(given)}."
        )
    if not SMALLEST <= pixels <= LARGEST:
        raise BadParameter(
            f"Expected a size of at least {SMALLEST} pixel and at most {LARGEST}. Got "
            f"{shown(given)}."
        )
    return pixels


@dataclass(frozen=True)
class Frame:
    """Into what a file's picture is brought: the input of a classifier, and how it is fitted."""

    size: Size
    fit: str = CROP
    channels: int = 3
    ground: tuple[float, ...] = (0.5,)  # what fills the padding, in [0, 1]; one a channel, or one
    own: Preparation | None = None  # the network's way, where the middle is to be cut out

    @classmethod
    def of(cls, given: Frame | Size | int) -> Frame:
        """The frame itself, or that of a size, or of a square: three channels, the middle."""
        if isinstance(given, Frame):
            return given
        return cls(given if isinstance(given, Size) else Size.square(given))


def fit_note(fit: str) -> str:
    """How a run's pictures are fitted, in a sentence; empty where their middle is cut out."""
    padding = " The padding is scored as the rest is." if fit == PAD else ""
    return "" if fit == CROP else f"What the model sees of a picture ({fit}): {FITS[fit]}.{padding}"


def checked_fit(fit: object) -> str:
    """The same word, where it names a way to fit. Raises UnknownName."""
    if fit not in FITS:
        raise unknown("fit", str(fit), FITS)
    return str(fit)
