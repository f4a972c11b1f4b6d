"""The Runs page's parts: the list, a run's state, its question, its provenance, its downloads."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from heatcheck.answer import glossary
from heatcheck.core.errors import HeatcheckError
from heatcheck.drawing.labels import age, duration, plural, points_of
from heatcheck.inputs import classifiers
from heatcheck.judgement.phrases import title_of
from heatcheck.metrics import METRICS
from heatcheck.runs.csv_text import csv_of
from heatcheck.runs.provenance import facts_of
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.shared import frame, tables
from heatcheck.ui.shared.markdown import plain
from heatcheck.ui.shared.notes import show_notes

STATES = {
    "waiting": ":material/schedule: waiting to start",
    "running": ":material/hourglass_top: running",
    "finished": ":material/check_circle: finished",
    "interrupted": ":material/power_off: interrupted",
    "cancelled": ":material/block: cancelled",
    "failed": ":material/error: failed",
}

LIST = "runs_list"
ANSWERS = (
    ("pages/evaluate/leaderboard.py", "Its leaderboard", ":material/leaderboard:"),
    ("pages/evaluate/strengths.py", "Strengths of its methods", ":material/balance:"),
    ("pages/review/reports.py", "Its report", ":material/description:"),
)

MAPS = (
    "A map is one method on one image. Metrics that hold a map against those of other images look "
    "at each a second time, once all are made."
)


def show_list(runs: Sequence[Run]) -> None:
    """All runs, newest first."""
    rows = [
        {
            "Run": run.id[:6],
            "State": run.status,
            "Progress": 100 * run.done / run.total if run.total else 0.0,
            "Maps": run.so_far,
            "Failed scores": run.failures,
            "Classifier": classifiers.title_of(run.spec.classifier),
            "Images": len(run.spec.images),
            "Points": points_of(run.spec),
            "Took": "" if run.seconds is None else duration(run.seconds),
            "Asked": age(run.asked_at),
        }
        for run in runs
    ]
    st.caption("Click a row to see its run below. Where the table is cut, it scrolls sideways.")
    st.dataframe(
        pd.DataFrame(rows),
        key=LIST,
        on_select=lambda: _open_row([run.id for run in runs]),
        selection_mode="single-cell",
        hide_index=True,
        height="content",
        alt=f"{len(runs)} runs, newest first",
        column_config={
            "Run": st.column_config.TextColumn(pinned=True),
            "Progress": st.column_config.ProgressColumn(
                format="%.0f %%", min_value=0, max_value=100
            ),
            "Maps": st.column_config.TextColumn(help=MAPS),
            "Failed scores": st.column_config.NumberColumn(
                help=f"Their reasons stand below. Blank map: {glossary.line('blank map')}"
            ),
            "Took": st.column_config.TextColumn(
                help="Time that processes worked on it, breaks left out."
            ),
            "Points": st.column_config.TextColumn(
                help="Points of each curve: all 225, even ones, as many as the tolerance takes, or "
                f"drawn. {glossary.line('drawn points')}"
            ),
        },
    )


def _open_row(ids: Sequence[str]) -> None:
    """Somebody clicked a row."""
    for row, _ in st.session_state[LIST]["selection"]["cells"]:
        frame.remember_run(ids[row])


def show_foreign() -> None:
    """Runs that another version of Heatcheck made: what they are, and how they go."""
    for run in service.store().runs.foreign():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f":material/history: Run `{run.id[:6]}` was made by another version, {run.status}: "
                + plain(run.reason)
            )
            if run.status != "running":
                with st.popover("Delete", icon=":material/delete:", type="tertiary"):
                    st.markdown("With all its maps and scores. It cannot be undone.")
                    st.button(
                        "Delete it",
                        key=f"delete_foreign_{run.id}",
                        type="primary",
                        on_click=_delete,
                        args=(run.id,),
                    )


def show_state(run: Run) -> None:
    """What the run does now, and what can be done about it."""
    st.markdown(
        f"{STATES[run.status]} · {run.so_far}"
        + (f" · {plain(run.progress)}" if run.progress else ""),
        help=MAPS,
    )
    if run.done:
        _lead_on(run)
    if run.problem and run.status != "cancelled":
        st.error(plain(run.problem), icon=":material/error:")
    if refusal := st.session_state.pop("runs_refusal", None):
        st.error(plain(refusal), icon=":material/error:")
    if run.status in ("waiting", "running", "interrupted"):
        asked = run.status == "running" and service.store().runs.stop_asked(run.id)
        st.button(
            "Stopping after this map …" if asked else "Cancel this run",
            icon=":material/stop:",
            disabled=asked,
            key="cancel_run",
            on_click=_stop,
            args=(run.id,),
            help="What is done stays, and it can go on later. A run under way ends after the map "
            "it is at.",
        )
    if run.status in ("waiting", "interrupted", "cancelled", "failed"):
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
    st.caption(
        "The command that asks the same again; a finished run is read, not computed "
        "anew, unless `--fresh` is added."
    )
    st.code(run.spec.command, language=None, wrap_lines=True)


def _lead_on(run: Run) -> None:
    """The pages that answer what the run asked."""
    with st.container(horizontal=True):
        for page, label, icon in ANSWERS:
            if st.button(label, icon=icon, key=f"lead_{label}"):
                st.switch_page(page, query_params={"run": run.id})


def _stop(run: str) -> None:
    try:
        service.store().runs.ask_to_stop(run)
    except HeatcheckError as error:
        st.session_state["runs_refusal"] = str(error)


def offer_deletion(run: Run) -> None:
    """Delete a run, after a second look."""
    if run.status == "running":
        st.caption(":material/delete: A run can be deleted once it has ended. Cancel it first.")
        return
    with st.popover("Delete this run", icon=":material/delete:", type="tertiary"):
        st.markdown(f"Run `{run.id[:6]}`, with all its maps and scores. It cannot be undone.")
        st.button("Delete it", key="delete_run", type="primary", on_click=_delete, args=(run.id,))


def _delete(run: str) -> None:
    try:
        service.store().runs.delete(run)
    except HeatcheckError as error:
        st.session_state["runs_refusal"] = str(error)
        return
    for key in ("run", "frame_run", "frame_address"):
        st.session_state.pop(key, None)
    st.query_params.pop("run", None)


def show_downloads(run: Run) -> None:
    """The run's table and curves as files, made when they are asked for."""
    store = service.store()
    with st.container(horizontal=True):
        st.download_button(
            "Table, CSV",
            lambda: csv_of(store.results.table(run.id)),
            f"heatcheck-{run.id[:6]}.csv",
            "text/csv",
            icon=":material/download:",
        )
        st.download_button(
            "Curves, CSV",
            lambda: csv_of(store.results.curves(run.id)),
            f"heatcheck-{run.id[:6]}-curves.csv",
            "text/csv",
            icon=":material/download:",
        )
        asked = json.dumps(run.spec.as_asked, indent=1)
        st.download_button(
            "Question, JSON",
            asked,
            "SPEC.json",
            "application/json",
            icon=":material/download:",
            help="For: heatcheck run SPEC.json",
        )


