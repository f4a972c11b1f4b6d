"""A run from a spec file that somebody uploads."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from heatcheck.core.errors import HeatcheckError
from heatcheck.drawing.labels import plural
from heatcheck.inputs import classifiers
from heatcheck.inputs.printable import printable
from heatcheck.judgement.phrases import listed
from heatcheck.metrics import METRICS
from heatcheck.runs import spec_files
from heatcheck.runs.records import Run
from heatcheck.runs.specs import RunSpec
from heatcheck.server import service
from heatcheck.server.browser_specs import permitted
from heatcheck.ui.compare import sets
from heatcheck.ui.runs import control, cost
from heatcheck.ui.shared.markdown import plain


def show(runs: Sequence[Run]) -> None:
    """Take a file, show what it would run, start it."""
    with st.expander("Start a run from a file", icon=":material/upload_file:"):
        file = st.file_uploader(
            "Spec, JSON",
            type="json",
            key="spec_file",
            max_upload_size=spec_files.LARGEST >> 20,
            help="What `heatcheck run SPEC.json` takes, and what *Spec, JSON* of any run below "
            "downloads. It may name what this dashboard offers: no code, no files and folders of "
            "the server.",
        )
        if file is None:
            return
        name = printable(file.name)
        try:
            spec = _asked(file.getvalue(), name)
        except (HeatcheckError, OSError) as error:
            told = str(error)
            whose = "" if name in told else f"{name}: "
            st.error(plain(f"{whose}{told}"), icon=":material/block:")
            return
        _show_question(spec)
        st.caption(cost.estimate(spec, runs))
        if cost.start_button(spec, runs, "Start this run", "start_file"):
            control.start(service.start_run, spec)


def _asked(content: bytes, name: str) -> RunSpec:
    """The spec of a file, where a browser may ask for it. Raises HeatcheckError, OSError."""
    written = permitted(spec_files.parsed(content, name), name)
    return spec_files.asked(written, sets.catalogue(written["images"]).found)


def _show_question(spec: RunSpec) -> None:
    """What it would run."""
    metrics = [METRICS[metric.name].title for metric in spec.metrics]
    st.markdown(
        f"**{plain(classifiers.title_of(spec.classifier))}** on **{spec.size}** of "
        f"{plain(spec.source)}, seed {spec.seed}  \n"
        f"{plural(len(spec.methods), 'method')}: {plain(listed(list(spec.keyed)))}  \n"
        f"{plural(len(metrics), 'metric')}: {plain(', '.join(metrics))}"
    )
