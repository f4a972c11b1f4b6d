"""The table at a glance on a page: text that can be searched, cells that open what stands behind
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from heatcheck.answer.glance import COLUMNS, Cell, Row
from heatcheck.drawing.labels import CONTROLS, SIGNS
from heatcheck.judgement.phrases import title_of

HERE = Path(__file__).parent
READ = (
    "Evidence: better than the same map moved elsewhere (place), than maps of other pictures "
    "(picture), than maps of random weights and another class (model). Repeats: 1 is the same map. "
    "Saturation and Runs on are tried on small networks, not on this model. Click any value."
)
METHOD = "method"  # the column of names

_mount = st.components.v2.component(
    "heatcheck_glance_table",
    html='<div class="frame"></div>',
    css=(HERE / "glance_table.css").read_text(),
    js=(HERE / "glance_table.js").read_text(),
)


def show(rows: Sequence[Row], opened: tuple[str, str] | None, key: str) -> tuple[str, str] | None:
    """Draw the table. `opened` is the cell whose evidence is open, as method and column.

    Returns the cell that was just clicked; None where none was. All texts reach the page as text.
    """
    clicked = _mount(key=key, data=data(rows, opened), on_cell_change=lambda: None).cell
    method, _, column = str(clicked or "").partition("/")
    return (method, column) if column else None


def data(rows: Sequence[Row], opened: tuple[str, str] | None) -> dict[str, Any]:
    """What the table is drawn from: heads, rows, and the open cell by its name."""
    drawn: list[dict[str, Any]] = []
    for row in rows:
        if row.control and not any(other.get("control") for other in drawn):
            drawn.append({"divider": CONTROLS})
        cells = [_name(row), *(_cell(row.method, cell) for cell in row.cells)]
        drawn.append({"control": row.control, "cells": cells})
    return {
        "label": "Each method at a glance",
        "heads": [
            {"title": "Method", "line": "Click a name for its strengths and limitations."},
            *({"title": column.title, "line": column.line} for column in COLUMNS),
        ],
        "rows": drawn,
        "opened": "/".join(opened) if opened else "",
    }


def _name(row: Row) -> dict[str, str]:
    title = title_of(row.method)
    return {
        "sign": "",
        "words": title,
        "number": "",
        "tone": "none",
        "opens": "" if row.control else f"{row.method}/{METHOD}",
        "about": f"Strengths and limitations of {title}",
    }


def _cell(method: str, cell: Cell) -> dict[str, str]:
    return {
        "sign": SIGNS[cell.tone],
        "words": cell.words,
        "number": cell.number,
        "tone": cell.tone,
        "opens": f"{method}/{cell.column}" if cell.rows else "",
        "about": "Open what stands behind this",
    }
