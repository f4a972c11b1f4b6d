"""One image: what is chosen, its heatmaps with their scores, and what a run says of the methods."""

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
from heatcheck.ui.shared.markdown import plain
from heatcheck.ui.shared.notes import show_notes


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
