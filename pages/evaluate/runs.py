"""Runs: what ran, what runs, and how far it is."""

from __future__ import annotations

import streamlit as st

from heatcheck.inputs import classifiers
from heatcheck.ui.runs import beside, control, extend, form, live, overview, upload
from heatcheck.ui.shared import frame

HELP = """
A run asks one question: a classifier, images, methods, metrics and a seed. The same question has
the same id, and a finished run is not computed again. Each image x method is a **map**; maps are
saved one by one, so a run that was stopped goes on where it was. Metrics that compare the maps of
several images look at each map a second time. Start one here, from a file, or from the command
line, for example `heatcheck run --images FOLDER`; all are the same.

This server works on one run at a time. Others that are asked for here **wait** in the order asked,
and start by themselves, after a restart too. One that waits can be cancelled, or started next.
"""

runs = frame.opening("What has been measured, and how far is it?", HELP)
frame.follow_runs(True)
if not runs:
    frame.offer_run()
form.show_form(runs)
upload.show(runs)
if runs:
    overview.show_list(runs)
overview.show_foreign()
if not runs:
    st.stop()
st.subheader("One run closer", anchor=False)
run = frame.choose_run(runs, exclude_empty=False)
if run is None:
    st.stop()
control.show_state(run, runs)
live.show(run)
extend.offer(run, runs)
overview.show_command(run)
overview.show_downloads(run)
question, other, place = st.tabs(["The question", "Beside another run", "Where it ran"])
with question:
    overview.show_question(run, classifiers.title_of(run.spec.classifier))
with other:
    beside.show(run, runs)
with place:
    overview.show_provenance(run)
overview.show_failures(run)
control.offer_deletion(run)
