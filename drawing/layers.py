"""Maps and pictures as bytes that a browser draws: `paint.js` reads what is packed here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from heatcheck.drawing.maps import scaled, top_of, unsigned
from heatcheck.inputs.images import Picture, shown

PAINT = (Path(__file__).parent / "paint.js").read_text(encoding="utf-8")
NARROW = 2**16  # pixels at most whose places fit in two bytes


def packed(heat: np.ndarray, places: np.ndarray) -> bytes:
    """A map `[H,W]` and each pixel's place `[H,W]` in the curves' order: first the value that is
    drawn strongest, in eight bytes; then each place in two bytes, of more than `NARROW` pixels in
    four; then a bit for each place, set where the value is another than at the place before (order
    within equal values is chance); then each strength on the scale of `maps.scaled` in a byte;
    then, where the map has signs, the same with zero at half.
    """
    parts = [
        np.array(top_of(heat), "<f8").tobytes(),
        places.astype("<u4" if heat.size > NARROW else "<u2").tobytes(),
        _begins(heat, places),
        _bytes(scaled(heat)),
        b"" if unsigned(heat) else _bytes(scaled(heat, both_signs=True)),
    ]
    return b"".join(parts)


def picture(pixels: Picture) -> bytes:
    """A picture `[H,W,C]` as `shown`, three bytes a pixel."""
    return shown(pixels).tobytes()


def _begins(heat: np.ndarray, places: np.ndarray) -> bytes:
    ordered = np.empty(heat.size, heat.dtype)
    ordered[places.ravel()] = heat.ravel()
    return np.packbits(np.append(True, ordered[1:] != ordered[:-1])).tobytes()


def _bytes(unit: np.ndarray) -> bytes:
    return np.round(255 * unit).astype(np.uint8).tobytes()
