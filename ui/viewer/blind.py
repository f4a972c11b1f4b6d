"""Two maps without names beside their picture. What the browser gets tells them apart by side only,
and holds nothing of how they were made.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from heatcheck.drawing import flat, maps

HERE = Path(__file__).parent
COLOURS = next(iter(maps.COLOUR_MAPS))
OPACITY, FOCUS = 60, 70  # per cent, until a hand moves them


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "heatcheck_blind_pair",
    html='<div class="blind"></div>',
    css=_read("blind.css"),
    js="\n".join([flat.SCRIPT, _read("parts.js"), _read("blind.js")]),
)


@dataclass(frozen=True)
class Blind:
    """A pair: what it is called, and digests of the picture and of the left and the right map, as
    `flat` packs them without signs; None for what is not kept.
    """

    name: str
    height: int
    width: int
    picture: str | None
    left: str | None
    right: str | None

    @property
    def whole(self) -> bool:
        """Whether all of it is kept."""
        return None not in (self.picture, self.left, self.right)


def show(pair: Blind, key: str) -> bool:
    """Mount the pair; whether the browser has said that all of it is drawn, which it says with a
    run of the page. Opacity and focus are the same for both maps, and never leave the browser.
    """
    mounted = _mount(
        key=key,
        on_drawn_change=lambda: None,  # the run itself is what is wanted
        data={
            "pair": pair.name,
            "height": pair.height,
            "width": pair.width,
            "picture": pair.picture,
            "maps": [pair.left, pair.right],
            "colours": base64.b64encode(maps.colours(COLOURS).tobytes()).decode(),
            "look": {"opacity": OPACITY, "focus": FOCUS},
        },
    )
    return mounted.drawn == pair.name
