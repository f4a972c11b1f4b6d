"""Report: a run and its team sessions as one file."""

from __future__ import annotations

import streamlit as st

from heatcheck.judgement import conclusion
from heatcheck.judgement.scores import Scores
from heatcheck.server import service
from heatcheck.ui.report import download
from heatcheck.ui.shared import frame

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
frame.show_answer(conclusion.sentences(Scores(service.store().results.table(run.id))))
frame.warn_of_failures(run)
download.show_contents(run)
download.offer(run)
