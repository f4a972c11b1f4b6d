"""What every page has: its question, the answer in a line, the run it speaks of, and what is being
measured right now.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import streamlit as st

from heatcheck.core.errors import HeatcheckError, UnknownName
from heatcheck.drawing.labels import age, plural, run_line
from heatcheck.inputs import classifiers
from heatcheck.judgement.statistics import ENOUGH
from heatcheck.runs.asked import asked_of
from heatcheck.runs.draws import MANY
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.server.so_far import LARGE
from heatcheck.ui.shared import address, brand, growth
from heatcheck.ui.shared.fragments import told
from heatcheck.ui.shared.markdown import plain

STATUS_HEIGHT = 56  # pixels, so that nothing below it moves while something runs
RUN_WIDTH = 600  # pixels, so that what ran last stands beside the choice; narrow screens wrap
REFRESH = 2.0  # seconds between two looks at a run that is under way
FOLLOW, FOLLOW_LARGE = 5.0, 30.0  # seconds at least until a page is drawn again, of a large run
WATCH = 5.0  # seconds between two looks for a run that starts elsewhere
ENDED = {
    "finished": "measured",
    "interrupted": "interrupted",
    "cancelled": "cancelled",
    "failed": "failed",
}


VISIT = "frame_visit"


def opening(question: str, help: str, *, measuring: bool = True) -> list[Run]:
    """The page's question, and how to read the page one click away; `measuring` adds what is being
    measured right now.

    Returns the runs, newest first, so that a page looks at them once; none without `measuring`.
    """
    runs = service.store().runs.all() if measuring else []
    if st.session_state.get("frame_opened") != question:
        st.session_state["frame_opened"] = question
        st.session_state[VISIT] = visit() + 1
        address.opened()
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"
    ):
        name = st.session_state.get(brand.PAGE, "")
        st.title(f"{name} · {question}" if name else question, anchor=False, width="content")
        with st.popover(
            "How to read this", icon=":material/info:", type="tertiary", width="content"
        ):
            st.markdown(help)
    if active := under_way(runs):
        _status_bar(active, sum(run.status == "waiting" for run in runs if run is not active))
    elif measuring:
        st.fragment(told(_watch), run_every=WATCH)(iter([True]))
    return runs


def visit() -> int:
    """How many pages this session has opened: another one each time that a page is come back to."""
    number: int = st.session_state.get(VISIT, 0)
    return number


def under_way(runs: Sequence[Run]) -> Run | None:
    """The run that goes on, else one that waits, if any."""
    return next(
        (run for status in ("running", "waiting") for run in runs if run.status == status), None
    )


def _status_bar(active: Run, waiting: int) -> None:
    st.session_state["frame_drawn"] = (_complete(active), time.monotonic())
    with st.container(height=STATUS_HEIGHT, border=False):
        st.fragment(told(_status), run_every=REFRESH)(active.id, waiting, iter([active]))


def _watch(page_looked: Iterator[bool]) -> None:
    """Have the page drawn again once a run has started, here or elsewhere; with the page itself
    there is nothing to look for.
    """
    if not next(page_looked, False) and service.store().runs.under_way():
        st.rerun()


def _status(shown: str, waiting: int, page_look: Iterator[Run]) -> None:
    """One line of constant height: what is being measured, and how many runs wait behind it.

    Drawn with its page it takes the run as the page saw it; later it looks for itself, and has the
    page drawn again when the run has ended.
    """
    seen = next(page_look, None)
    run = seen or _run_now(shown)
    over = run is None or run.status not in ("waiting", "running")
    if run is None or over or (seen is None and _overtaken(run)):
        st.rerun()
        return
    share = run.done / run.total if run.total else 0.0
    so_far = run.progress or ("waiting" if run.status == "waiting" else "starting")
    behind = f" {waiting} more wait{'s' if waiting == 1 else ''}." if waiting else ""
    doing = f":material/hourglass_top: Measuring {_what(run)}: {plain(so_far)}.{behind}"
    st.progress(share, text=doing)
    if _rows_seen(run):
        st.rerun()


def _overtaken(run: Run) -> bool:
    """Whether the run waits while another one goes on."""
    if run.status != "waiting":
        return False
    return any(other.status == "running" for other in service.store().runs.under_way())


def _last(run: Run, *, alone: bool) -> str:
    """How the last run ended; and which it was, where the page speaks of another."""
    which = "" if alone else f"Last run: {_what(run)}, "
    when = age(run.ended_at) if run.ended_at else f"asked {age(run.asked_at)}"
    return f":material/history: {which}{run.so_far}, {ENDED[run.status]}, {when}."


def _what(run: Run) -> str:
    return f"{plain(classifiers.title_of(run.spec.classifier))} on {run.spec.size}"


def _run_now(run: str) -> Run | None:
    try:
        return service.store().runs.get(run) if run else None
    except UnknownName:  # somebody deleted it
        st.rerun()


def _rows_seen(run: Run) -> bool:
    """Whether another image is complete since this page was drawn, so that its tables should be
    drawn again; not often, since that takes time from the run.
    """
    complete, drawn_at = st.session_state["frame_drawn"]
    least = FOLLOW_LARGE if len(run.spec.images) > LARGE else FOLLOW
    return (
        _complete(run) > complete
        and time.monotonic() > drawn_at + least
        and st.session_state.get("frame_follows", False)
    )


def _complete(run: Run) -> int:
    """How many images' worth of steps are done; of a large run the stage that it is at."""
    if growth.in_stages(run):
        return growth.stage(run)
    return run.images_done


def follow_runs(follows: bool) -> None:
    """Whether this page is drawn again when a run has finished another image."""
    st.session_state["frame_follows"] = follows


