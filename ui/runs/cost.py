"""What a run costs before it starts: how much it is, how long it takes, and a question where that
is long.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from socket import gethostname

import pandas as pd
import streamlit as st

from heatcheck.attribution import METHODS
from heatcheck.drawing.labels import plural
from heatcheck.inputs import classifiers
from heatcheck.runs.durations import FORWARD, seconds_for
from heatcheck.runs.leases import UNDER_WAY
from heatcheck.runs.progress import said_seconds
from heatcheck.runs.queue import at_once
from heatcheck.runs.records import SERVER, Run
from heatcheck.runs.specs import RunSpec
from heatcheck.server import service
from heatcheck.ui.shared import frame
from heatcheck.ui.shared.markdown import plain

STEPS, SECONDS = 2000, 3600.0  # above either of them a run is long, and a person is asked first
UNKNOWN = 1000  # steps, where no run has ended here that tells how long one takes
ASKED = "start_asked"  # the run that the question is about


def start_button(spec: RunSpec | None, runs: Sequence[Run], label: str, key: str) -> bool:
    """A button that starts a run; whether it was pressed, and where the run is long the question
    after it was answered.
    """
    pressed = st.button(
        label, icon=":material/play_arrow:", type="primary", disabled=spec is None, key=key
    )
    return spec is not None and _agreed(spec, runs, key, pressed=pressed)


def _agreed(spec: RunSpec, runs: Sequence[Run], key: str, *, pressed: bool) -> bool:
    """Whether the run may start: at once, or where it is long after a question that is answered."""
    asked = f"{key}:{spec.id}"
    if pressed:
        st.session_state[ASKED] = asked
    if st.session_state.get(ASKED) != asked:  # nothing was asked, or another run by now
        return False
    question = _question(spec, runs)
    if not question:
        del st.session_state[ASKED]
        return True
    with st.container(border=True):
        st.markdown(f":material/schedule: {question}")
        with st.container(horizontal=True):
            start = st.button("Start it", type="primary", key="start_agreed")
            st.button("Cancel", key="start_cancelled", on_click=_cancel)
    if start:
        del st.session_state[ASKED]
    return start


def _cancel() -> None:
    st.session_state.pop(ASKED, None)


def _question(spec: RunSpec, runs: Sequence[Run]) -> str:
    """What is asked before a long run; empty where it is not long, or goes on with one."""
    if any(run.id == spec.id and run.done for run in runs):
        return ""
    judged = _judged(spec, runs)
    seconds = judged[1] if judged else 0.0
    if spec.steps <= (STEPS if judged else UNKNOWN) and seconds <= SECONDS:
        return ""
    long = f", about {said_seconds(seconds)}" if judged else "; how long is not known yet"
    maps = len(spec.images) * len(spec.methods)
    return f"**This is a long run: {maps:,} maps{long}.** Fewer images make it shorter."


def _judged(spec: RunSpec, runs: Sequence[Run]) -> tuple[Run, float] | None:
    """How many seconds the run takes, and the run that says so; one of this classifier before
    others. None where none says anything.
    """
    measured = sorted(
        (run for run in runs if run.status == "finished"),
        key=lambda run: run.spec.classifier != spec.classifier,
    )
    return next(
        (
            (run, seconds)
            for run in measured
            if (seconds := seconds_for(spec, _table(service.store().url, run.id, run.ended_at)))
        ),
        None,
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _table(store: str, run: str, ended: datetime | None) -> pd.DataFrame:
    """The part of a finished run's table that tells how long its steps took; `store` and `ended`
    say which measurements are meant.
    """
    table = service.store().results.table(run)
    first_of_cell = ~table.duplicated(["image", "method"])
    return table.loc[first_of_cell | (table["metric"] == FORWARD)]


def estimate(spec: RunSpec, runs: Sequence[Run]) -> str:
    """How much it is, how long it takes, and what else there is to know before the start."""
    size = (
        f"{plural(len(spec.images), 'image')} x {plural(len(spec.methods), 'method')}, "
        f"{plural(len(spec.images) * len(spec.methods), 'map')}"
    )
    if spec.unlabelled:
        size = f"{size}; {plural(spec.unlabelled, 'image')} without a label left out"
    if spec.grouping:
        size = f"{spec.grouping} {size}"
    same = next((run for run in runs if run.id == spec.id), None)
    if same is not None and same.status == "finished":
        return f"{size}. This very question is answered: the button shows its run."
    judged = _judged(spec, runs)
    if judged is None:
        long = "how long it takes is known once a run has ended here"
    else:
        last, seconds = judged
        elsewhere = last.spec.classifier != spec.classifier
        whose = (
            f", at the speed of {classifiers.title_of(last.spec.classifier)}" if elsewhere else ""
        )
        untimed = [
            METHODS[method.name].title for method in spec.methods if method not in last.spec.methods
        ]
        more = (
            "; not timed there with these parameters, and perhaps much slower: "
            f"{', '.join(untimed)}"
            if untimed
            else ""
        )
        long = f"about {said_seconds(seconds)}, judged by the last run here{whose}{more}"
    both = _beside([run for run in runs if run.id != spec.id])
    goes_on = (
        " It has begun before and goes on where it was." if same is not None and same.done else ""
    )
    return f"{size}; {plain(long)}.{goes_on}{both}"


def _beside(runs: Sequence[Run]) -> str:
    """What other runs mean for this one."""
    before = sum(
        run.started_by == SERVER and run.status in UNDER_WAY and run.host == gethostname()
        for run in runs
    )
    if before and before >= at_once():
        return f" {plural(before, 'run')} {'goes' if before == 1 else 'go'} before it."
    if frame.under_way(runs):
        return " Another run is under way: the two take turns, so both take longer."
    return ""
