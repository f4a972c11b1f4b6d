"""Where the questions of two runs differ."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from heatcheck.drawing.labels import run_line
from heatcheck.inputs import classifiers
from heatcheck.runs.records import Run
from heatcheck.runs.spec_differences import differences
from heatcheck.ui.shared.markdown import plain

ORDER = "The same question but for the order of its parts."


def show(run: Run, runs: Sequence[Run]) -> None:
    """Choose another run, and see what only one of the two asks."""
    others = {one.id: one for one in runs if one.id != run.id}
    if not others:
        st.caption("There is no other run to hold it against.")
        return
    chosen = st.selectbox(
        "The other run",
        list(others),
        index=None,
        key=f"beside_{run.id}",
        format_func=lambda key: run_line(
            others[key], classifiers.title_of(others[key].spec.classifier)
        ),
        placeholder="Choose a run to hold it against",
        width=600,
    )
    if chosen is None:
        return
    other = others[chosen]
    weights = [one.provenance.get("weights_sha256", "") for one in (run, other)]
    rows = differences(run.spec, other.spec, (weights[0], weights[1]))
    if not rows:
        st.markdown(f":material/drag_handle: {ORDER}")
        return
    st.table(
        [
            {
                "What": plain(row.part),
                f"This run, {run.id[:6]}": plain(row.this),
                f"The other, {other.id[:6]}": plain(row.other),
            }
            for row in rows
        ],
        hide_index=True,
        border="horizontal",
        alt="What differs between the questions of two runs",
    )
    st.caption("All else is the same. What came of them: the Report page holds two runs together.")
