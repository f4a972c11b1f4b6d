"""The viewer on a page: what it is drawn from. All that moves is drawn in the browser."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from heatcheck.attribution import Method
from heatcheck.drawing import maps
from heatcheck.drawing.layers import PAINT
from heatcheck.metrics.orders import STEPS, counts

HERE = Path(__file__).parent
SCRIPTS = (
    *("parts", "view", "told", "panel", "pair", "curves", "legend", "news", "save", "hands"),
    "viewer",
)


def _script() -> str:
    """All scripts as one module, without a build: each is written to be read by itself."""
    texts = [
        PAINT.replace("export function", "function"),
        *((HERE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS),
    ]
    return "\n".join(texts)


_mount = st.components.v2.component(
    "heatcheck_viewer",
    html='<div class="viewer"></div>',
    css=(HERE / "viewer.css").read_text(encoding="utf-8"),
    js=_script(),
)


@dataclass(frozen=True)
class Drawn:
    """What a viewer draws, and where it asks for it."""

    ticket: str  # of `service.looks`
    height: int  # of the picture, in pixels
    width: int
    name: str  # of a file that is saved
    provenance: str  # what is shown, in a line that goes with a saved picture
    fit: str  # how the file's picture was brought to the input
    link: str  # what asks for this picture, class and methods, behind the ? of an address
    methods: Sequence[Method]
    changed: Sequence[str]  # their parameters that are not the defaults, in words
    titles: Sequence[str]  # of their panels
    keys: Sequence[str]  # of their panels
    styles: Sequence[tuple[str, str]]  # their colours and dashes
    about: str  # what the scores of a panel are
    covers: Sequence[str]  # names of what pixels are covered with
    title: str  # of the curves, and the line below it
    line: str
    unit: str  # what curves follow
    bounded: bool  # whether it lies between 0 and 1


def show(drawn: Drawn, key: str) -> None:
    """Mount the viewer."""
    panels = [
        {
            "key": panel,
            "title": title,
            "badge": "control" if method.is_control else "",
            "colour": colour,
            "dash": DASHES[dash],
            "changed": changed,
        }
        for panel, method, title, (colour, dash), changed in zip(
            drawn.keys, drawn.methods, drawn.titles, drawn.styles, drawn.changed, strict=True
        )
    ]
    colours = {
        name: base64.b64encode(maps.colours(name).tobytes()).decode() for name in maps.COLOUR_MAPS
    }
    _mount(
        key=key,
        data={
            "ticket": drawn.ticket,
            "height": drawn.height,
            "width": drawn.width,
            "name": drawn.name,
            "provenance": drawn.provenance,
            "fit": drawn.fit,
            "link": drawn.link,
            "panels": panels,
            "about": drawn.about,
            "covers": list(drawn.covers),
            "curves": {"title": drawn.title, "line": drawn.line},
            "unit": drawn.unit,
            "bounded": drawn.bounded,
            "colours": colours,
            "both": maps.BOTH_SIGNS,
            "steps": STEPS,
            "counts": counts(drawn.height * drawn.width),
        },
    )


# plotly's words for dashes, as a drawing in the browser says them
DASHES = {"solid": "", "dash": "8 5", "dot": "2 4", "dashdot": "8 4 2 4", "longdash": "14 5"}