def show_question(run: Run, classifier: str) -> None:
    """What the run asks."""
    spec = run.spec
    methods = [
        {"Method": title_of(key), "Parameters": _parameters(method.params)}
        for key, method in spec.keyed.items()
    ]
    metrics = [
        {"Metric": METRICS[metric.name].title, "Parameters": _parameters(metric.params)}
        for metric in spec.metrics
    ]
    st.markdown(
        f"**{plain(classifier)}** on **{spec.size}** from "
        f"{plain(spec.source)}, seed {spec.seed}, id `{run.id}`"
    )
    show_notes((*run.notes, *run.image_notes))
    left, right = st.columns(2, wrap=True)
    left.table(methods, hide_index=True, border="horizontal", alt="Methods and their parameters")
    right.table(metrics, hide_index=True, border="horizontal", alt="Metrics and their parameters")


def _parameters(params: dict[str, object]) -> str:
    return (
        ", ".join(
            f"{plain(name)} {plain(str(value))}" for name, value in params.items() if value != ""
        )
        or "none"
    )


def show_provenance(run: Run) -> None:
    """Versions, device, digests."""
    if run.provenance:
        facts = facts_of(run.provenance).items()
        tables.pairs([(name.replace("_", " "), value) for name, value in facts])
    else:
        st.caption("Known once the run has started.")


def show_failures(run: Run) -> None:
    """Failed scores with their reasons."""
    if run.failures:
        st.subheader(f"{plural(run.failures, 'failed score')}", anchor=False)
        st.dataframe(
            tables.failures(service.store().results.table(run.id)),
            hide_index=True,
            alt="Failed scores and their reasons",
        )
