"""Below the heatmaps: what the newest run of this classifier says of its methods on many images."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from heatcheck.drawing.labels import run_line
from heatcheck.inputs import classifiers
from heatcheck.runs.records import Run
from heatcheck.ui.shared import answer, frame, glance_table
from heatcheck.ui.shared.markdown import plain


def show(runs: Sequence[Run], classifier: str) -> None:
    """The run's answer in a line and its table; a click leads to what stands behind it."""
    st.subheader("Which of them may be trusted on many images?", anchor=False)
    own = [run for run in runs if run.done and run.spec.classifier == classifier]
    if not own:
        st.caption(
            "No run of this classifier has measured anything yet: one picture alone proves nothing."
        )
        st.page_link("pages/evaluate/runs.py", label="Start a run", icon=":material/play_arrow:")
        return
    run = own[0]
    summary = answer.summary_of(run)
    st.caption(plain(run_line(run, classifiers.title_of(classifier))))
    st.markdown(f"{answer.ICONS[summary.headline.tone]} **{plain(summary.headline.answer)}**")
    if glance_table.show(summary.glance, None, key="compare_glance"):
        frame.remember_run(run.id)
        st.switch_page("pages/evaluate/strengths.py")
    st.page_link(
        "pages/evaluate/strengths.py",
        label="What stands behind this",
        icon=":material/table_chart:",
        query_params={"run": run.id},
    )
