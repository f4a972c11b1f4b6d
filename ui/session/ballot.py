"""A reviewer's side of a session: the image, two maps without names, one key an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import streamlit as st

from heatcheck.core.errors import HeatcheckError, NotInSight
from heatcheck.drawing import layers
from heatcheck.drawing.flat import flat
from heatcheck.drawing.labels import plural, sureness
from heatcheck.inputs.images import from_png
from heatcheck.review.ballots import Item
from heatcheck.review.store import Seat
from heatcheck.review.tally import Choice
from heatcheck.review.texts import LONGEST
from heatcheck.runs.cells import pixel_places
from heatcheck.runs.results import SeenImage
from heatcheck.server import service
from heatcheck.ui.session import seats, tallies
from heatcheck.ui.shared.fragments import told
from heatcheck.ui.shared.markdown import plain
from heatcheck.ui.viewer import blind
from heatcheck.ui.viewer.blind import Blind

# choice, words, key as Streamlit names it, icon
ANSWERS: tuple[tuple[Choice, str, str, str | None], ...] = (
    ("left", "Left", "Left", None),
    ("tie", "Both alike", "t", ":material/drag_handle:"),
    ("neither", "Neither", "n", ":material/block:"),
    ("right", "Right", "Right", None),
)
WORDS = {"left": "left", "right": "right", "tie": "both alike", "neither": "neither"}
REFRESH = 4.0  # seconds between two looks at whether the names are out
EMPTY = 224  # pixels a side, of a picture that is not kept


def show(seat: Seat) -> None:
    """The pair in sight; what has come of the session once the names are revealed."""
    refusal, early = (st.session_state.pop(key, None) for key in ("session_told", "session_early"))
    if refusal:
        st.error(plain(refusal), icon=":material/error:")
    if seat.session.state != "voting":
        tallies.show(seat)
        return
    items = seats.reviews().ballot(seats.token())
    answered = sum(bool(item.choice) for item in items)
    st.progress(
        answered / len(items),
        text=f"{plain(seat.session.title)} · {plain(seat.name)} · {answered} of {len(items)} "
        "answered, each saved at once",
    )
    item = next((item for item in items if item.in_sight), None)
    if item is None:
        _all_done(items)
    else:
        _ask(seat, items, item, bool(early))


def _turn_to(item: str | None) -> None:
    """Bring a pair in sight; None: the first that is open."""
    _change(lambda: seats.reviews().turn_to(seats.token(), item))


def _all_done(items: list[Item]) -> None:
    st.success(f"All {plural(len(items), 'pair')} answered. Thank you.", icon=":material/task_alt:")
    st.markdown(
        "The host reveals the names and writes the decision; both then appear under this "
        "address. Until then you may change answers."
    )
    st.fragment(told(_wait_for_reveal), run_every=REFRESH)(seats.token())
    st.button(
        "Go through them again", icon=":material/undo:", on_click=_turn_to, args=(items[0].id,)
    )


def _wait_for_reveal(token: str) -> None:
    """Draw the page again once the host has ended the voting, or deleted the session."""
    if seats.state(token) != "voting":
        st.rerun()


def _ask(seat: Seat, items: list[Item], item: Item, early: bool) -> None:
    run = seat.session.run
    seen = service.store().results.image(run, item.pair.image)
    if seen is None:
        st.error("This picture is no longer in the store. Ask the host to delete the session.")
        return
    unit = service.store().runs.get(run).output.unit
    sure = sureness(seen.probability, unit)
    # The buttons of the pair before go first, then the pictures change, then the new buttons come.
    # A key that still meets an old button is refused by the store: its pair is not in sight. Until
    # the browser says that the pair is drawn, the new buttons take no key, click or touch.
    pictures, answers = st.container(), st.empty()
    with pictures:
        sees = "The model sees" if seen.target == seen.answer else "Explained:"
        st.markdown(
            f"**Pair {item.place + 1} of {len(items)}** · {sees} "
            f"**{plain(seen.target_name)}**{sure}"
        )
        pair = _pair(run, item, seen)
        drawn = blind.show(pair, "session_pair")
        if not pair.whole:
            _tell_gone(items, item)
    with answers.container():
        if pair.whole:
            _answers(item, drawn)
        _ways(items, item, early)
        if pair.whole:
            _note_field(item)


def _tell_gone(items: list[Item], item: Item) -> None:
    """A pair that takes no answer; where it is the last that is open, the reviewer is done."""
    last = all(other.choice for other in items if other.id != item.id)
    st.warning(
        "The picture or a heatmap of this pair is no longer kept, so it takes no answer. "
        + (
            "All other pairs are answered: thank you. What comes of the session will appear here."
            if last
            else "Go on with the next pair."
        ),
        icon=":material/image_not_supported:",
    )
    if last:
        st.fragment(told(_wait_for_reveal), run_every=REFRESH)(seats.token())


def _answers(item: Item, drawn: bool) -> None:
    with st.container(horizontal=True, horizontal_alignment="center"):
        for choice, words, shortcut, icon in ANSWERS:
            st.button(
                words,
                key=f"session_{choice}_{item.id}",
                icon=icon,
                shortcut=shortcut,
                width=170,
                type="primary" if item.choice == choice else "secondary",
                disabled=not drawn,
                on_click=_vote,
                args=(item, choice),
            )


def _ways(items: list[Item], item: Item, early: bool) -> None:
    """To the pair before and the next, and what is saved."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        before = items[item.place - 1] if item.place else None
        st.button(
            "Pair before",
            key=f"session_before_{item.id}",
            icon=":material/chevron_left:",
            type="tertiary",
            disabled=before is None,
            on_click=_turn_to,
            args=(before.id if before else None,),
        )
        st.caption(_saved(item, before, early), width="content")
        after = items[item.place + 1] if item.place + 1 < len(items) else None
        st.button(
            "Next pair" if after else "Next open pair",
            key=f"session_next_{item.id}",
            icon=":material/chevron_right:",
            icon_position="right",
            type="tertiary",
            on_click=_turn_to,
            args=(after.id if after else None,),
        )


