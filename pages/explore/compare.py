"""Compare: one image, many methods side by side."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from heatcheck.core.errors import HeatcheckError
from heatcheck.inputs import classifiers, images
from heatcheck.runs.cells import Cell, Subject
from heatcheck.server import service
from heatcheck.ui.compare import choices, panels
from heatcheck.ui.shared import frame, parameters
from heatcheck.ui.shared.markdown import plain
from heatcheck.ui.shared.notes import show_notes

HELP = """
**Heatmaps.** Each panel shows where a method says the evidence for the class lies. Opacity and
focus change the drawing, never a number.

**Scores.** *Deletion* (lower is better): area under the class's probability while the pixels ranked
highest are removed.
*Insertion* (higher): the same while they are uncovered. Both are the mean over three covers: mean
colour, blur and black. *Placement gain* (higher): how much worse
deletion, and insertion, get when the same map is moved half a picture away; about zero means that
the places it names do not matter. *Fineness*
(lower is coarser): the share of the map in detail finer than four pixels. Curves are evaluated at
as many of 225 points as their areas take to be known to about 0.006.

**Controls** explain nothing. A method that does not beat them on many images has not earned its
place; one image proves nothing.
"""

frame.opening("Which method points at the evidence?", HELP)
frame.follow_runs(False)
with st.container(horizontal=True, vertical_alignment="bottom"):
    name = choices.choose_classifier()
    chosen = choices.choose_image()
choices.show_refusal()
if chosen is None:
    st.info("Choose an image from the gallery, or upload one.", icon=":material/image:")
    st.stop()
with choices.stage(name, chosen):
    try:
        with st.spinner(
            f"Loading {classifiers.title_of(name)} and asking what it sees …", show_time=True
        ):
            bench = service.workbench()
            into, names = replace(bench.frame(name), fit=service.fit()), bench.class_names(name)
            notes = bench.notes(name)
            picture = images.picture(chosen.encoded, into, chosen.name, chosen.bits)
            subject = Subject(name, picture, images.digest(chosen.encoded), fit=service.fit())
            why_not = bench.why_not(name, wait=True)
            prediction = bench.predict(choices.session(), subject)
    except HeatcheckError as error:
        st.error(plain(str(error)))
        st.stop()
    show_notes((*notes, *chosen.notes))
    label = choices.class_meant(chosen.label, names)
    seen, picks = st.columns([1, 1], gap="medium", wrap=True)
    with seen:
        choices.show_prediction(prediction, names, label, chosen.label)
    with picks:
        target = choices.choose_class(prediction, names, subject)
        shown = choices.choose_methods(name, why_not)
        with st.container(horizontal=True, vertical_alignment="center"):
            methods = parameters.choose(shown, "compare")
            choices.show_why_not(why_not)
    if not methods:
        st.info("Choose at least one method.", icon=":material/checklist:")
        st.stop()
    cells = [
        Cell(subject, target, method, panels.metrics(), seed=0, interactive=True)
        for method in methods
    ]
    panels.show(cells, subject.picture, choices.session(), prediction.output.unit)
