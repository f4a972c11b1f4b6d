"""The gallery's small pictures, and the two buttons beside the selector: drawn in the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import streamlit as st

HERE = Path(__file__).parent
STEPS = """
<div class="turn">
  <button type="button" value="-1" aria-label="Previous image" title="Previous image (arrow left)">
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="m15 6-6 6 6 6"/></svg>
  </button>
  <button type="button" value="1" aria-label="Next image" title="Next image (arrow right)">
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="m9 6 6 6-6 6"/></svg>
  </button>
</div>
"""


def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


_mount_tiles = st.components.v2.component(
    "heatcheck_tiles",
    html='<div class="tiles"></div>',
    css=_text("tiles.css"),
    js=_text("tiles.js"),
)
_mount_steps = st.components.v2.component(
    "heatcheck_steps", html=STEPS, css=_text("steps.css"), js=_text("steps.js")
)


@dataclass(frozen=True)
class Tile:
    """A small picture, with what is said of it."""

    name: str
    label: str
    note: str
    good: Literal["right", "wrong", ""]  # how the note is coloured; its words say it too
    picture: str | None  # its digest; None where the file cannot be read
    chosen: bool


def show(tiles: Sequence[Tile], key: str, chosen: Callable[[str], None]) -> None:
    """Draw tiles; `chosen` is called with the name of the one that somebody clicks."""

    def clicked() -> None:
        if name := st.session_state[key].chosen:
            chosen(str(name))

    _mount_tiles(
        key=key, data={"tiles": [asdict(tile) for tile in tiles]}, on_chosen_change=clicked
    )


def show_steps(key: str, stepped: Callable[[int], None]) -> None:
    """Offer the image before and the next; `stepped` is called with -1 or 1."""

    def clicked() -> None:
        if st.session_state[key].by in (-1, 1):
            stepped(int(st.session_state[key].by))

    _mount_steps(key=key, on_by_change=clicked, width="content")
