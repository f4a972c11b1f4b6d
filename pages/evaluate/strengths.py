"""Strengths and limitations: each method at a glance, the textbook's claims beside what a run
measured.
"""

from __future__ import annotations

import streamlit as st

from heatcheck.ui.shared import answer, frame, glance_table
from heatcheck.ui.strengths import claims, profiles, readings

HELP = """
The table is filled by the chosen run. **✔** speaks for a method, **✖** against it, **◐** for it in
part; a cell without a mark could not be decided. Click a cell for what stands behind it, a name for
the method's strengths and limitations.

**Evidence** has three questions: is the map better than itself misplaced, than the method's maps of
other pictures, and than its maps of random weights and of another class? **Beats random weights**
is the sanity check: the part of the third that random weights answer. **Repeats** is how much of a
map comes again under faint noise and another seed. **Cost** counts the images that go forward and
backward through the network for one map. **Saturation** and **Runs on** are experiments on small
networks.

Below, the textbook's claims: **confirmed** and **refuted** mean that the mean lies beyond the
threshold, with p at most 0.05 after Holm's correction over all claims of the table that images
decide; **undecided** means that it could be on either side. Intervals are not corrected. Ratios are
geometric means over images. A claim about gradient methods is put to each of them in the run; where
some are confirmed and others refuted it is **mixed**. What two claims ask of one method counts
once. No mark is written by hand.
"""

runs = frame.opening("What is each method good for?", HELP)
frame.follow_runs(True)
run = frame.choose_run(runs, narrow=True)
if run is None:
    st.stop()
moved = claims.moved_thresholds()
summary = answer.summary_of(run, moved=moved)
answer.show_model(summary)
answer.show_headline(summary)
clicked = glance_table.show(summary.glance, profiles.opened(summary), key="glance")
if clicked:
    profiles.open_cell(clicked)
    st.rerun()
st.caption(glance_table.READ)
opened = profiles.opened(summary)
if opened:
    profiles.show_opened(summary, opened)
frame.warn_of_failures(run)
answer.show_change(summary, again=False)
readings.show(summary, run, runs)
