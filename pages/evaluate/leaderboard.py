"""Leaderboard: a run's methods under every metric, means with intervals."""

from __future__ import annotations

import streamlit as st

from drawing import charts
from evaluation import answers
from evaluation.leaderboard import standings
from metrics import METRICS
from ui import frame, parts, service, tables
from ui.words import plain

HELP = """
Each cell is the **mean over images with its 95 % interval** (an image is the unit; runtime: geometric mean). The arrow says which way is better.
◆ marks the best mean **and all that cannot be told from it**: the paired 95 % interval of the difference holds zero.

Grey rows are **controls**: Random, Edges and Centre Prior explain nothing. A method that does not beat them has not earned its place.
Deletion alone rewards speckle, and insertion alone rewards the middle of the frame: read both beside their gains. A **placement gain** is what the places of
a map add to its grain; an **exchange gain** is what the image's own map adds to the maps of other images: evidence that belongs to this image.
Click a column's head to sort.
"""

frame.opening("Which method scores best, and how sure is that?", HELP)
frame.follow_runs(True)
run = frame.choose_run()
if run is None:
    st.stop()
table = service.store().table(run.id)
st.markdown(plain(answers.answer(table)))
frame.warn_of_failures(run)
measured = [metric for metric in METRICS if metric in set(table["metric"])]
found = standings(table, measured)
tables.leaderboard(found)
st.caption("◆ best, or not distinguishable from the best on these images. Raw rows: download from Runs.")
parts.show_splits(table)
st.subheader("One metric closer", anchor=False)
chosen = st.selectbox("Metric", measured, format_func=lambda name: METRICS[name].title, key="metric", bind="query-params", width=320)
one = [standing for standing in found if standing.metric == chosen]
st.caption(f"{METRICS[chosen].summary} {METRICS[chosen].misleads}")
st.plotly_chart(charts.intervals(one), key="leaderboard_intervals", alt=charts.intervals_alt(one), config={"displaylogo": False})
st.caption("Dot: mean over images. Line: 95 % interval. Filled: best, or not distinguishable from it.")
parts.show_agreement(run)
parts.show_conventions(table)
