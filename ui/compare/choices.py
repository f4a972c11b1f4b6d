"""Compare's choices: an image from the gallery or an upload, a class, methods."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from heatcheck.answer import glossary
from heatcheck.attribution import METHODS, Output
from heatcheck.core.errors import BadImage
from heatcheck.drawing.labels import plural, sureness
from heatcheck.inputs import classifiers, image_sets, images
from heatcheck.inputs.decoding import NAMED
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.inputs.images import Image
from heatcheck.inputs.labels import matched
from heatcheck.judgement.phrases import three_digits
from heatcheck.runs.cells import Prediction, Subject
from heatcheck.runs.specs import STANDARD
from heatcheck.server import service
from heatcheck.ui.shared.markdown import plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

GALLERY = 60  # thumbnails at most; the selector reaches the others
THUMBNAIL = 96
GALLERY_WIDTH = 640
ROW = 28  # pixels of a row of the classes: the heatmaps below are to be on the first screen


@dataclass(frozen=True)
class Chosen:
    """An image somebody chose: its bytes, its label as given, and the depth of its set; that of
    its own where it was uploaded.
    """

    name: str
    encoded: bytes
    label: str
    bits: int = 0
    notes: tuple[str, ...] = ()  # what was done to an upload


@st.cache_data(ttl=30, show_spinner=False)
def image_set(source: str) -> ImageSet:
    """The set; a new file in the folder shows within half a minute."""
    return image_sets.read(source)


def gallery(source: str) -> list[Image]:
    """The images of the set."""
    return list(image_set(source).images)


@st.cache_data(max_entries=1024, show_spinner=False)
def thumbnail(path: bytes, changed: float, bits: int = 0) -> bytes | None:
    """A small square of a file, as PNG; None where it is not an image we take."""
    try:
        with Path(os.fsdecode(path)).open("rb") as file:
            square = images.preview(file.read(images.MAX_BYTES + 1), THUMBNAIL, bits=bits)
    except (BadImage, OSError):
        return None
    return images.png(square)


def choose_classifier() -> str:
    """The classifier to look at."""
    choices = service.classifier_choices()
    name: str = st.selectbox(
        "Classifier",
        choices,
        format_func=classifiers.title_of,
        key="classifier",
        bind="query-params",
        width=220,
    )
    return name


def choose_image() -> Chosen | None:
    """The image to look at; None after a message where there is none that can be read."""
    source = service.image_source()
    try:
        offered = gallery(source)
    except (BadImage, OSError) as error:
        st.error(plain(str(error)))
        offered = []
    uploads: dict[str, bytes] = st.session_state.setdefault("compare_uploads", {})
    name = st.selectbox(
        "Image",
        [*uploads, *(image.name for image in offered)],
        key="image",
        bind="query-params",
        width=260,
        placeholder="Upload an image",
    )
    _gallery(offered)
    _upload(uploads)
    if name in uploads:
        bits, said = image_sets.alone(uploads[name], name)
        return Chosen(name, uploads[name], "", bits, said)
    image = next((image for image in offered if image.name == name), None)
    if image is None:
        return None
    try:
        return Chosen(image.name, image.encoded(), image.label, image.bits)
    except (BadImage, OSError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def class_meant(label: str, names: tuple[str, ...]) -> int | None:
    """The class index that an image's label means beside the other labels of its set; None where it
    has none, or means none.
    """
    if not label:
        return None
    labels = (image.label for image in gallery(service.image_source()))
    return matched(labels, names).of(label)


def _gallery(offered: list[Image]) -> None:
    with st.popover("Gallery", icon=":material/grid_view:", width="content"):
        for sentence in image_set(service.image_source()).notes if offered else ():
            st.caption(f":material/info: {plain(sentence)}")
        if len(offered) > GALLERY:
            st.caption(
                f"The first {GALLERY} of {len(offered)} images; the selector reaches the others."
            )
        stamps = {image: _stamp(image) for image in offered[:GALLERY]}
        if gone := [image.name for image, stamp in stamps.items() if stamp is None]:
            st.caption(
                f":material/hide_image: {plural(len(gone), 'image')} cannot be read any more: "
                f"{plain(', '.join(gone))}. Has a file been moved or deleted?"
            )
        with st.grid(5, min_column_width=100, gap="small", width=GALLERY_WIDTH):
            for place, (image, stamp) in enumerate(stamps.items()):
                if stamp is not None:
                    with st.container(gap="xxsmall"):
                        _offer(image, stamp, f"gallery_{place}")


def _stamp(image: Image) -> float | None:
    """When the file changed last; None where it is no longer there."""
    try:
        return image.path.stat().st_mtime
    except OSError:
        return None


def _offer(image: Image, stamp: float, key: str) -> None:
    small = thumbnail(os.fsencode(image.path), stamp, image.bits)
    if small:
        st.image(small, width="stretch", output_format="PNG", alt=f"Thumbnail of {image.name}")
    st.button(
        plain(image.name),
        key=key,
        width="stretch",
        on_click=_choose,
        args=(image.name,),
        disabled=small is None,
    )


def _choose(name: str) -> None:
    st.session_state["image"] = name


def _upload(uploads: dict[str, bytes]) -> None:
    """Take an upload. It stays in this browser session and is never written to disk."""
    with st.popover("Upload", icon=":material/upload:", width="content"):
        st.file_uploader(
            f"{NAMED}, at most 10 MB. It stays in this browser session.",
            type=[suffix[1:] for suffix in images.SUFFIXES],
            key="compare_file",
            on_change=_take_upload,
        )
        show_refusal()  # the popover lies over the page's own


def _take_upload() -> None:
    file = st.session_state["compare_file"]
    uploads: dict[str, bytes] = st.session_state["compare_uploads"]
    st.session_state["compare_refusal"] = None
    if file is None:
        return
    encoded = file.getvalue()
    try:
        images.preview(encoded, THUMBNAIL, file.name)
    except BadImage as error:
        st.session_state["compare_refusal"] = str(error)
        return
    name = f"upload: {file.name}"
    uploads[name] = encoded
    while len(uploads) > 8:
        del uploads[next(iter(uploads))]
    st.session_state["image"] = name


def show_refusal() -> None:
    """Why the last upload was not taken, until the next one."""
    if refusal := st.session_state.get("compare_refusal"):
        st.error(plain(refusal), icon=":material/error:")


def stage(classifier: str, chosen: Chosen) -> DeltaGenerator:
    """Where the answers about an image stand; empty at once where another image stood there
    before, so that no heatmap is seen under an image that it is not of.
    """
    shown = (classifier, images.digest(chosen.encoded), chosen.bits, service.fit())
    if st.session_state.get("compare_stage") == shown:
        return st.container()
    st.session_state["compare_stage"] = shown
    return st.empty().container()


def session() -> str:
    """A word for this browser session."""
    word: str = st.session_state.setdefault("compare_session", uuid.uuid4().hex)
    return word


def show_prediction(
    prediction: Prediction, names: tuple[str, ...], label: int | None, given: str
) -> None:
    """What the model sees, the label, and whether the two agree."""
    top = prediction.classes[0]
    verdict = (
        f"Label: **{plain(names[label] if label is not None else given)}**"
        if given
        else "No label is known for this image."
    )
    if label is not None and prediction.output.exclusive:
        place = prediction.classes.index(label) + 1 if label in prediction.classes else None
        if label == top:
            verdict += " :green-badge[:material/check: the model is right]"
        else:
            verdict += (
                " :red-badge[:material/close: the model is "
                f"wrong{f': the label is number {place} of its guesses' if place else ''}]"
            )
    sees = "gives most to" if prediction.output is Output.SCORE else "sees"
    st.markdown(f"The model {sees} **{plain(names[top])}**. {verdict}")
    if prediction.reading:
        st.caption(f"Its outputs are read as {prediction.reading}.")
    st.dataframe(
        {
            "Class": [names[index] for index in prediction.classes],
            **_shares(prediction),
        },
        column_config={
            "Probability": st.column_config.ProgressColumn(
                format="%.1f %%", min_value=0, max_value=100
            ),
            "Output": st.column_config.TextColumn(alignment="right"),
        },
        hide_index=True,
        height="content",
        row_height=ROW,
        alt=f"The {len(prediction.classes)} most probable classes",
    )


def _shares(prediction: Prediction) -> dict[str, list[float] | list[str]]:
    """What the model gives each class: a probability, or a plain score."""
    if prediction.output is Output.SCORE:
        return {"Output": [three_digits(score) for score in prediction.probabilities]}
    return {"Probability": [100 * share for share in prediction.probabilities]}


def choose_class(prediction: Prediction, names: tuple[str, ...], subject: Subject) -> int:
    """The class to explain: the model's top class unless a person picks another."""
    likely = dict(zip(prediction.classes, prediction.probabilities, strict=True))
    others = [index for index in range(len(names)) if index not in likely]

    def option(index: int) -> str:
        return f"{names[index]}{sureness(likely.get(index), prediction.output.unit)}"

    chosen: int = st.selectbox(
        "Explain the class",
        [*prediction.classes, *others],
        format_func=option,
        key=f"class_{subject.classifier}_{subject.image_digest[:12]}",
        help=glossary.line("explained class"),
    )
    return chosen


def choose_methods(classifier: str, why_not: dict[str, str]) -> list[str]:
    """The methods to show, in registry order, among those that can explain the classifier."""
    offered = [name for name in METHODS if name not in why_not]
    chosen = st.multiselect(
        "Methods",
        offered,
        default=[name for name in STANDARD if name in offered],
        format_func=lambda name: METHODS[name].title,
        key=f"compare_methods_{classifier}",
        wrap=True,
        help=f"Random, Edges and Centre Prior are controls. {glossary.line('control')}",
    )
    return [name for name in offered if name in chosen]


def show_why_not(why_not: dict[str, str]) -> None:
    """What cannot explain the classifier, each with its reason, one click away."""
    if why_not:
        with st.popover(
            f"{plural(len(why_not), 'method')} left out",
            icon=":material/block:",
            type="tertiary",
            width="content",
        ):
            listed = "".join(
                f"\n- {METHODS[name].title}: {plain(reason)}" for name, reason in why_not.items()
            )
            st.caption(f"{plural(len(why_not), 'method')} cannot explain this classifier.{listed}")
