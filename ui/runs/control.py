"""What a run does now, and what can be done about it: cancel, go on, start next, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from socket import gethostname

import streamlit as st

from heatcheck.core.errors import HeatcheckError
from heatcheck.runs.records import SERVER, Run
from heatcheck.runs.specs import RunSpec
from heatcheck.server import service
from heatcheck.ui.shared.markdown import plain

ICONS = {
    "waiting": ":material/schedule:",
    "running": ":material/hourglass_top:",
    "finished": ":material/check_circle:",
    "interrupted": ":material/power_off:",
    "cancelled": ":material/block:",
    "failed": ":material/error:",
}
STEPS = (
    "A step makes a map and its scores, or looks at a map a second time to hold it against those "
    "of other images. A map is one method on one image."
)
ANSWERS = (
    ("pages/evaluate/leaderboard.py", "Its leaderboard", ":material/leaderboard:"),
    ("pages/evaluate/strengths.py", "Strengths of its methods", ":material/balance:"),
    ("pages/review/reports.py", "Its report", ":material/description:"),
)
REFUSAL = "runs_refusal"  # why what was pressed could not be done


def start(begin: Callable[[RunSpec], str], spec: RunSpec) -> None:
    """Have the server begin a run, and show it; or say why not."""
    try:
        run = begin(spec)
    except HeatcheckError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.query_params["run"] = run  # the page is drawn again as by a link to it
    st.rerun()


def before(runs: Sequence[Run]) -> dict[str, int]:
    """How many runs this server works on or begins before each that waits for it, by its id."""
    busy = sum(
        run.status == "running" and run.started_by == SERVER and run.host == gethostname()
        for run in runs
    )
    return {run: busy + place for place, run in enumerate(service.store().queue.waiting())}


def state_of(run: Run, places: dict[str, int]) -> str:
    """A run's status in words; of one that waits, how many are before it."""
    if run.id not in places:
        return str(run.status)
    return f"waiting, {places[run.id]} before it" if places[run.id] else "waiting, starts next"


def show_state(run: Run, runs: Sequence[Run]) -> None:
    """What the run does now, and what can be done about it."""
    places = before(runs)
    icon = ICONS[run.status]
    st.markdown(
        f"{icon} {state_of(run, places)} · {run.so_far}"
        + (f" · {plain(run.progress)}" if run.progress else ""),
        help=STEPS,
    )
    if run.done:
        _lead_on(run)
    if run.problem and run.status != "cancelled":
        st.error(plain(run.problem), icon=":material/error:")
    if refusal := st.session_state.pop(REFUSAL, None):
        st.error(plain(refusal), icon=":material/error:")
    with st.container(horizontal=True):
        if run.status in ("waiting", "running", "interrupted"):
            _offer_to_cancel(run)
        if run.id in places:
            _offer_to_start_next(run, places[run.id])
        elif run.status in ("waiting", "interrupted", "cancelled", "failed"):
            _offer_to_go_on(run)


def _offer_to_cancel(run: Run) -> None:
    asked = run.status == "running" and service.store().runs.stop_asked(run.id)
    st.button(
        "Stopping after this step …" if asked else "Cancel this run",
        icon=":material/stop:",
        disabled=asked,
        key="cancel_run",
        on_click=_done,
        args=(service.store().runs.ask_to_stop, run.id),
        help="It does not start. It can be asked for again."
        if run.status == "waiting"
        else "What is done stays, and it can go on later. A run under way ends after the step it "
        "is at.",
    )


def _offer_to_start_next(run: Run, place: int) -> None:
    st.button(
        "Start it next" if place else "Start it now",
        icon=":material/vertical_align_top:",
        key="start_next",
        on_click=_done,
        args=(service.start_next, run.id),
        help="It goes before the others that wait. What is under way is not disturbed.",
    )


def _offer_to_go_on(run: Run) -> None:
    button = st.button(
        "Go on with this run",
        icon=":material/play_arrow:",
        help="Nothing that is done is computed again.",
    )
    if button:
        try:
            service.start_run(run.question)
        except HeatcheckError as error:
            st.error(plain(str(error)))
            return
        st.rerun()


def _done(act: Callable[[str], object], run: str) -> None:
    """Do what was pressed; where that cannot be, the page says why."""
    try:
        act(run)
    except HeatcheckError as error:
        st.session_state[REFUSAL] = str(error)


def _lead_on(run: Run) -> None:
    """The pages that answer what the run asked."""
    with st.container(horizontal=True):
        for page, label, icon in ANSWERS:
            if st.button(label, icon=icon, key=f"lead_{label}"):
                st.switch_page(page, query_params={"run": run.id})


def offer_deletion(run: Run) -> None:
    """Delete a run, after a second look."""
    if run.status == "running":
        st.caption(":material/delete: A run can be deleted once it has ended. Cancel it first.")
        return
    with st.popover("Delete this run", icon=":material/delete:", type="tertiary"):
        st.markdown(f"Run `{run.id[:6]}`, with all its maps and scores. It cannot be undone.")
        st.button("Delete it", key="delete_run", type="primary", on_click=delete, args=(run.id,))


def delete(run: str) -> None:
    """Delete a run, and have pages speak of another."""
    try:
        service.store().runs.delete(run)
    except HeatcheckError as error:
        st.session_state[REFUSAL] = str(error)
        return
    for key in ("run", "frame_run", "frame_address"):
        st.session_state.pop(key, None)
    st.query_params.pop("run", None)
