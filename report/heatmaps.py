"""The heatmaps of a page that can be moved: what a script draws them from. Without the script its
PNGs stand.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from pathlib import Path

from heatcheck.drawing import flat, layers, maps
from heatcheck.inputs.images import from_png
from heatcheck.report.charts import inert

OPACITY, FOCUS = 0.6, 0.7  # until a hand moves them, and on paper
COLOURS = next(iter(maps.COLOUR_MAPS))
HERE = Path(__file__).parent
# Its own scope: nothing of it can clash with another output in the same notebook.
SCRIPT = (
    f'(function () {{\n"use strict";\n{flat.SCRIPT}\n'
    f"{(HERE / 'heatmaps.js').read_text('utf-8')}}})();"
)


def still() -> dict[str, object]:
    """What templates say of the PNGs: their legend, opacity and focus."""
    return {
        "legend": maps.legend(COLOURS),
        "opacity": OPACITY,
        "focus": FOCUS,
    }


def data(pictures: Mapping[str, bytes], drawn: Mapping[str, Mapping[str, bytes | None]]) -> str:
    """What `heatmaps.js` draws, as JSON that can end no script.

    Args:
        pictures: what the model saw, PNG, by name.
        drawn: the maps of each picture as `flat` packs them, by method; None where there is none.
    """
    seen = {name: from_png(png) for name, png in pictures.items()}
    return inert(
        json.dumps(
            {
                "pictures": {
                    name: {
                        "height": pixels.shape[0],
                        "width": pixels.shape[1],
                        "bytes": _packed(layers.picture(pixels)),
                    }
                    for name, pixels in seen.items()
                },
                "layers": {
                    name: {key: _packed(one) for key, one in by_method.items() if one is not None}
                    for name, by_method in drawn.items()
                },
                "colours": {name: _text(maps.colours(name).tobytes()) for name in maps.COLOUR_MAPS},
                "both": maps.BOTH_SIGNS,
                "look": {
                    "opacity": round(100 * OPACITY),
                    "focus": round(100 * FOCUS),
                    "colours": COLOURS,
                },
            }
        )
    )


def _packed(content: bytes) -> str:
    return _text(zlib.compress(content, 9))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
