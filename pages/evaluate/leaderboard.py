"""Leaderboard: a run's methods under every metric, means with intervals."""

from __future__ import annotations

import streamlit as st

from heatcheck.judgement import blanks, conclusion
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import on_intervals, standings
from heatcheck.server import service
from heatcheck.ui.leaderboard import curve_points, evidence_table, parts_of_scores, views
from heatcheck.ui.shared import frame, tables
from heatcheck.ui.shared.markdown import plain

HELP = """
Each cell is the **mean over images with its 95 % interval** (an image is the unit, images of one
group or with the same bytes are one). Runtime has no interval and no mark, since it hangs on the
machine; beside it stand the **passes** of one map, forward + backward. The arrow says which way is
better.
◆ marks those that **may be the best**: no other is shown to be better image by image, one-sided at
5 % over the number of others, so that a truly best method keeps its mark in about 95 of 100 such
runs or more. Intervals and ▽ are not corrected for how many there are.

Grey rows are **controls**: Random, Edges and Centre Prior explain nothing. A method that does not
beat them has not earned its place. ▽ marks a score that is not shown to beat Random's: the paired
interval of the difference holds zero, or lies on the wrong side. Deletion alone rewards speckle,
and insertion alone rewards the middle of the frame: read both beside their gains. A **placement
gain** is what the places of a map add to its grain; an **exchange gain** is what the image's own
map adds to the maps of other images. **–** has no value: none has come
yet, or a control, which ignores the model, has no gain over other models and classes. Click a
column's head to sort.
"""

runs = frame.opening("Which method scores best, and how sure is that?", HELP)
frame.follow_runs(True)
run = frame.choose_run(runs)
if run is None:
    st.stop()
scores = Scores(service.store().results.table(run.id))
frame.show_answer(conclusion.sentences(scores, evidence_table.smallest()))
frame.offer_more(run)
frame.warn_of_failures(run)
for line in filter(None, (run.spec.grouping, blanks.told(scores))):
    st.caption(plain(line))
standing = standings(scores)
tables.leaderboard(standing)
st.caption(
    "◆ may be the best: no other is shown to be better. ▽ not shown to beat Random. Raw "
    f"rows: download from Runs. {on_intervals(standing)}"
)
curve_points.show(run, scores)
evidence_table.show_evidence(run, scores)
evidence_table.show_substrates(scores)
parts_of_scores.show_splits(scores)
views.show(run, scores, standing)
parts_of_scores.show_agreement(run)
parts_of_scores.show_conventions(scores)
