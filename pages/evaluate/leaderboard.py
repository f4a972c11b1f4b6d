"""Leaderboard: the answer and the summary on the first screen, all metrics and looks below."""

from __future__ import annotations

import streamlit as st

from heatcheck.answer.leaderboard import board
from heatcheck.core.numbers import in_full
from heatcheck.judgement import blanks, elsewhere
from heatcheck.judgement.evidence import SMALLEST
from heatcheck.judgement.standings import on_intervals
from heatcheck.ui.leaderboard import evidence_table, looks
from heatcheck.ui.shared import answer, frame, summary_table, tables
from heatcheck.ui.shared.markdown import plain

HELP = """
A row a method. Each value is the **mean over images, below it its 95 % interval** (an image is the
unit, images of one group or with the same bytes are one). The arrow says which way is better.
**Evidence** says on how many of three questions a method's maps are shown to be evidence: of the
map's places, of this picture, of this model and class. **Deletion** and **insertion** are areas
under the class's probability while the highest-ranked pixels go or come first. **Repeats** is how
much of a map comes again under faint noise. **Time** is of one map; it has no interval and no mark,
since it hangs on the machine, and below it stand the **passes**, forward + backward.

◆ marks those that **may be the best**: no other is shown to be better image by image, one-sided at
5 % over the number of others, so that a truly best method keeps its mark in about 95 of 100 such
runs or more. Intervals and ▽ are not corrected for how many there are.

Grey rows are **controls**: Random, Edges and Centre Prior explain nothing. A method that does not
beat them has not earned its place. Under *All metrics* ▽ marks a score that is not shown to beat
Random's: the paired interval of the difference holds zero, or lies on the wrong side; a click on a
column's head sorts. Deletion alone rewards speckle, and insertion alone rewards the middle of the
frame: read both beside their gains. A **placement gain** is what the places of a map add to its
grain; an **exchange gain** is what the image's own map adds to the maps of other images. **–** has
no value: none has come yet, or a control, which ignores the model, has no gain over other models
and classes.
"""

runs = frame.opening("Which method scores best, and how sure is that?", HELP)
frame.follow_runs(True)
run = frame.choose_run(runs)
if run is None:
    st.stop()
first_screen = st.container(gap="xsmall")
below = st.container()
tabs = looks.tabs()
with tabs[looks.EVIDENCE]:
    smallest = evidence_table.choose_smallest()

summary = answer.summary_of(run, smallest)
with first_screen:
    answer.show_model(summary)
    answer.show_headline(summary)
    shown = board(summary)
    summary_table.show(shown)
with below:
    st.caption(
        "◆ may be the best: no other is shown to be better. Small: the 95 % interval, or the "
        f"passes of one map. {shown.caution}"
    )
    if smallest != SMALLEST:
        st.caption(
            f"Effects below {plain(in_full(smallest))} do not count: you chose that under Evidence."
        )
    frame.offer_more(run)
    frame.warn_of_failures(run)
    lines = (
        run.spec.grouping,
        blanks.told(summary.scores),
        elsewhere.left_out(summary.scores),
        summary.scores.machines.told,
    )
    for line in filter(None, lines):
        st.caption(plain(line))
    tables.machine_times(summary.scores.machines.times)
    if st.toggle("All metrics", key="all_metrics", bind="query-params"):
        tables.leaderboard(summary.standing)
        st.caption(
            "◆ may be the best: no other is shown to be better. ▽ not shown to beat Random. Raw "
            f"rows: download from Runs. {on_intervals(summary.standing)}"
        )
looks.show(tabs, run, summary)
