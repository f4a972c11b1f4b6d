"""Compare's choices: an image from the gallery or an upload, a class, methods."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from heatcheck.answer import glossary
from heatcheck.attribution import METHODS, Method
from heatcheck.core.errors import BadImage
from heatcheck.drawing.labels import plural
from heatcheck.inputs import classifiers, image_sets, images
from heatcheck.inputs.catalogues import Catalogue
from heatcheck.inputs.decoding import NAMED
from heatcheck.inputs.image_sets import ImageSet
from heatcheck.runs.specs import STANDARD
from heatcheck.server import service
from heatcheck.ui.compare import gallery, links, sets
from heatcheck.ui.shared import address, parameters
from heatcheck.ui.shared.markdown import plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

PARAMETERS = "compare"  # before the keys of their widgets
LISTED = 500  # names at most in the selector
UPLOAD = "upload: "  # before the name of a file that somebody gave


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


def choose_classifier() -> str:
    """The classifier to look at."""
    choices = service.classifier_choices()
    asked = address.asked("classifier")
    if asked is not None and asked not in ("", *choices):
        address.refuse(
            "classifier", "classifier", asked, f"{classifiers.title_of(choices[0])} is shown."
        )
    if asked is not None:
        st.session_state["classifier"] = asked if asked in choices else choices[0]
    name: str = st.selectbox(
        "Classifier", choices, format_func=classifiers.title_of, key="classifier", width=220
    )
    address.say({"classifier": None if name == choices[0] else name})
    return name


def choose_image() -> Chosen | None:
    """The image to look at; None after a message where there is none that can be read."""
    offered = _offered()
    uploads: dict[str, bytes] = st.session_state.setdefault("compare_uploads", {})
    images_of = offered.found.images
    first = images_of[0].name if images_of else None
    if (asked := address.asked("image")) is not None:
        _show_asked(asked, offered, uploads, first)
    name = _select(offered, uploads)
    if name is not None:
        _say_image(name, first)
    gallery.offer()
    _upload(uploads)
    if name in uploads:
        bits, said = image_sets.alone(uploads[name], name)
        return Chosen(name, uploads[name], "", bits, said)
    image = offered.of(name) if name else None
    if image is None:
        return None
    try:
        return Chosen(image.name, image.encoded(), image.label, image.bits)
    except (BadImage, OSError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def _show_asked(
    asked: str, offered: Catalogue, uploads: Mapping[str, bytes], first: str | None
) -> None:
    """Turn to the image that the address asks for; to the first where it asks for none."""
    if asked in uploads or offered.of(asked) is not None:
        st.session_state["image"] = asked
        return
    if asked:
        address.refuse(
            "image",
            "image",
            asked,
            "Uploads stay in the browser that has them."
            if asked.startswith(UPLOAD)
            else "Choose one below.",
        )
    if first is not None:
        st.session_state["image"] = first


def _say_image(name: str, first: str | None) -> None:
    """The address names the image; another image that somebody has chosen has its own class."""
    by_hand = (address.said("image") or first) != name
    address.say(
        {
            "image": None if name == first else name,
            **(dict.fromkeys(("class", "second")) if by_hand else {}),
        }
    )


def _offered() -> Catalogue:
    try:
        with st.spinner("Reading the images …", show_time=True):
            return sets.catalogue(service.image_source())
    except (BadImage, OSError) as error:
        st.error(plain(str(error)))
        return Catalogue(ImageSet(()))


def _select(offered: Catalogue, uploads: Mapping[str, bytes]) -> str | None:
    """The name of the image, from a list; from a field where the list would be long, since all of
    it goes to the browser.
    """
    images = offered.found.images
    names = [*uploads, *offered.places]
    if len(images) <= LISTED:
        if st.session_state.get("image") not in names:  # its file has gone
            st.session_state.pop("image", None)
        listed: str | None = st.selectbox(
            "Image",
            names,
            key="image",
            label_visibility="collapsed",
            width=260,
            placeholder="Upload an image",
        )
        return listed
    st.session_state.setdefault("image", images[0].name)
    name = st.text_input(
        "Image",
        key="image",
        label_visibility="collapsed",
        width=260,
        placeholder="Name of an image",
    )
    if name in uploads or offered.of(name) is not None:
        return name
    if name:
        st.warning(
            f"No image is called “{plain(name[:80])}”. The first is shown; the gallery searches.",
            icon=":material/search_off:",
        )
    return images[0].name


def keep() -> None:
    """Keep what was chosen in Compare while another page is open, where its widgets are not."""
    own = ("class_", "compare_methods_", *(f"compare_{name}_" for name in METHODS))
    for key in list(st.session_state):
        if key in ("image", "classifier") or str(key).startswith(own):
            st.session_state[key] = st.session_state[key]


def _upload(uploads: dict[str, bytes]) -> None:
    """Take an upload. It stays in this browser session and is never written to disk."""
    with st.popover("Upload", icon=":material/upload:", width="content"):
        st.file_uploader(
            f"{NAMED}, at most 10 MB. Kept in memory for a while, never written to disk.",
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
        images.preview(encoded, sets.THUMBNAIL, file.name)
    except BadImage as error:
        st.session_state["compare_refusal"] = str(error)
        return
    name = f"{UPLOAD}{file.name}"
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


def choose_methods(classifier: str, why_not: dict[str, str]) -> list[str]:
    """The methods to show, in registry order, among those that can explain the classifier."""
    offered = [name for name in METHODS if name not in why_not]
    usual = [name for name in STANDARD if name in offered]
    key = f"compare_methods_{classifier}"
    if (asked := address.asked("methods")) is not None:
        found, refused = links.read(asked, offered) if asked else ([], [])
        if refused:
            address.refuse("methods", "method", refused[0], "What is known is shown.")
        parameters.put(found or [METHODS.build(name) for name in usual], PARAMETERS)
        st.session_state[key] = [method.name for method in found] or usual
    st.session_state.setdefault(key, usual)
    chosen = st.multiselect(
        "Methods",
        offered,
        format_func=lambda name: METHODS[name].title,
        key=key,
        wrap=True,
        help=f"Random, Edges and Centre Prior are controls. {glossary.line('control')}",
    )
    return [name for name in offered if name in chosen]


def choose_parameters(names: list[str], why_not: Mapping[str, str]) -> list[Method]:
    """The methods of those names, with the parameters that were chosen; the address names them."""
    methods = parameters.choose(names, PARAMETERS)
    usual = [METHODS.build(name) for name in STANDARD if name not in why_not]
    address.say({"methods": None if methods == usual else links.text_of(methods) or None})
    return methods


def show_why_not(why_not: dict[str, str]) -> None:
    """What cannot explain the classifier, each with its reason."""
    if why_not:
        listed = "".join(
            f"\n- {METHODS[name].title}: {plain(reason)}" for name, reason in why_not.items()
        )
        st.caption(f"{plural(len(why_not), 'method')} cannot explain this classifier.{listed}")
