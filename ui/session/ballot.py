"""A reviewer's side of a session: the image, two maps without names, one key an answer."""

from __future__ import annotations

from typing import cast

import streamlit as st

from heatcheck.core.errors import HeatcheckError
from heatcheck.drawing import maps
from heatcheck.drawing.labels import plural
from heatcheck.inputs.images import from_png
from heatcheck.review.store import LONGEST, Item, Seat
from heatcheck.review.tally import Choice
from heatcheck.runs.cells import pixel_places
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.session import results, seats
from heatcheck.ui.shared.markdown import plain

# choice, words, key as Streamlit names it, icon
ANSWERS: tuple[tuple[Choice, str, str, str | None], ...] = (
    ("left", "Left", "Left", None),
    ("tie", "Both alike", "t", ":material/drag_handle:"),
    ("neither", "Neither", "n", ":material/block:"),
    ("right", "Right", "Right", None),
)
SAID = {"left": "left", "right": "right", "tie": "both alike", "neither": "neither"}
OPACITY, FOCUS = 60, 70  # per cent
REFRESH = 4.0  # seconds between two looks at whether the names are out
PICTURE = 210  # pixels at least: three in a row at 800


def show(seat: Seat) -> None:
    """The next item; what has come of it once the names are revealed."""
    if told := st.session_state.pop("session_told", None):
        st.error(plain(told), icon=":material/error:")
    if seat.session.state != "voting":
        results.show(seat)
        return
    items = seats.reviews().ballot(seats.token())
    answered = sum(bool(item.choice) for item in items)
    place = _place(seat, items)
    st.progress(
        answered / len(items),
        text=f"{plain(seat.session.title)} · {plain(seat.name)} · {answered} of {len(items)} "
        "answered, each saved at once",
    )
    if place is None:
        _all_done(seat, items)
    else:
        _ask(seat, items, items[place])


def _place(seat: Seat, items: list[Item]) -> int | None:
    """The item in sight: the one that was gone to, else the first without an answer; None where all
    have one.
    """
    wanted: int | None = st.session_state.get(_key(seat))
    if wanted is not None and 0 <= wanted < len(items):
        return wanted
    return next((item.place for item in items if not item.choice), None)


def _key(seat: Seat) -> str:
    return f"session_place_{seat.id}"


def _go(seat: Seat, place: int | None) -> None:
    st.session_state[_key(seat)] = place


def _all_done(seat: Seat, items: list[Item]) -> None:
    st.success(f"All {plural(len(items), 'pair')} answered. Thank you.", icon=":material/task_alt:")
    st.markdown(
        "The host reveals the names and writes the decision; both then appear under this "
        "address. Until then you may change answers."
    )
    st.fragment(_wait_for_reveal, run_every=REFRESH)(seats.token())
    st.button("Go through them again", icon=":material/undo:", on_click=_go, args=(seat, 0))


def _wait_for_reveal(token: str) -> None:
    """Draw the page again once the host has ended the voting."""
    if seats.reviews().seat(token).session.state != "voting":
        st.rerun()


def _ask(seat: Seat, items: list[Item], item: Item) -> None:
    run = service.store().runs.get(seat.session.run)
    seen = next(
        image for image in service.store().results.images(run.id) if image.name == item.pair.image
    )
    sure = f" ({100 * seen.probability:.1f} %)" if seen.probability is not None else ""
    opacity, focus = (
        st.session_state.get("session_opacity", OPACITY) / 100,
        st.session_state.get("session_focus", FOCUS) / 100,
    )
    shown = [
        ("The picture", seen.picture or maps.empty(224), "The picture as the classifier sees it")
    ]
    for side, method in (("Left", item.pair.left), ("Right", item.pair.right)):
        shown.append(
            (
                side,
                _drawn(run.id, item.pair.image, method, opacity, focus),
                f"The {side.lower()} heatmap",
            )
        )
    # The buttons of the pair before go first, then the pictures change, then the new buttons come:
    # a key never answers another pair than the one in sight.
    pictures, answers = st.container(), st.empty()
    with pictures:
        st.markdown(
            f"**Pair {item.place + 1} of {len(items)}** · The model sees "
            f"**{plain(seen.target_name)}**{sure}"
        )
        _view()
        with st.grid(3, min_column_width=PICTURE, gap="small"):
            for title, picture, alt in shown:
                with st.container(gap="xxsmall"):
                    st.markdown(f"**{title}**")
                    st.image(picture, width="stretch", output_format="PNG", alt=alt)
    with answers.container():
        _answers(seat, items, item)


