"""The middle of a scaled image. Where an image would become very long, only what is around its
middle is scaled, so that a small file takes little memory.

Such an image is scaled by weights of our own, since Pillow scales all of it or rounds the box. They
give Pillow's pixels bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import PIL.Image

LONG = (
    16_384  # pixels: a side that is scaled to more is not given to Pillow, which scales all of it
)
BAND = 4_000_000  # pixels that come at once
PRECISION = 22  # bits of a weight, as Pillow has them
Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Side:
    """One side of an image and what becomes of it, in pixels."""

    length: int  # of the image
    scaled: int  # of the scaled image
    size: int  # of the middle that is kept

    @property
    def start(self) -> int:
        """Where the middle begins in the scaled image."""
        return (self.scaled - self.size) // 2

    @property
    def is_long(self) -> bool:
        """Whether it is enlarged beyond what is given to Pillow."""
        return self.scaled > max(self.length, LONG)

    @property
    def window(self) -> tuple[int, int]:
        """The image's pixels that the middle is made of, the end excluded."""
        return self.reach(self.start)[0], self.reach(self.start + self.size - 1)[1]

    def reach(self, place: int) -> tuple[int, int]:
        """The image's pixels that a pixel of the scaled image is made of, the end excluded."""
        center, support = self._center(place), 2.0 * max(self.length / self.scaled, 1.0)
        return max(int(center - support + 0.5), 0), min(int(center + support + 0.5), self.length)

    def weights(self, place: int) -> np.ndarray:
        """How much each pixel of `reach` counts, whole numbers that add up to about 2**22."""
        center, step = self._center(place), max(self.length / self.scaled, 1.0)
        weights = [_bicubic((at - center + 0.5) * (1.0 / step)) for at in range(*self.reach(place))]
        total = sum(weights)
        return np.array([_whole(weight / total) for weight in weights], np.int64)

    def _center(self, place: int) -> float:
        return (place + 0.5) * (self.length / self.scaled)


def middle(
    width: int, height: int, size: int, part: Callable[[Box], PIL.Image.Image]
) -> np.ndarray:
    """The middle `[size,size,3]` uint8 of an image whose shorter side is scaled to `size`, bicubic
    with antialiasing. `part` gives a box of the image as RGB.
    """
    scale = size / min(width, height)
    across, down = (
        Side(length, max(size, round(length * scale)), size) for length in (width, height)
    )
    if across.is_long or down.is_long:
        (left, right), (top, bottom) = across.window, down.window
        pixels = np.asarray(part((left, top, right, bottom))).swapaxes(0, 1)
        return _weighted(_weighted(pixels, across).swapaxes(0, 1), down)
    image = part((0, 0, width, height))
    if min(width, height) != size:
        image = image.resize((across.scaled, down.scaled), PIL.Image.Resampling.BICUBIC)
    right, bottom = across.start + size, down.start + size
    return np.asarray(image.crop((across.start, down.start, right, bottom)))


def _weighted(rows: np.ndarray, side: Side) -> np.ndarray:
    """The middle along the first axis, out of the rows of the window, in Pillow's arithmetic."""
    first = side.window[0]
    middle = np.empty((side.size, *rows.shape[1:]), np.uint8)
    for row in range(side.size):
        start, stop = side.reach(side.start + row)
        near = rows[start - first : stop - first].astype(np.int64)
        total = np.tensordot(side.weights(side.start + row), near, 1) + (1 << (PRECISION - 1))
        middle[row] = (total >> PRECISION).clip(0, 255)
    return middle


def _bicubic(x: float) -> float:
    """Keys' cubic with a = -0.5, of the distance in pixels."""
    a, x = -0.5, abs(x)
    if x < 1.0:
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < 2.0 else 0.0


def _whole(weight: float) -> int:
    return math.trunc(weight * (1 << PRECISION) + math.copysign(0.5, weight))
