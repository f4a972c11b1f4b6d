"""The laboratory: how four methods make their maps, on one picture and the chosen classifier. One
part at a time; what is not open computes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from heatcheck.attribution import METHODS
from heatcheck.core.errors import HeatcheckError
from heatcheck.drawing.labels import sureness
from heatcheck.inputs import classifiers, images
from heatcheck.runs.cells import Subject
from heatcheck.server import service
from heatcheck.ui.compare import choices
from heatcheck.ui.methods import grad_cam_parts, gradient_parts, lines
from heatcheck.ui.methods.specimen import Specimen
from heatcheck.ui.shared import address
from heatcheck.ui.shared.fragments import told
from heatcheck.ui.shared.markdown import plain

PARTS: dict[str, tuple[str, Callable[[Specimen], None]]] = {
    "vanilla_gradients": (lines.VANILLA, gradient_parts.show_readings),
    "integrated_gradients": (lines.INTEGRATED, gradient_parts.show_path),
    "smoothgrad": (lines.SMOOTHGRAD, gradient_parts.show_smoothing),
    "grad_cam": (lines.GRAD_CAM, grad_cam_parts.show),
}
COLUMN = 340  # pixels that a formula and its lines take; on narrower screens they stand below


def show() -> None:
    """The choice of classifier and picture, the choice of a method, and that method's part."""
    with address.one_step(), st.container(horizontal=True, vertical_alignment="bottom"):
        name = choices.choose_classifier()
        chosen = choices.choose_image()
    address.tell()
    choices.show_refusal()
    if chosen is None:
        st.info("Choose an image from the gallery, or upload one.", icon=":material/image:")
        return
    try:
        specimen = _specimen(name, chosen)
    except HeatcheckError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    part = st.segmented_control(
        "Method",
        list(PARTS),
        format_func=lambda method: METHODS[method].title,
        default=next(iter(PARTS)),
        key="part",
        bind="query-params",
        label_visibility="collapsed",
        required=True,
    )
    code, body = PARTS[part or next(iter(PARTS))]
    beside = st.grid(3, min_column_width=COLUMN, gap="medium")
    maps, about = beside.cell(column_span=2), beside.cell()
    with about:  # there to read while the maps are computed
        st.latex(METHODS[part].formula)
        st.code(code, language=None, wrap_lines=True)
    with maps:
        st.fragment(told(body))(specimen)


def _specimen(name: str, chosen: choices.Chosen) -> Specimen:
    """The picture as the classifier takes it, and the class that it sees; said beside it."""
    with st.spinner(
        f"Loading {classifiers.title_of(name)} and asking what it sees …", show_time=True
    ):
        bench = service.workbench()
        into, names = replace(bench.frame(name), fit=service.fit()), bench.class_names(name)
        picture = images.picture(chosen.encoded, into, chosen.name, chosen.bits)
        subject = Subject(name, picture, images.digest(chosen.encoded), fit=service.fit())
        prediction = bench.predict(choices.session(), subject)
    top = prediction.classes[0]
    sure = sureness(prediction.probabilities[0], prediction.output.unit)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(
            images.png(images.shown(picture)),
            width=96,
            output_format="PNG",
            alt=f"The picture {chosen.name} as the model takes it",
        )
        st.markdown(
            f"Explained: **{plain(names[top])}**{plain(sure)}, the class that "
            f"{plain(classifiers.title_of(name))} answers with. All that is said below is of this "
            "picture and this model.",
            width="content",
        )
    return Specimen(subject, top, prediction.output, images.shown(picture))
