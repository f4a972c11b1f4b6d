"""Strengths and limitations: the textbook's claims beside what a run measured."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from evaluation.claims import FAMILY
from evaluation.leaderboard import title_of
from evaluation.verdicts import judge
from ui import claims, frame, service
from ui.words import plain

HELP = """
On the left a claim as textbooks make it, on the right what the chosen run measured: the value, its 95 % interval over images, and the
mark. **Confirmed** and **refuted** mean that the mean lies beyond the threshold, with p at most 0.05 after Holm's correction over all
claims that were measured; **undecided** means that it could be on either side. Claims that need an experiment of their own are
**not measured in this run**. No mark is written by hand.
"""

frame.opening("Do the textbook's strengths and limitations hold here?", HELP)
frame.follow_runs(True)
run = frame.choose_run()
if run is None:
    st.stop()
verdicts = judge(service.store().table(run.id), service.store().findings(run.id))
marks = Counter(verdict.mark for verdict in verdicts)
st.markdown(f"Of {len(verdicts)} claims: " + ", ".join(f"{count} {mark}" for mark, count in marks.items()) + ".")
frame.warn_of_failures(run)
for kind, title in (("comparison", "Method comparison"), ("strength", "Strengths"), ("limitation", "Limitations")):
    st.subheader(title, anchor=False)
    for verdict in (verdict for verdict in verdicts if verdict.claim.kind == kind):
        about = "Gradient methods" if verdict.claim.about == FAMILY else title_of(verdict.claim.about)
        claims.show(verdict, plain(about))
