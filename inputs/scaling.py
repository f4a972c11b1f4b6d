"""A scaled image: its middle, all of it, or all of it on a ground. Where an image would become very
long, only what is around its middle is scaled, so that a small file takes little memory.

Such an image is scaled by weights of our own, since Pillow scales all of it or rounds the box. They
give Pillow's pixels bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import PIL.Image

from heatcheck.inputs.sizes import PAD, SQUASH, Frame, Size

LONG = (
    16_384  # pixels: a side that is scaled to more is not given to Pillow, which scales all of it
)
BAND = 4_000_000  # pixels that come at once
PRECISION = 22  # bits of a weight, as Pillow has them
Box = tuple[int, int, int, int]  # left, top, right, bottom
Pixels = PIL.Image.Image | np.ndarray


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


def fitted(width: int, height: int, frame: Frame, part: Callable[[Box], Pixels]) -> np.ndarray:
    """An image brought into a frame, `[H,W,C]`, bicubic with antialiasing.

    Args:
        width, height: of the image.
        frame: its size, and whether the image is cropped, squashed or padded.
        part: gives a box of the image, as RGB or as an array `[h,w,C]`, uint8 or float32 in
            [0, 1].
    """
    size = frame.size
    if frame.fit == PAD:
        scale = min(size.height / height, size.width / width)
        inner = Size(
            *(
                min(most, max(1, round(length * scale)))
                for most, length in zip(size, (height, width), strict=True)
            )
        )
        return _padded(squashed(part((0, 0, width, height)), inner), frame)
    if frame.fit == SQUASH:
        return squashed(part((0, 0, width, height)), size)
    if frame.own and frame.own.takes(height, width):
        return frame.own.of(part((0, 0, width, height)), *size)
    return middle(width, height, size, part)


def middle(width: int, height: int, size: Size, part: Callable[[Box], Pixels]) -> np.ndarray:
    """The middle `[H,W,C]` of an image that is scaled until both its sides reach `size`. `part`
    gives a box of the image.
    """
    scale = max(size.height / height, size.width / width)
    across = Side(width, max(size.width, round(width * scale)), size.width)
    down = Side(height, max(size.height, round(height * scale)), size.height)
    if across.is_long or down.is_long:
        (left, right), (top, bottom) = across.window, down.window
        pixels = np.asarray(part((left, top, right, bottom))).swapaxes(0, 1)
        kept = _weighted(_weighted(pixels, across).swapaxes(0, 1), down)
        return kept if kept.dtype == np.uint8 else kept.clip(0, 1)
    image = _resized(part((0, 0, width, height)), across.scaled, down.scaled)
    right, bottom = across.start + size.width, down.start + size.height
    return image[down.start : bottom, across.start : right]


def squashed(image: Pixels, size: Size) -> np.ndarray:
    """All of an image, RGB or an array `[h,w,C]`, each side scaled for itself -> `[H,W,C]`. What
    shrinks goes first, so that nothing in between is larger than both.
    """
    before = np.asarray(image.size[::-1] if isinstance(image, PIL.Image.Image) else image.shape[:2])
    height, width = np.minimum(before, size).tolist()
    return _resized(_resized(image, width, height), size.width, size.height)


def _padded(inner: np.ndarray, frame: Frame) -> np.ndarray:
    """A picture in the middle of the frame's ground."""
    ground = np.asarray(frame.ground, np.float32)
    if inner.dtype == np.uint8:
        ground = np.round(255 * ground).astype(np.uint8)
    whole = np.empty((*frame.size, inner.shape[-1]), inner.dtype)
    whole[:] = ground if len(ground) in (1, inner.shape[-1]) else ground.mean()
    top, left = ((most - side) // 2 for most, side in zip(frame.size, inner.shape, strict=False))
    whole[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return whole


def _resized(image: Pixels, width: int, height: int) -> np.ndarray:
    """All of an image at another size; one that has it already stays as it is."""
    if isinstance(image, PIL.Image.Image):
        if image.size != (width, height):
            image = image.resize((width, height), PIL.Image.Resampling.BICUBIC)
        return np.asarray(image)
    if image.shape[:2] == (height, width):
        return image
    planes = [
        PIL.Image.fromarray(np.ascontiguousarray(plane)).resize(
            (width, height), PIL.Image.Resampling.BICUBIC
        )
        for plane in np.moveaxis(image, -1, 0)
    ]
    scaled = np.stack([np.asarray(plane) for plane in planes], -1)
    return scaled if scaled.dtype == np.uint8 else scaled.clip(0, 1)


def _weighted(rows: np.ndarray, side: Side) -> np.ndarray:
    """The middle along the first axis, out of the rows of the window, in Pillow's arithmetic."""
    first, whole = side.window[0], rows.dtype == np.uint8
    middle = np.empty((side.size, *rows.shape[1:]), rows.dtype)
    for row in range(side.size):
        start, stop = side.reach(side.start + row)
        near = rows[start - first : stop - first].astype(np.int64 if whole else np.float64)
        total = np.tensordot(side.weights(side.start + row), near, 1)
        middle[row] = (
            (total + (1 << (PRECISION - 1)) >> PRECISION).clip(0, 255)
            if whole
            else total / (1 << PRECISION)
        )
    return middle


def _bicubic(x: float) -> float:
    """Keys' cubic with a = -0.5, of the distance in pixels."""
    a, x = -0.5, abs(x)
    if x < 1.0:
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < 2.0 else 0.0


def _whole(weight: float) -> int:
    return math.trunc(weight * (1 << PRECISION) + math.copysign(0.5, weight))