def _note_field(item: Item) -> None:
    st.text_input(
        "Note, if you like",
        value=item.note,
        key=f"session_note_{item.id}",
        max_chars=LONGEST["note"],
        on_change=_note,
        args=(item,),
        placeholder="What made you decide? Saved when you leave the field.",
    )


def _saved(item: Item, before: Item | None, early: bool) -> str:
    """What is saved of the pair in sight and of the one before, in words."""
    words = (
        f"Pair {item.place + 1} saved: **{WORDS[item.choice]}**. Another answer replaces it."
        if item.choice
        else f"Pair {item.place + 1}: not answered yet."
    )
    if before and before.choice:
        words = f"Pair {item.place} saved: **{WORDS[before.choice]}**. {words}"
    if early:
        words = f"An answer came before this pair was ready and was not counted. {words}"
    return words


def _vote(item: Item, choice: Choice) -> None:
    """Save; the store then brings the next pair in sight."""
    try:
        seats.reviews().cast(seats.token(), item.id, choice)
    except NotInSight:  # a button of the pair before was met
        st.session_state["session_early"] = True
    except HeatcheckError as error:
        st.session_state["session_told"] = str(error)


def _note(item: Item) -> None:
    note = cast(str, st.session_state[f"session_note_{item.id}"])
    _change(lambda: seats.reviews().write_note(seats.token(), item.id, note))


def _change(change: Callable[[], None]) -> None:
    """Change something; a refusal is shown when the page is drawn."""
    try:
        change()
    except HeatcheckError as error:
        st.session_state["session_told"] = str(error)


def _pair(run: str, item: Item, seen: SeenImage) -> Blind:
    """A pair as the browser draws it: bytes by digests, which name no method."""
    if seen.picture is None:
        return Blind(item.id, EMPTY, EMPTY, None, None, None)
    pixels = from_png(seen.picture)
    image, (height, width) = item.pair.image, pixels.shape[:2]
    left, right = (_layer(run, image, one) for one in (item.pair.left, item.pair.right))
    picture = service.blobs().digest(("seen", run, image), lambda: layers.picture(pixels))
    return Blind(item.id, height, width, picture, left, right)


def _layer(run: str, image: str, method: str) -> str | None:
    """The digest of a map without its values and signs, which would tell methods apart."""
    heat = service.store().results.map(run, image, method)
    if heat is None:
        return None

    def packed() -> bytes:
        spec = service.store().runs.get(run).spec
        digest = next(asked.digest for asked in spec.images if asked.name == image)
        places = pixel_places(heat, spec.keyed[method], digest, spec.seed)
        return flat(heat, places, signs=False)

    return service.blobs().digest(("blind", run, image, method), packed)
