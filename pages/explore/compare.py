"""Compare: one image, many methods side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from heatcheck.core.errors import HeatcheckError
from heatcheck.inputs import classifiers, images
from heatcheck.runs.cells import Cell, Subject
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.compare import choices, classes, newest, panels
from heatcheck.ui.shared import address, frame
from heatcheck.ui.shared.markdown import plain
from heatcheck.ui.shared.notes import show_notes

HELP = """
**Heatmaps.** Each panel shows where a method says the evidence for the class lies. Opacity, focus
and colours change the drawing, never a number. A click, or the key O, flips a panel to the
original. The cross stands at the same pixel in all panels: below it the map's value there, and the
share of pixels that the map ranks lower. Plus and minus zoom, a drag moves; arrows move the cross.

**Curves.** Move the scrubber, or press Play: each panel shows the picture that the model was given
at that share of the pixels, and what it answered.

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


def show(runs: Sequence[Run]) -> None:
    """The choices, the heatmaps, and below them what a run says of the methods."""
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    with bar:
        chosen = choices.choose_image()
        more = st.popover("Class and methods", icon=":material/checklist:", width="content")
    with more:
        name = choices.choose_classifier()
    choices.show_refusal()
    if chosen is None:
        st.info("Choose an image from the gallery, or upload one.", icon=":material/image:")
        return
    with choices.stage(name, chosen):
        try:
            with st.spinner(
                f"Loading {classifiers.title_of(name)} and asking what it sees …", show_time=True
            ):
                bench = service.workbench()
                into, names = replace(bench.frame(name), fit=service.fit()), bench.class_names(name)
                notes = bench.notes(name)
                picture = images.picture(chosen.encoded, into, chosen.name, chosen.bits)
                digest = images.digest(chosen.encoded)
                subject = Subject(name, picture, digest, fit=service.fit())
                why_not = bench.why_not(name, wait=True)
                prediction = bench.predict(choices.session(), subject)
        except HeatcheckError as error:
            st.error(plain(str(error)))
            return
        show_notes((*notes, *chosen.notes))
        label = classes.meant(chosen.label, names)
        with more:
            explained = classes.choose(prediction, names, subject)
            shown = choices.choose_methods(name, why_not)
            choices.show_why_not(why_not)
            classes.show_likely(prediction, names)
        with bar:
            methods = choices.choose_parameters(shown, why_not)
        classes.show_prediction(prediction, names, explained, label, chosen.label)
        if not methods:
            st.info("Choose at least one method.", icon=":material/checklist:")
            return
        cells = [
            Cell(subject, index, method, panels.metrics(), seed=0, interactive=True)
            for method in methods
            for index in explained
        ]
        panels.show(cells, choices.session(), prediction.output, chosen.name, names)
        newest.show(runs, name)


frame.follow_runs(False)
found = frame.opening("Which method points at the evidence?", HELP)
with address.one_step():
    show(found)
