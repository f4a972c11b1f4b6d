"""What the curves' own error adds, and the run with more points where that is seen."""

from __future__ import annotations

import streamlit as st

from heatcheck.core.errors import HeatcheckError
from heatcheck.judgement import curve_error
from heatcheck.judgement.scores import Scores
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.shared.markdown import plain


def show(run: Run, scores: Scores) -> None:
    """One quiet line; where curves add more than is worth saving, the table and the offer."""
    added = curve_error.curve_error(scores)
    if added is None:
        return
    st.caption(plain(curve_error.told(added, run.spec)))
    if not added.too_much:
        return
    with st.expander("What the curves add, and more points", icon=":material/tune:"):
        st.dataframe(
            [
                {"Metric": metric, "Of a mean at most": mean, "Of a difference at most": difference}
                for metric, mean, difference in curve_error.rows(added)
            ],
            hide_index=True,
            height="content",
            alt="Share of a variance that curves add at most, a row a metric",
        )
        if line := curve_error.command(run.spec):
            st.code(line, language=None, wrap_lines=True)
        _offer(run)


def _offer(run: Run) -> None:
    finer = curve_error.refined(run.spec)
    if finer is None or run.status != "finished":
        return
    if not st.button("Start the run with more points", icon=":material/play_arrow:", key="refine"):
        return
    try:
        service.start_run(finer)
    except HeatcheckError as error:
        st.error(plain(str(error)))
        return
    st.info("It is asked for: Runs shows how far it is.", icon=":material/play_arrow:")
