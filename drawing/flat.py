"""Maps as a file or a ballot holds them: small, and drawn by the same `paint.js` as Compare's."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from heatcheck.drawing.layers import PAINT
from heatcheck.drawing.maps import kept, scaled, unsigned

HERE = Path(__file__).parent
STEPS = 100  # settings of the focus: 0 to 99 %
# For a script that is no module: `paint.js`, and what it needs to draw these.
SCRIPT = PAINT.replace("export function", "function") + (HERE / "flat.js").read_text("utf-8")


def flat(heat: np.ndarray, places: np.ndarray, *, signs: bool = True) -> bytes:
    """A map `[H,W]` and each pixel's place `[H,W]` in the curves' order, a byte each: strengths on
    the scale of `maps.scaled`; at how many of the `STEPS` settings of the focus a pixel lies
    outside; and, where the map has signs and `signs` are asked for, strengths with zero at half.

    Exact at each setting of the focus, in half of the bytes of all places. The map's own values
    cannot be told from it.
    """
    ends = np.sort([kept(places.size, step / STEPS) for step in range(STEPS)])
    planes = [
        _bytes(scaled(heat)),
        np.searchsorted(ends, places, side="right").astype(np.uint8),
        *([_bytes(scaled(heat, both_signs=True))] if signs and not unsigned(heat) else []),
    ]
    return b"".join(plane.tobytes() for plane in planes)


def _bytes(unit: np.ndarray) -> np.ndarray:
    return np.round(255 * unit).astype(np.uint8)
