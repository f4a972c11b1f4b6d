"""Report: a run and its team sessions, or a run against another, as a file."""

from __future__ import annotations

import streamlit as st

from heatcheck.ui.report import download
from heatcheck.ui.shared import answer, frame

HELP = """
The report says what the run measured, with the doubt: every number in it comes from the run's
table. It asks nothing of any server, so it opens from a disk or an e-mail, in a light or dark
window, and on paper. Sessions come into it once their names are revealed.
"""

runs = frame.opening("What can we send round?", HELP)
frame.follow_runs(True)
run = frame.choose_run(runs)
if run is None:
    st.stop()
summary = answer.summary_of(run)
answer.show_model(summary)
answer.show_headline(summary)
frame.warn_of_failures(run)
with st.container(horizontal=True, vertical_alignment="bottom"):
    other = download.choose_other(run, runs)
    form = download.choose_format(other)
download.offer(run, other, form)
download.show_contents(run, other)
