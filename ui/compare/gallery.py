"""Compare's gallery: the set's images as small pictures, a page at a time; looked for by name and
label, and by what a run knows of them.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from heatcheck.core.errors import BadImage
from heatcheck.drawing.labels import plural
from heatcheck.inputs.catalogues import Catalogue
from heatcheck.judgement.phrases import three_digits
from heatcheck.judgement.pictures import Known
from heatcheck.server import service
from heatcheck.ui.compare import filters, looking, sets, tiles
from heatcheck.ui.shared import frame
from heatcheck.ui.shared.fragments import told
from heatcheck.ui.shared.markdown import plain

PAGE = 24  # small pictures at once
DONE = "gallery_done"  # a picture is chosen: the page is drawn again, without the gallery
OPEN = "gallery_is_open"  # in which visit to the page


def offer() -> None:
    """A button that opens the gallery, and two to the image before and the next."""
    tiles.show_steps("compare_steps", _step)
    if st.button(
        _name(), icon=":material/grid_view:", key="gallery_open", on_click=_turn_to_the_chosen
    ):
        st.session_state[OPEN] = frame.visit()
    if st.session_state.get(OPEN) == frame.visit():  # a page that is drawn again closes none
        st.dialog("Choose an image", width="large", icon=":material/grid_view:", on_dismiss=_close)(
            told(_gallery)
        )()


def _close() -> None:
    st.session_state.pop(OPEN, None)


def _name() -> str:
    """What the button says: how many images the steps go through where they are not all."""
    catalogue = _catalogue()
    if catalogue is None or not filters.narrow():
        return "Gallery"
    measured = filters.measured_by(filters.classifier())
    listed = filters.listed(catalogue, measured)
    if len(listed) == len(catalogue.found.images):
        return "Gallery"
    return f"Gallery ({len(listed):,} of {filters.among(catalogue, measured):,})"


def _gallery() -> None:
    if st.session_state.pop(DONE, False):
        st.rerun()
    catalogue = _catalogue()
    if catalogue is None:
        st.caption("There is no image to choose from.")
        return
    measured = filters.measured_by(filters.classifier())
    filters.choose(catalogue, measured)
    for sentence in catalogue.found.notes:
        st.caption(f":material/info: {plain(sentence)}")
    places = filters.listed(catalogue, measured)
    counted = filters.counted(len(places), catalogue, measured)
    if not places:
        st.info(f"No image is like this: {counted}.", icon=":material/search_off:")
        filters.offer_all()
        return
    number = _choose_page(len(places), counted)
    _show(catalogue, places[PAGE * (number - 1) : PAGE * number], measured)


def _catalogue() -> Catalogue | None:
    try:
        return sets.catalogue(service.image_source())
    except (BadImage, OSError):
        return None  # said where the image is chosen


# -- a page of it ----------------------------------------------------------------------------------


def _choose_page(found: int, counted: str) -> int:
    pages = -(-found // PAGE)
    st.session_state[filters.PAGE_NUMBER] = min(
        max(1, st.session_state.get(filters.PAGE_NUMBER, 1)), pages
    )
    number: int = st.session_state[filters.PAGE_NUMBER]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{counted}**", width="content")
        filters.offer_all()
        st.space("stretch")
        if pages > 1:
            st.button(
                "Previous",
                icon=":material/chevron_left:",
                disabled=number == 1,
                key="gallery_before",
                on_click=_turn,
                args=(-1,),
            )
            st.number_input(
                "Page", 1, pages, key=filters.PAGE_NUMBER, label_visibility="collapsed", width=110
            )
            st.markdown(f"of {pages:,}", width="content")
            st.button(
                "Next",
                icon=":material/chevron_right:",
                disabled=number == pages,
                key="gallery_next",
                on_click=_turn,
                args=(1,),
            )
    return number


def _show(catalogue: Catalogue, places: list[int], measured: filters.Measured | None) -> None:
    titles, known = filters.titles_of(catalogue), measured.known if measured else {}
    chosen = st.session_state.get("image")
    shown = []
    for place in places:
        image = catalogue.found.images[place]
        note, good = _note(known.get(image.name))
        label = titles.get(image.label, image.label)
        picture = sets.thumbnail(image)
        shown.append(tiles.Tile(image.name, label, note, good, picture, image.name == chosen))
    if gone := [tile.name for tile in shown if tile.picture is None]:
        st.caption(
            f":material/hide_image: {plural(len(gone), 'image')} cannot be read any more: "
            f"{plain(', '.join(gone))}. Has a file been moved or deleted?"
        )
    tiles.show(shown, "gallery_tiles", _choose)


def _note(known: Known | None) -> tuple[str, Any]:
    """What a run says of a picture, in a line; and whether it is good."""
    if known is None:
        return "", ""
    if st.session_state.get(filters.ORDER) == looking.SPREAD:
        return ("" if known.spread is None else f"differ by {three_digits(known.spread)}"), ""
    share = "" if known.probability is None else f" {three_digits(known.probability)}"
    if known.right is None:
        return f"{known.answer}{share}", ""
    return (f"right{share}", "right") if known.right else (f"wrong: {known.answer}", "wrong")


# -- what a click does -----------------------------------------------------------------------------


def _choose(name: str) -> None:
    catalogue = _catalogue()
    if catalogue is not None and catalogue.of(name) is not None:
        st.session_state["image"] = name
        st.session_state[DONE] = True
        _close()


def _step(by: int) -> None:
    """To the next image of those that the gallery lists."""
    catalogue = _catalogue()
    if catalogue is None:
        return
    places = filters.listed(catalogue, filters.measured_by(filters.classifier()))
    now = catalogue.places.get(st.session_state.get("image", ""))
    place = looking.stepped(places, now, by)
    if place is not None:
        st.session_state["image"] = catalogue.found.images[place].name


def _turn(by: int) -> None:
    st.session_state[filters.PAGE_NUMBER] += by


def _turn_to_the_chosen() -> None:
    """The gallery opens where the chosen image is, if it lists it."""
    catalogue = _catalogue()
    if catalogue is None:
        return
    place = catalogue.places.get(st.session_state.get("image", ""))
    places = filters.listed(catalogue, filters.measured_by(filters.classifier()))
    if place in places:
        st.session_state[filters.PAGE_NUMBER] = 1 + places.index(place) // PAGE
