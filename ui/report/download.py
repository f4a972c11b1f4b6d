"""The Report page's parts: what a report holds, and the button that builds it."""

from __future__ import annotations

import streamlit as st

from heatcheck import report
from heatcheck.drawing.labels import plural
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.session import seats
from heatcheck.ui.shared.markdown import plain


def show_contents(run: Run) -> None:
    """What the report of a run will hold."""
    known = seats.reviews().sessions(run.id)
    blind = sum(session.state == "voting" for session in known)
    told = [session.title for session in known if session.state != "voting"]
    team = (
        f"the votes, notes and decision of {plural(len(told), 'team session')}: {', '.join(told)}"
        if told
        else "no team session yet"
    )
    left_out = f" ({plural(blind, 'session')} with hidden names left out)" if blind else ""
    lines = (
        "the question, the answer and how sure it is",
        f"{team}{left_out}",
        "the textbook's claims, each beside its measurement",
        "the leaderboard with intervals, mean deletion and insertion curves, "
        "faithfulness against cost",
        "each method's best, typical and worst heatmap, chosen by rule",
        "methods, metrics, limits, provenance, references, and the command that repeats it",
    )
    st.markdown(
        "One HTML file that opens offline, prints well and can be sent by mail. It holds\n"
        + "".join(f"\n- {plain(line)}" for line in lines)
    )


def offer(run: Run) -> None:
    """The download, built when it is asked for, and the command that writes the same file."""
    st.download_button(
        "Download the report",
        lambda: report.build(service.store(), run.id, seats.reviews().outcomes(run.id)),
        f"heatcheck-{run.id[:6]}.html",
        "text/html",
        icon=":material/download:",
        type="primary",
        help="It is built when you click: a few seconds, about 10 MB, most of it the chart "
        "library.",
    )
    st.caption("The command that writes the same file:")
    st.code(f"heatcheck report {run.id[:8]} --out report.html", language="bash", wrap_lines=True)
