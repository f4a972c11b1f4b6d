"""Strengths and limitations: the textbook's claims beside what a run measured."""

from __future__ import annotations

import streamlit as st

from heatcheck.drawing.labels import run_line
from heatcheck.inputs import classifiers
from heatcheck.judgement.claims import CLAIMS, cards
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import countable, judge, judge_tables
from heatcheck.server import service
from heatcheck.ui.shared import frame
from heatcheck.ui.strengths import claims

HELP = """
On the left a claim as the textbook makes it, on the right what the chosen run measured: the value,
its 95 % interval over images (those of one sample together), and the mark. **Confirmed** and
**refuted** mean that the mean lies beyond the threshold, with p at most 0.05 after Holm's
correction over all claims of the table that images decide; **undecided** means that it could be on
either side. The interval is not corrected. Ratios are geometric means over images. Time is decided
by **counted passes** and some claims by an **experiment**, which have an answer and no interval. A
claim about gradient methods is put to each of them in the run; where some are confirmed and others
refuted it is **mixed**. A method that is the unit of its own comparison is not tested. What two
claims ask of one method counts once. No mark is written by hand. Thresholds can be moved; the page
then says which verdicts change.
"""

runs = frame.opening("Do the textbook's strengths and limitations hold here?", HELP)
frame.follow_runs(True)
run = frame.choose_run(runs, narrow=True)
if run is None:
    st.stop()
store = service.store()
scores, findings = Scores(store.results.table(run.id)), store.results.findings(run.id)
moved = claims.choose_thresholds()
verdicts, asked_of_all = judge_tables(scores, findings, (CLAIMS, cards(scores.methods)), moved)
st.markdown(f"Of {len(countable(verdicts))} claims put to the test: {claims.counted(verdicts)}.")
if moved:
    claims.show_flips(judge(scores, findings), verdicts, moved)
frame.warn_of_failures(run)
for kind, title in (
    ("comparison", "Method comparison"),
    ("strength", "Strengths"),
    ("limitation", "Limitations"),
):
    st.subheader(title, anchor=False)
    for verdict in (verdict for verdict in verdicts if verdict.claim.kind == kind):
        claims.show(verdict, run)

st.subheader("Which method should I use?", anchor=False)
claims.show_advice(scores, findings)

st.subheader("Each method, asked the same", anchor=False)
st.caption(
    "The textbook's questions, put to every method of the run. Holm's correction runs "
    "over all cards together."
)
claims.show_cards(asked_of_all)

others = [other for other in runs if other.done and other.id != run.id]
if others:
    st.subheader("Beside another run", anchor=False)
    by_id = {other.id: other for other in others}
    chosen = st.selectbox(
        "Other run",
        list(by_id),
        index=None,
        key="beside",
        placeholder="Choose a run to hold against this one",
        format_func=lambda one: run_line(
            by_id[one], classifiers.title_of(by_id[one].spec.classifier)
        ),
    )
    if chosen:
        other = by_id[chosen]
        there = judge(
            Scores(store.results.table(other.id)), store.results.findings(other.id), moved=moved
        )
        names = tuple(
            f"{classifiers.title_of(one.spec.classifier)} {one.id[:6]}" for one in (run, other)
        )
        claims.show_beside(
            verdicts,
            there,
            (names[0], names[1]),
            run.spec.classifier == other.spec.classifier,
            moved,
        )
