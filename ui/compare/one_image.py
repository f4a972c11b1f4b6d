"""One image: what is chosen, its heatmaps with their scores, and what a run says of the methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from heatcheck.attribution import Output
from heatcheck.core.errors import HeatcheckError
from heatcheck.inputs import classifiers, images
from heatcheck.runs.cells import Cell, Subject
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.compare import choices, classes, newest, panels
from heatcheck.ui.shared import address
from heatcheck.ui.shared.markdown import plain
from heatcheck.ui.shared.notes import show_notes

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator


@dataclass(frozen=True)
class Asked:
    """What is shown of an image: its cells, where they stand, and what they are of."""

    stage: DeltaGenerator
    cells: Sequence[Cell]
    output: Output
    image: str
    names: tuple[str, ...]  # of the classes
    classifier: str


def show(runs: Sequence[Run]) -> None:
    """The choices, the heatmaps, and below them what a run says of the methods."""
    asked = _asked()
    if asked is None:
        return
    with asked.stage:
        panels.show(asked.cells, choices.session(), asked.output, asked.image, asked.names)
        newest.show(runs, asked.classifier)


def _asked() -> Asked | None:
    """What somebody chose; None after a message where there is nothing to show of it."""
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    with address.one_step():  # before anything that takes time, in which somebody may choose again
        with bar:
            chosen = choices.choose_image()
            more = st.popover("Class and methods", icon=":material/checklist:", width="content")
        with more:
            name = choices.choose_classifier()
    address.tell()
    choices.show_refusal()
    if chosen is None:
        st.info("Choose an image from the gallery, or upload one.", icon=":material/image:")
        return None
    stage = choices.stage(name, chosen)
    with stage:
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
            return None
        show_notes((*notes, *chosen.notes))
        label = classes.meant(chosen.label, names)
        with address.one_step():  # before the viewer adds its view
            with more:
                explained = classes.choose(prediction, names, subject)
                shown = choices.choose_methods(name, why_not)
                choices.show_why_not(why_not)
                classes.show_likely(prediction, names)
            with bar:
                methods = choices.choose_parameters(shown, why_not)
        address.tell()
        classes.show_prediction(prediction, names, explained, label, chosen.label)
        if not methods:
            st.info("Choose at least one method.", icon=":material/checklist:")
            return None
    cells = [
        Cell(subject, index, method, panels.metrics(), seed=0, interactive=True)
        for method in methods
        for index in explained
    ]
    return Asked(stage, cells, prediction.output, chosen.name, names, name)
