"""The leaderboard's summary as a table of text that the browser can search, copy and read aloud."""

from __future__ import annotations

from html import escape

import streamlit as st

from heatcheck.answer.leaderboard import Board, BoardCell, BoardRow, Head
from heatcheck.drawing.labels import ARROWS, CONTROLS, SIGNS
from heatcheck.ui.shared.tables import BEST

MAY_BE = "may be the best"
GROUND = ("light", "dark")

# `light-dark` follows the theme, for which Streamlit sets `color-scheme`; the first column has a
# ground of its own, since it slides over the others on a narrow screen.
STYLE = """
.board { overflow-x: auto }
.board table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
.board :is(th, td) { padding: 0.15rem 0.75rem; text-align: right; white-space: nowrap;
  line-height: 1.2; font-weight: 400;
  border-bottom: 1px solid color-mix(in srgb, currentColor 18%, transparent) }
.board :is(th, td).text { text-align: left }
.board thead th { padding-block: 0.3rem; font-weight: 600; font-size: 0.92rem }
.board abbr { text-decoration: underline dotted; text-underline-offset: 0.2em; cursor: help }
.board tr > :first-child { position: sticky; left: 0; text-align: left; padding-left: 0.25rem;
  background: var(--ground) }
.board tbody th[scope=row] { font-weight: 600 }
.board small { display: block; font-size: 0.78rem; font-weight: 400 }
.board :is(small, .controls) {
  color: color-mix(in srgb, currentColor 72%, transparent) }
.board .controls :is(small, th) { color: inherit }
.board .controls th[scope] { font-weight: 400 }
.board [scope=rowgroup] { font-size: 0.875rem }
@media (max-width: 640px) { .board [scope=row] { white-space: normal; min-width: 6rem } }
.board .good { color: light-dark(#17692e, #6fdb95) }
.board .middle { color: light-dark(#7d4e00, #f2bf5a) }
.board .bad { color: light-dark(#a3231b, #ff9c92) }
"""


def show(board: Board) -> None:
    """The table; at a narrow screen it scrolls by itself below a first column that stays."""
    st.html(html(board))


def html(board: Board) -> str:
    """The table as HTML; every text in it is escaped."""
    heads = "".join(map(_head, board.heads))
    body = "".join(_row(row, board) for row in board.methods)
    span = len(board.heads) + 1
    controls = (
        f'<tbody class="controls"><tr><th scope="rowgroup" colspan="{span}">{CONTROLS}</th></tr>'
        + "".join(_row(row, board) for row in board.controls)
        + "</tbody>"
        if board.controls
        else ""
    )
    return (
        f"<style>{STYLE}.board {{ --ground: {_ground()} }}</style>"
        '<div class="board" tabindex="0" role="region" aria-label="Summary, a row a method"><table>'
        f'<thead><tr><th scope="col">Method</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody>{controls}</table></div>"
    )


def _ground() -> str:
    """The page's own ground in both themes."""
    light, dark = (st.get_option(f"theme.{one}.backgroundColor") for one in GROUND)
    return f"light-dark({light or 'Canvas'}, {dark or 'Canvas'})"


def _head(head: Head) -> str:
    arrow = f" {ARROWS[head.better]}" if head.better else ""
    text = "" if head.better else ' class="text"'
    return (
        f'<th scope="col"{text}><abbr title="{escape(head.line)}">{escape(head.title)}</abbr>'
        f"{arrow}</th>"
    )


def _row(row: BoardRow, board: Board) -> str:
    cells = "".join(
        _cell(cell, not head.better) for head, cell in zip(board.heads, row.cells, strict=True)
    )
    return f'<tr><th scope="row">{escape(row.title)}</th>{cells}</tr>'


def _cell(cell: BoardCell, text: bool) -> str:
    sign = f'<span class="{cell.tone}" aria-hidden="true">{SIGNS[cell.tone]}</span> '
    best = f'<span role="img" aria-label="{MAY_BE}" title="{MAY_BE}">{BEST.strip()}</span> '
    below = ", ".join(filter(None, (cell.interval, cell.note)))
    small = f"<small>{escape(below)}</small>" if below else ""
    return (
        f"<td{' class=text' * text}>{best * cell.best}{sign * bool(SIGNS[cell.tone])}"
        f"{escape(cell.text)}{small}</td>"
    )
