"""Drawing a map: scale, colours, opacity, focus. Arrays in, PNG bytes out."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import plotly.colors

from heatcheck.inputs.images import Picture, from_png, png, shown

COLOUR_MAPS = {"Inferno": "inferno", "Viridis": "viridis", "Jet": "jet", "Both signs": "rdbu_r"}
BOTH_SIGNS = "Both signs"


@cache
def colours(name: str) -> np.ndarray:
    """256 colours of a map, low to high, `[256,3]` uint8."""
    scale = plotly.colors.get_colorscale(COLOUR_MAPS[name])
    sampled = plotly.colors.sample_colorscale(
        scale, np.linspace(0, 1, 256).tolist(), colortype="tuple"
    )
    return np.round(255 * np.array(sampled)).astype(np.uint8)


def scaled(heat: np.ndarray, *, both_signs: bool = False) -> np.ndarray:
    """A map `[H,W]` on a scale of 0 to 1: clipped at the 99th percentile of its absolute value, and
    divided by it.

    The positive part is shown; with `both_signs` zero is at 0.5. A map that is zero everywhere
    stays at its zero.
    """
    unit = np.clip(heat / top_of(heat), -1, 1)
    return (unit + 1) / 2 if both_signs else np.clip(unit, 0, 1)


def top_of(heat: np.ndarray) -> float:
    """The value that is drawn strongest: the 99th percentile of the absolute values."""
    return float(np.percentile(np.abs(heat), 99)) or float(np.abs(heat).max()) or 1.0


def unsigned(heat: np.ndarray) -> bool:
    """Whether a map says nothing against the class."""
    return bool(heat.min() >= 0)


def overlay(
    picture: Picture,
    heat: np.ndarray,
    places: np.ndarray,
    *,
    opacity: float,
    focus: float,
    colour_map: str,
) -> bytes:
    """The map over the picture, as PNG.

    Args:
        picture: `[H,W,C]`, uint8 or float32 in [0, 1]; drawn as `shown` has it.
        heat: the map `[H,W]`.
        places: each pixel's place `[H,W]` in the curves' order, 0 strongest.
        opacity: of the map over the picture, 0 to 1.
        focus: keeps exactly the strongest `1 - focus` share of the pixels; elsewhere the picture
            shows.
        colour_map: a key of `COLOUR_MAPS`; a map without signs is not drawn as if all of it spoke
            for the class, but in the first of them.
    """
    if colour_map == BOTH_SIGNS and unsigned(heat):
        colour_map = next(iter(COLOUR_MAPS))
    unit = scaled(heat, both_signs=colour_map == BOTH_SIGNS)
    painted = colours(colour_map)[np.round(255 * unit).astype(np.uint8)]
    inside = places < kept(places.size, focus)
    alpha = np.where(inside, opacity, 0.0)[..., None]
    return png(np.round((1 - alpha) * shown(picture) + alpha * painted).astype(np.uint8))


def halved(drawn: bytes) -> bytes:
    """A PNG at half its width and height, each pixel the mean of four; an odd last line is left
    out.
    """
    pixels = from_png(drawn)
    height, width = (side // 2 for side in pixels.shape[:2])
    fours = pixels[: 2 * height, : 2 * width].reshape(height, 2, width, 2, -1)
    return png(np.round(fours.mean(axis=(1, 3))).astype(np.uint8))


def kept(pixels: int, focus: float) -> int:
    """How many pixels a focus keeps; at a fraction of the curves' grid, as many as the frame there
    has.
    """
    return round((1 - focus) * pixels)


def mean_map(heats: Iterable[np.ndarray]) -> bytes:
    """The mean strength of maps `[H,W]` of one size, each on its own scale, as PNG."""
    strengths = [scaled(np.abs(heat)) for heat in heats]
    painted = colours(next(iter(COLOUR_MAPS)))
    return png(painted[np.round(255 * scaled(np.mean(strengths, axis=0))).astype(np.uint8)])


def legend(colour_map: str, width: int = 256, height: int = 14) -> bytes:
    """The colour map from high to low, as PNG."""
    row = colours(colour_map)[np.linspace(255, 0, width).round().astype(int)]
    return png(np.repeat(row[None], height, axis=0))


def empty(height: int, width: int = 0, shade: int = 128) -> bytes:
    """A plain grey picture that keeps a panel's place, as PNG; a square where one side is given."""
    return png(np.full((height, width or height, 3), shade, dtype=np.uint8))
