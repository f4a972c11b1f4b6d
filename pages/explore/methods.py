"""Methods: what each computes, where it comes from, what its parameters do."""

from __future__ import annotations

import streamlit as st

from heatcheck.attribution import METHODS
from heatcheck.metrics import METRICS
from heatcheck.ui.methods import cards, laboratory, terms
from heatcheck.ui.shared import frame

HELP = """
Every method makes one number a pixel from a picture and a class. The formula is the published one;
the parameters are the ones a run records. *Signed* maps also say what speaks against the class.
*Controls* explain nothing and stand in every table. The metrics that score the methods are under
the second tab, and the words that pages and reports use under the third. The *laboratory* takes
four methods apart on one picture: it computes what is opened, and says what it found there.
"""

frame.opening("What does each method compute?", HELP)
frame.follow_runs(False)
methods, metrics, words, laboratory_tab = st.tabs(
    [f"Methods ({len(METHODS)})", f"Metrics ({len(METRICS)})", "Glossary", "Laboratory"],
    key="tab",
    on_change="rerun",
    bind="query-params",
)
with methods:
    for method in METHODS.values():
        cards.show_method(method)
with metrics:
    for metric in METRICS.values():
        cards.show_metric(metric)
with words:
    terms.show()
if laboratory_tab.open:
    with laboratory_tab:
        laboratory.show()
