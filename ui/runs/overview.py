"""The Runs page's parts: the list, a run's state, its question, its provenance, its downloads."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from heatcheck.answer import glossary
from heatcheck.drawing.labels import age, duration, plural, points_of
from heatcheck.inputs import classifiers
from heatcheck.judgement.phrases import title_of
from heatcheck.metrics import METRICS
from heatcheck.runs.csv_text import csv_of
from heatcheck.runs.provenance import facts_of
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.runs import control
from heatcheck.ui.shared import frame, tables
from heatcheck.ui.shared.markdown import plain
from heatcheck.ui.shared.notes import show_notes

LIST = "runs_list"


def show_list(runs: Sequence[Run]) -> None:
    """All runs, newest first."""
    places = control.before(runs)
    rows = [
        {
            "Run": run.id[:6],
            "State": control.state_of(run, places),
            "Progress": 100 * run.done / run.total if run.total else 0.0,
            "Done": run.so_far,
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
            "Done": st.column_config.TextColumn(help=control.STEPS),
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
                        on_click=control.delete,
                        args=(run.id,),
                    )


def show_command(run: Run) -> None:
    """What asks the same again."""
    st.caption(
        "The command that asks the same again; a finished run is read, not computed "
        "anew, unless `--fresh` is added."
    )
    st.code(run.spec.command, language=None, wrap_lines=True)


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
            "Spec, JSON",
            asked,
            "SPEC.json",
            "application/json",
            icon=":material/download:",
            help="What it asks, as a file: for `heatcheck run SPEC.json`, or for *Start a run from "
            "a file*.",
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
            tables.failures(service.store().results.table(run.id, tables.FAILURE)),
            hide_index=True,
            alt="Failed scores and their reasons",
        )
