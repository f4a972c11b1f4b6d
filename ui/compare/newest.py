"""Below the heatmaps: what a run of this classifier says of its methods on many images; a run on
these images where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from heatcheck.core.errors import HeatcheckError
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.compare import own_run
from heatcheck.ui.shared import answer, frame, glance_table
from heatcheck.ui.shared.markdown import plain


def prepare(classifier: str) -> None:
    """Make the summary that a server's first page shows, while its worker loads the classifier."""
    with suppress(HeatcheckError):  # the page tells
        if run := own_run.of_any_set(service.store().runs.all(), classifier):
            answer.summary_of(run)


def show(runs: Sequence[Run], classifier: str) -> None:
    """The run's answer in a line and its table; a click leads to what stands behind it."""
    st.subheader("Which of them may be trusted on many images?", anchor=False)
    run = own_run.of_any_set(runs, classifier)
    if run is None:
        st.caption(
            "No run of this classifier has measured anything yet: one picture alone proves nothing."
        )
        st.page_link("pages/evaluate/runs.py", label="Start a run", icon=":material/play_arrow:")
        return
    summary = answer.summary_of(run)
    st.caption(plain(own_run.line(run)))
    if differs := own_run.differences(run):
        st.markdown(f":material/info: {plain(differs)}")
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
