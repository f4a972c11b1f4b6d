"""The Leaderboard a click deeper: how sure, evidence with reasons, substrates, curves, views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from heatcheck.answer.summary import Summary
from heatcheck.judgement import conclusion
from heatcheck.runs.records import Run
from heatcheck.ui.leaderboard import curve_points, evidence_table, parts_of_scores, views
from heatcheck.ui.shared import answer, frame

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_tab_container import TabContainer


def tabs() -> Mapping[str, TabContainer]:
    """A closer look a tab; the open one is in the address."""
    names = list(LOOKS)
    return dict(zip(names, st.tabs(names, key="look", bind="query-params"), strict=True))


def show(tabs: Mapping[str, TabContainer], run: Run, summary: Summary) -> None:
    """What the open tab holds; the others are made when they are opened."""
    for name, look in LOOKS.items():
        if tabs[name].open:
            with tabs[name]:
                look(run, summary)


def _sure(run: Run, summary: Summary) -> None:
    answer.show_change(summary)
    with st.expander("In sentences", icon=":material/notes:"):
        frame.show_answer(conclusion.sentences(summary.scores, summary.evidence.smallest))


def _evidence(run: Run, summary: Summary) -> None:
    evidence_table.show_evidence(run, summary.evidence)


def _substrates(run: Run, summary: Summary) -> None:
    evidence_table.show_substrates(summary.scores)


def _curves(run: Run, summary: Summary) -> None:
    curve_points.show(run, summary.scores)
    parts_of_scores.show_splits(summary.scores)


def _views(run: Run, summary: Summary) -> None:
    views.show(run, summary.scores, summary.standing)


def _agreement(run: Run, summary: Summary) -> None:
    parts_of_scores.show_agreement(run)
    parts_of_scores.show_conventions(summary.scores)


EVIDENCE = "Evidence"
LOOKS: dict[str, Callable[[Run, Summary], None]] = {
    "How sure": _sure,
    EVIDENCE: _evidence,
    "Substrates": _substrates,
    "Curves": _curves,
    "Views": _views,
    "Agreement": _agreement,
}
