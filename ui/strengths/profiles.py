"""A method's strengths and limitations, what the textbook said of it, and what stands behind a cell
of the table at a glance.
"""

from __future__ import annotations

import streamlit as st

from heatcheck.answer.glance import COLUMNS, Row
from heatcheck.answer.strengths import Profile, Said
from heatcheck.answer.summary import Summary
from heatcheck.judgement.phrases import title_of
from heatcheck.runs.keys import kind_of
from heatcheck.ui.shared import tables
from heatcheck.ui.shared.glance_table import METHOD
from heatcheck.ui.shared.markdown import plain
from heatcheck.ui.strengths.claims import counted, show_verdicts

FATES = {
    "kept": ":material/check: kept",
    "struck": ":material/close: struck",
    "open": ":material/help: open",
}
METHOD_PARAM, COLUMN_PARAM = "method", "cell"


def opened(summary: Summary) -> tuple[str, str] | None:
    """The cell that the address opens, as method and column; None where it names none."""
    method = st.query_params.get(METHOD_PARAM, "")
    column = st.query_params.get(COLUMN_PARAM, METHOD)
    known = {row.method: row for row in summary.glance}
    if method not in known or column not in (METHOD, *(one.name for one in COLUMNS)):
        return None
    if column == METHOD:
        return None if known[method].control else (method, column)
    return (method, column) if known[method].cell(column).rows else None


def open_cell(cell: tuple[str, str]) -> None:
    """The address names this cell from now on; the same one again closes it."""
    now = (st.query_params.get(METHOD_PARAM, ""), st.query_params.get(COLUMN_PARAM, METHOD))
    if now == cell:
        del st.query_params[METHOD_PARAM], st.query_params[COLUMN_PARAM]
    else:
        st.query_params.from_dict(
            {**st.query_params.to_dict(), METHOD_PARAM: cell[0], COLUMN_PARAM: cell[1]}
        )


def show_opened(summary: Summary, cell: tuple[str, str]) -> None:
    """What stands behind a cell: a method's profile, or the rows of the column."""
    method, column = cell
    row = next(row for row in summary.glance if row.method == method)
    with st.container(border=True):
        if column == METHOD:
            st.markdown(f"**{plain(title_of(method))}**")
            show_profile(next(one for one in summary.profiles if one.method == method))
        else:
            _show_rows(row, column)


def _show_rows(row: Row, column: str) -> None:
    head = next(one for one in COLUMNS if one.name == column)
    cell = row.cell(column)
    st.markdown(f"**{plain(title_of(row.method))}: {head.title.lower()}**  \n{plain(cell.text)}")
    tables.measured(cell.rows, f"What stands behind {head.title.lower()}, a row a measurement")
    st.caption(plain(head.line))


def show_profile(profile: Profile) -> None:
    """Strengths on one side, limitations on the other, the textbook's words below."""
    for title, phrases, side in zip(
        ("Strengths", "Limitations"),
        (profile.strengths, profile.limitations),
        st.columns(2, gap="large", wrap=True),
        strict=True,
    ):
        listed = "\n".join(f"- {plain(phrase)}" for phrase in phrases) or "- none measured"
        side.markdown(f"**{title}**\n{listed}")
    if profile.textbook:
        st.markdown("**The textbook said**\n" + "\n".join(map(_said, profile.textbook)))


def _said(said: Said) -> str:
    words = plain(said.words)
    words = f"~~{words}~~" if said.fate == "struck" else words
    return f"- {words} · {FATES[said.fate]} · {said.kind} · {plain(said.verdict.label)}"


def show_all(summary: Summary) -> None:
    """Each method: what it computes and what it cannot, its profile, and the textbook's questions
    as they are put to every method.
    """
    for profile in summary.profiles:
        method = kind_of(profile.method)
        verdicts = [one for one in summary.asked if one.claim.about == profile.method]
        with st.expander(f"**{plain(title_of(profile.method))}** · {counted(verdicts)}"):
            st.markdown(
                f"{plain(method.summary)} **It cannot** "
                f"{plain(method.cannot[:1].lower() + method.cannot[1:])}"
            )
            show_profile(profile)
            st.markdown("**Asked the same as every method**")
            show_verdicts(verdicts)
    st.caption("Holm's correction runs over the questions to all methods together.")
