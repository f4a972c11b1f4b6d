"""The ways into a team session: come back to a seat of this tab, join by an invitation, or make
one.
"""

from __future__ import annotations

from collections import Counter

import streamlit as st

from heatcheck.core.errors import HeatcheckError, NotAllowed
from heatcheck.drawing.labels import plural
from heatcheck.judgement.phrases import title_of
from heatcheck.review.pairs import possible
from heatcheck.review.sessions import MOST_ITEMS
from heatcheck.review.texts import LONGEST
from heatcheck.runs import draws
from heatcheck.runs.draws import MANY
from heatcheck.runs.keys import is_control
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.session import seats
from heatcheck.ui.shared import frame, growth
from heatcheck.ui.shared.markdown import plain

QUESTION = "Which map explains the prediction better?"
DRAWN = 20  # images of a session where the run has many
LISTED = 500  # images at most that a list offers
VOTE_SECONDS = 10  # that a vote takes a person, for the estimate


def enter() -> None:
    """Come back, join by the invitation in the address, or make a session."""
    _come_back()
    if invitation := st.query_params.get("join"):
        _join(invitation)
    else:
        _make()


def _come_back() -> None:
    """The seats that this tab has had: a click in the menu takes them out of the address."""
    for token, seat in seats.kept().items():
        with st.container(
            border=True, horizontal=True, vertical_alignment="center", key=f"session_kept_{seat.id}"
        ):
            role = "host" if seat.role == "host" else "reviewer"
            st.markdown(
                f"You are in **{plain(seat.session.title)}** as {plain(seat.name)}, {role}.",
                width="stretch",
            )
            st.button(
                "Return to your session",
                icon=":material/undo:",
                type="primary",
                key=f"session_return_{seat.id}",
                on_click=seats.sit_down,
                args=(token,),
            )


def _join(invitation: str) -> None:
    try:
        session = seats.reviews().invited(invitation)
    except NotAllowed as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    st.subheader(plain(session.title), anchor=False)
    if session.state != "voting":
        st.info(
            "The voting in this session has ended, so nobody can join any more. Ask the host for "
            "what came of it.",
            icon=":material/lock:",
        )
        return
    items = len(session.images) * session.votes_per_image
    st.markdown(
        f"You will see {plural(items, 'pair')} of heatmaps, without their names, and say "
        f"each time: *{plain(session.question)}* "
        f"About {_minutes(items)}. Every answer is saved at once; you may stop and come back."
    )
    with st.form("session_join", width=420):
        name = st.text_input(
            "Your name",
            max_chars=LONGEST["name"],
            help="The others see it beside your votes and notes.",
        )
        if st.form_submit_button("Join the session", icon=":material/login:", type="primary"):
            try:
                seats.sit_down(seats.reviews().join(invitation, name))
            except HeatcheckError as error:
                st.error(plain(str(error)))
                return
            st.rerun()


def _make() -> None:
    st.markdown(
        "A session asks people which of two heatmaps explains a prediction better, "
        "without telling whose maps they are. "
        "Make one from a run, send the link round, and hold the votes against the metrics."
    )
    st.caption(":material/link: Were you invited? Open the link that you were sent.")
    run = frame.choose_run()
    if run is None:
        return
    st.subheader("A new session", anchor=False)
    images, methods = _mapped(run)
    if not images:
        st.info(
            "This run has no image with all its maps yet. Choose another run, or wait for it.",
            icon=":material/hourglass_top:",
        )
        return
    words, what = st.columns(2, gap="large", wrap=True)
    with words:
        title = st.text_input(
            "Title",
            value="Which heatmaps do we trust?",
            max_chars=LONGEST["title"],
            key="session_title",
        )
        question = st.text_input(
            "Question", value=QUESTION, max_chars=LONGEST["question"], key="session_question"
        )
        host = st.text_input("Your name, as host", max_chars=LONGEST["name"], key="session_host")
    with what:
        chosen_images = _choose_images(run, images)
        chosen = st.multiselect(
            "Methods",
            methods,
            default=methods,
            format_func=title_of,
            key=f"session_methods_{run.id}",
            wrap=True,
            help="Controls explain nothing. Mixed in, they show whether people can tell.",
        )
        most = max(1, possible(len(chosen)))
        votes = st.number_input(
            "Votes an image, by each reviewer", 1, most, min(2, most), key="session_votes"
        )
    items = len(chosen_images) * int(votes)
    why_not = _why_not(host, len(chosen_images), len(chosen), items)
    controls = (
        ""
        if any(is_control(method) for method in chosen)
        else " No control is among the methods: nothing shows whether people can tell."
    )
    st.caption(why_not or f"{plural(items, 'vote')} a reviewer, about {_minutes(items)}.{controls}")
    if st.button(
        "Make the session",
        icon=":material/groups:",
        type="primary",
        disabled=bool(why_not),
        key="session_make",
    ):
        try:
            seats.sit_down(
                seats.reviews().open_session(
                    run.id, title, question, chosen_images, chosen, int(votes), host
                )
            )
        except HeatcheckError as error:
            st.error(plain(str(error)))
            return
        st.rerun()


def _why_not(host: str, images: int, methods: int, items: int) -> str:
    if not images or methods < 2:
        return "Choose at least one image and two methods."
    if items > MOST_ITEMS:
        return (
            f"{items} votes a reviewer are more than the {MOST_ITEMS} that a session takes. "
            "Choose fewer images or votes."
        )
    return "" if host.strip() else "Write your name, so that people know who asks."


def _choose_images(run: Run, images: list[str]) -> list[str]:
    """The images of the session: of many a draw to begin with, since nobody votes on all; of very
    many the draw alone, since a list of them would go to the browser.
    """
    if len(images) <= LISTED:
        drawn = images if len(images) <= MANY else draws.some(images, DRAWN, 0)
        chosen: list[str] = st.multiselect(
            "Images", images, default=drawn, key=f"session_images_{run.id}", wrap=True
        )
        if len(images) > MANY and chosen == drawn:
            st.caption(f"{DRAWN} of {len(images):,} images, drawn with seed 0. Choose others here.")
        return chosen
    with st.container(horizontal=True):
        count = st.number_input(
            "Images", 1, MOST_ITEMS, DRAWN, key=f"session_count_{run.id}", width=150
        )
        seed = st.number_input(
            "Seed of the draw", 0, 2**31, 0, key=f"session_seed_{run.id}", width=150
        )
    st.caption(f"{int(count):,} of {len(images):,} images, drawn with seed {int(seed)}.")
    return draws.some(images, int(count), int(seed))


def _mapped(run: Run) -> tuple[list[str], list[str]]:
    """The run's images on which every method has a map, and its methods, in the run's order."""
    return _complete(service.store().url, run.id, growth.state(run), run), list(run.spec.keyed)


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)  # maps may be pruned meanwhile
def _complete(store: str, run: str, state: tuple[object, ...], _run: Run) -> list[str]:
    maps = Counter(image for image, _ in service.store().results.mapped_cells(run))
    return [image.name for image in _run.spec.images if maps[image.name] == len(_run.spec.methods)]


def _minutes(items: int) -> str:
    return plural(max(1, round(items * VOTE_SECONDS / 60)), "minute")
