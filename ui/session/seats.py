"""The seats of a browser tab: the one that the address names, and those that the tab has had."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlencode, urlsplit

import streamlit as st

from heatcheck.core.errors import NotAllowed
from heatcheck.review.store import Reviews, Seat
from heatcheck.review.tally import State
from heatcheck.server import access, service
from heatcheck.ui.shared.markdown import plain

STATES = {
    "voting": ":material/how_to_vote: voting, names hidden",
    "revealed": ":material/visibility: names revealed, no more votes",
    "closed": ":material/lock: closed",
}
KEPT = "session_seats"  # the tokens of this tab's seats, the latest last


@lru_cache(maxsize=1)
def reviews() -> Reviews:
    """The sessions in the store that pages read."""
    return Reviews(service.store())


def here() -> Seat | None:
    """Whose seat the address names; None, after a message where the link opens nothing. The tab
    remembers it, and no other tab does.
    """
    address = st.query_params.get("seat")
    if not address:
        return None
    try:
        seat = reviews().seat(address)
    except NotAllowed as error:
        st.error(plain(str(error)), icon=":material/block:")
        return None
    _keep(address)
    return seat


def _keep(token: str) -> None:
    kept: list[str] = st.session_state.get(KEPT, [])
    st.session_state[KEPT] = [*(known for known in kept if known != token), token]


def kept() -> dict[str, Seat]:
    """The seats that this tab has had and that still open, by their tokens, the latest first."""
    seats: dict[str, Seat] = {}
    for token in reversed(st.session_state.get(KEPT, [])):
        try:
            seats[token] = reviews().seat(token)
        except NotAllowed:  # deleted or expired since
            continue
    return seats


def state(token: str) -> State | None:
    """The state of a seat's session now; None where the token opens nothing any more."""
    try:
        return reviews().seat(token).session.state
    except NotAllowed:
        return None


def token() -> str:
    """The token of the seat that the tab has drawn last: the one in the address, unless the reader
    is just leaving the page, when an answer on its way still counts.

    Raises:
        NotAllowed: there is none.
    """
    token = st.query_params.get("seat") or next(reversed(st.session_state.get(KEPT, [])), None)
    if token is None:
        raise NotAllowed("You have left your seat. Open your own link to the session again.")
    return str(token)


def sit_down(token: str) -> None:
    """Put a seat into the address."""
    st.query_params.clear()
    st.query_params["seat"] = token


def link(**query: str) -> str:
    """The address of this page for others, with a token in it: at the public address where the
    server was told one, else where this browser sees it.
    """
    public = access.served().public_url
    address = f"{public}/session" if public else (st.context.url or "").partition("?")[0]
    return f"{address}?{urlencode(query)}"


def for_others(link: str) -> bool:
    """Whether a link leads anywhere from another machine."""
    return not access.is_loopback(urlsplit(link).hostname or "")
