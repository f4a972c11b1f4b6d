"""Report: a run and its team sessions as one file."""

from __future__ import annotations

import streamlit as st

from evaluation import answers
from ui import frame, reports, service
from ui.words import plain

HELP = """
The report says what the run measured, with the doubt: every number in it comes from the run's table. It asks nothing of any server, so it
opens from a disk or an e-mail, in a light or dark window, and on paper. Sessions come into it once their names are revealed.
"""

frame.opening("What can we send round?", HELP)
frame.follow_runs(True)
run = frame.choose_run()
if run is None:
    st.stop()
st.markdown(plain(answers.answer(service.store().table(run.id))))
frame.warn_of_failures(run)
reports.show_contents(run)
reports.offer(run)
