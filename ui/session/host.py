"""The host's side of a session: the invitation, who is done, the tally, the reveal, the decision,
the end.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from heatcheck.core.errors import HeatcheckError
from heatcheck.drawing.labels import plural
from heatcheck.review.store import Seat
from heatcheck.review.tally import Outcome
from heatcheck.review.texts import LONGEST
from heatcheck.ui.session import seats, tallies
from heatcheck.ui.shared.fragments import told
from heatcheck.ui.shared.markdown import plain

REFRESH = 3.0  # seconds between two looks while votes come in


def show(seat: Seat) -> None:
    """Everything a host needs, in the order in which it is needed."""
    if refusal := st.session_state.pop("session_told", None):
        st.error(plain(refusal), icon=":material/error:")
    st.markdown(
        f"**{plain(seat.session.title)}** · host: {plain(seat.name)} · "
        f"{seats.STATES[seat.session.state]}"
    )
    if seat.session.state == "voting":
        _invite(seat)
        st.fragment(told(tallies.follow), run_every=REFRESH)(seat)
        _reveal(seats.reviews().outcome(seats.token()))
    else:
        tallies.show(seat)
        if seat.session.state == "revealed":
            _decide(seat)
    _delete()


def _invite(seat: Seat) -> None:
    with st.container(border=True):
        st.markdown("**Send this link to the reviewers.** They need nothing but a name.")
        link = seats.link(join=seats.reviews().invitation(seats.token()))
        st.code(link, language=None, wrap_lines=True)
        if not seats.for_others(link):
            st.warning(
                "Nobody else can open this link: the server listens on this machine alone. "
                "Start it with `--public-url`, or with `--address` and `--open`.",
                icon=":material/link_off:",
            )
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
        ):
            st.caption(
                f"Good until {seat.session.invitation_until:%Y-%m-%d %H:%M} UTC. To vote "
                "yourself, open it in another tab. "
                "The address of this page is yours alone: whoever has it is the host. "
                "Keep it as a bookmark.",
                width="stretch",
            )
            st.button(
                "Make a new link",
                icon=":material/refresh:",
                type="tertiary",
                key="session_renew",
                on_click=_do,
                args=(lambda token: seats.reviews().renew_invitation(token),),
                help="The link before opens nothing any more. Who is in stays in.",
            )


def _do(change: Callable[[str], object]) -> None:
    try:
        change(seats.token())
    except HeatcheckError as error:
        st.session_state["session_told"] = str(error)


def _reveal(outcome: Outcome) -> None:
    with st.popover("Reveal the names", icon=":material/visibility:"):
        open_still = sum(person.done < person.total for person in outcome.reviewers)
        missing = (
            f" {plural(open_still, 'reviewer')} of {len(outcome.reviewers)} had not "
            "finished when this page was drawn."
            if open_still
            else ""
        )
        st.markdown(
            "This ends the voting: a vote cast with the names in sight would not be "
            f"blind. It cannot be undone.{missing}"
        )
        st.button(
            "End the voting and reveal",
            type="primary",
            key="session_reveal",
            on_click=_do,
            args=(lambda token: seats.reviews().reveal(token),),
        )


def _decide(seat: Seat) -> None:
    st.subheader("Decision", anchor=False)
    text = st.text_area(
        "What does the team decide?",
        value=seat.session.decision,
        max_chars=LONGEST["decision"],
        key="session_decision",
        placeholder="Which methods we use from now on, on what evidence, and what we left open.",
        help="It stands in the report, with your name.",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Save the decision", icon=":material/save:", type="primary", key="session_save"
        ):
            _do(lambda token: seats.reviews().decide(token, text))
            st.rerun()
        with st.popover(
            "Close the session", icon=":material/lock:", disabled=not seat.session.decision
        ):
            st.markdown("After this nothing in the session changes any more.")
            st.button(
                "Close it",
                type="primary",
                key="session_close",
                on_click=_do,
                args=(lambda token: seats.reviews().close(token),),
            )
        unsaved = text.strip() != seat.session.decision
        st.caption(
            "Not saved yet."
            if unsaved
            else "Saved."
            if seat.session.decision
            else "Closing needs a decision.",
            width="content",
        )


def _delete() -> None:
    with st.popover("Delete this session", icon=":material/delete:", type="tertiary"):
        st.markdown("All its votes and notes go with it. It cannot be undone.")
        if st.button("Delete it", key="session_delete"):
            _do(lambda token: seats.reviews().delete(token))
            if "session_told" not in st.session_state:
                st.query_params.clear()
            st.rerun()