def choose_run(
    runs: Sequence[Run] | None = None, *, exclude_empty: bool = True, narrow: bool = False
) -> Run | None:
    """The run that the page speaks of, with a way to change it and, beside it, what ran last where
    nothing runs; without any, what is missing and a button that makes it.

    `runs` are those that the page has looked at already; `narrow` adds a filter for classifier and
    image set where there is more than one.
    """
    runs = service.store().runs.all() if runs is None else runs
    offered = [run for run in runs if run.done or not exclude_empty]
    if not offered:
        if under_way(runs):
            st.info(
                "The first run has no map yet. Its numbers appear here with its first image.",
                icon=":material/hourglass_top:",
            )
        else:
            _tell_why(runs)
            offer_run()
        return None
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        by_id = {run.id: run for run in (_narrowed(offered) if narrow else offered)}
        _point_to_a_run(by_id, newest=not exclude_empty)
        chosen = st.selectbox(
            "Run",
            list(by_id),
            key="run",
            on_change=lambda: remember_run(st.session_state["run"]),
            format_func=lambda key: run_line(
                by_id[key], classifiers.title_of(by_id[key].spec.classifier)
            ),
            label_visibility="collapsed",
            width=RUN_WIDTH,
        )
        run = by_id[chosen]
        last = "" if under_way(runs) else _last(runs[0], alone=runs[0].id == run.id)
        state = "" if run.status == "finished" else f"{run.status}, {run.so_far} so far. "
        if growth.in_stages(run):
            more = f"{100 * growth.SHARE:.0f} % more"
            state += f"The numbers are made anew each time {more} is done. "
        asked = f"{state}{plain(asked_of(run))}"
        st.caption("  \n".join(filter(None, (last, asked))), width="content")
    return run


def _tell_why(runs: Sequence[Run]) -> None:
    """Why the newest run has measured nothing, where it failed."""
    if runs and runs[0].status == "failed":
        st.error(
            f"The run of {age(runs[0].ended_at or runs[0].asked_at)} measured nothing. "
            f"{plain(runs[0].problem)}",
            icon=":material/error:",
        )


def remember_run(run: str) -> None:
    """Somebody chose this run: every page speaks of it from now on, and the address names it."""
    st.session_state["run"] = st.session_state["frame_run"] = st.session_state["frame_address"] = (
        run
    )
    st.query_params["run"] = run


def _point_to_a_run(by_id: dict[str, Run], *, newest: bool) -> None:
    """The run of a new address, else the one that was chosen before, else the newest; where an
    answer is looked for, the newest that has one.
    """
    asked = st.query_params.get("run", "")
    if asked != st.session_state.get("frame_address", ""):  # a link, or back and forward
        st.session_state["frame_address"] = asked
        st.session_state.pop("run", None)
        matches = [key for key in by_id if asked and key.startswith(asked)]
        if len(matches) == 1:
            st.session_state["run"] = st.session_state["frame_run"] = matches[0]
        elif asked:
            st.warning(
                f"The address asks for run {plain(asked)}, which is not among these. "
                "Another is shown: choose below."
            )
    if st.session_state.get("run") not in by_id:
        enough = next(
            (
                key
                for key, run in by_id.items()
                if min(run.spec.sample_count, run.images_done) >= ENOUGH
            ),
            None,
        )
        default = next(iter(by_id)) if newest or enough is None else enough
        before = st.session_state.get("frame_run")
        st.session_state["run"] = before if before in by_id else default


def _narrowed(runs: list[Run]) -> list[Run]:
    """The runs of one classifier and one image set; filters that would leave one choice are not
    shown.
    """
    with st.container(horizontal=True):
        for key, label, of in (
            ("narrow_model", "Classifier", _classifier_of),
            ("narrow_images", "Image set", _images_of),
        ):
            choices = list(dict.fromkeys(of(run) for run in runs))
            if len(choices) > 1 and (
                wanted := st.selectbox(
                    label, choices, index=None, key=key, placeholder="All", width=260
                )
            ):
                runs = [run for run in runs if of(run) == wanted]
    return runs


def _classifier_of(run: Run) -> str:
    return classifiers.title_of(run.spec.classifier)


def _images_of(run: Run) -> str:
    return run.spec.source


def show_answer(sentences: Sequence[str]) -> None:
    """A run's answer: its first sentence as what it is, the others as points below."""
    first, *others = sentences
    st.markdown(f"**{plain(first)}**")
    if others:
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in others))


def offer_run() -> None:
    """An empty page's next step."""
    st.info("There is no run yet, so there is nothing to show here.", icon=":material/inbox:")
    st.caption(
        "The default set is the standard methods and metrics on the images that are set, "
        f"of more than {MANY} on a sample; "
        "twenty images take five to ten minutes on two cores."
    )
    if st.button("Measure the default set now", icon=":material/play_arrow:", type="primary"):
        try:
            service.start_run(service.default_spec())
        except HeatcheckError as error:
            st.error(plain(str(error)))
            return
        st.rerun()


def offer_more(run: Run) -> None:
    """The next step from a run that has too few images to say anything."""
    if run.status == "finished" and run.spec.sample_count < ENOUGH:
        st.page_link(
            "pages/evaluate/runs.py", label="Start a run with more images", icon=":material/add:"
        )


def warn_of_failures(run: Run) -> None:
    """Failures are counted and shown, never averaged over."""
    if run.failures:
        st.warning(
            f"{plural(run.failures, 'score')} failed and {'is' if run.failures == 1 else 'are'} "
            "left out of every mean; the reasons are on the Runs page.",
            icon=":material/warning:",
        )