def _answers(seat: Seat, items: list[Item], item: Item) -> None:
    with st.container(horizontal=True, horizontal_alignment="center"):
        for choice, words, shortcut, icon in ANSWERS:
            st.button(
                words,
                key=f"session_{choice}_{item.id}",
                icon=icon,
                shortcut=shortcut,
                width=170,
                type="primary" if item.choice == choice else "secondary",
                on_click=_vote,
                args=(seat, item, choice, len(items)),
            )
    st.text_input(
        "Note, if you like",
        value=item.note,
        key=f"session_note_{item.id}",
        max_chars=LONGEST["note"],
        on_change=_note,
        args=(item,),
        placeholder="What made you decide? Saved when you leave the field.",
    )
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.button(
            "Pair before",
            key=f"session_before_{item.id}",
            icon=":material/chevron_left:",
            type="tertiary",
            disabled=item.place == 0,
            on_click=_go,
            args=(seat, item.place - 1),
        )
        st.caption(
            f"Your answer: **{SAID[item.choice]}**. Another replaces it."
            if item.choice
            else "Not answered yet.",
            width="content",
        )
        last = item.place + 1 == len(items)
        st.button(
            "Next open pair" if last else "Next pair",
            key=f"session_next_{item.id}",
            icon=":material/chevron_right:",
            icon_position="right",
            type="tertiary",
            on_click=_go,
            args=(seat, None if last else item.place + 1),
        )


def _vote(seat: Seat, item: Item, choice: Choice, total: int) -> None:
    """Save, then go on: to the pair after this one, at the end to what is still open."""
    try:
        seats.reviews().cast(seats.token(), item.id, choice)
    except HeatcheckError as error:
        st.session_state["session_told"] = str(error)
        return
    _go(seat, item.place + 1 if item.place + 1 < total else None)


def _note(item: Item) -> None:
    try:
        seats.reviews().write_note(
            seats.token(), item.id, cast(str, st.session_state[f"session_note_{item.id}"])
        )
    except HeatcheckError as error:
        st.session_state["session_told"] = str(error)


def _view() -> None:
    """Opacity and focus, the same for both maps, and the legend."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("How the maps are drawn", icon=":material/tune:", type="tertiary"):
            st.slider("Opacity", 0, 100, OPACITY, format="%d %%", key="session_opacity")
            st.slider(
                "Focus intensity",
                0,
                99,
                FOCUS,
                format="%d %%",
                key="session_focus",
                help="At 70 % only the strongest 30 % of a map's pixels are coloured; "
                "elsewhere the picture shows.",
            )
        st.caption("High", width="content")
        st.image(
            maps.legend("Inferno", width=160),
            width=160,
            output_format="PNG",
            alt="Colour legend from high to low activation",
        )
        st.caption("Low activation (scale per map)", width="content")


@st.cache_data(max_entries=256, show_spinner=False)
def _drawn(run: str, image: str, method: str, opacity: float, focus: float) -> bytes:
    known: Run = service.store().runs.get(run)
    heat = service.store().results.map(run, image, method)
    seen = next(one for one in service.store().results.images(run) if one.name == image)
    if heat is None or seen.picture is None:
        return maps.empty(224)
    digest = next(one.digest for one in known.spec.images if one.name == image)
    places = pixel_places(heat, known.spec.keyed[method], digest, known.spec.seed)
    return maps.overlay(
        from_png(seen.picture), heat, places, opacity=opacity, focus=focus, colour_map="Inferno"
    )
