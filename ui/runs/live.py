"""The standings of a run while it works."""

from __future__ import annotations

import streamlit as st

from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.shared import summary_table
from heatcheck.ui.shared.markdown import plain


def show(run: Run) -> None:
    """The Leaderboard's summary table so far; nothing of a run that does not work, or has measured
    nothing yet. The button above leads to the whole. It moves when the page is drawn again, as it
    is when the run has another image.
    """
    if run.status != "running" or not run.done:
        return
    seen = service.standings().of(run)
    st.subheader("Its leaderboard so far", anchor=False)
    st.caption(f":material/hourglass_top: {plain(seen.words)} ◆ may be the best.")
    summary_table.show(seen.board)
