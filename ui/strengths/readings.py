"""What lies below the table: a reading for a method, one for a claim, which method to use, and
another run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from heatcheck.answer.summary import Summary
from heatcheck.drawing.labels import run_line
from heatcheck.inputs import classifiers
from heatcheck.runs.records import Run
from heatcheck.ui.shared import address, answer
from heatcheck.ui.shared.markdown import plain
from heatcheck.ui.strengths import claims, profiles

OTHER = "beside"  # key of the widget, and its name in the address
KINDS = (
    ("comparison", "Method comparison"),
    ("strength", "Strengths"),
    ("limitation", "Limitations"),
)


def show(summary: Summary, run: Run, runs: Sequence[Run]) -> None:
    """The reading that the address names."""
    others = [other for other in runs if other.done and other.id != run.id]
    offered = [name for name in READINGS if name != "Another run" or others]
    chosen = st.segmented_control(
        "Read on",
        offered,
        default=offered[0],
        key="reading",
        bind="query-params",
        required=True,
    )
    READINGS[chosen or offered[0]](summary, run, others)


def _methods(summary: Summary, run: Run, others: Sequence[Run]) -> None:
    profiles.show_all(summary)


def _claims(summary: Summary, run: Run, others: Sequence[Run]) -> None:
    claims.choose_thresholds()
    claims.show_count(summary)
    claims.show_table(summary.verdicts)
    for kind, title in KINDS:
        st.subheader(title, anchor=False)
        for verdict in (verdict for verdict in summary.verdicts if verdict.claim.kind == kind):
            claims.show(verdict, run)


def _use(summary: Summary, run: Run, others: Sequence[Run]) -> None:
    claims.show_advice(summary.scores, summary.findings)


def _beside(summary: Summary, run: Run, others: Sequence[Run]) -> None:
    by_id = {other.id: other for other in others}
    address.keep(OTHER, OTHER, lambda asked: [key for key in by_id if key.startswith(asked)])
    chosen = st.selectbox(
        "Other run",
        list(by_id),
        index=None,
        key=OTHER,
        placeholder="Choose a run to hold against this one",
        format_func=lambda one: run_line(
            by_id[one], classifiers.title_of(by_id[one].spec.classifier)
        ),
    )
    address.remember(OTHER, chosen)
    if not chosen:
        return
    other = by_id[chosen]
    there = answer.summary_of(other, moved=summary.moved).verdicts
    names = [f"{classifiers.title_of(one.spec.classifier)} {one.id[:6]}" for one in (run, other)]
    claims.show_beside(
        summary.verdicts,
        there,
        (plain(names[0]), plain(names[1])),
        run.spec.classifier == other.spec.classifier,
        summary.moved,
    )


READINGS: dict[str, Callable[[Summary, Run, Sequence[Run]], None]] = {
    "By method": _methods,
    "By claim": _claims,
    "Which to use": _use,
    "Another run": _beside,
}
