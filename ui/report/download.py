"""The Report page's parts: against which run, in which format, what the file holds, and the button
that builds it.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from heatcheck.core.errors import HeatcheckError
from heatcheck.drawing.labels import plural, run_line
from heatcheck.inputs import classifiers
from heatcheck.report import against, formats
from heatcheck.report.printing import chromium
from heatcheck.report.subject import Subject
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.session import seats
from heatcheck.ui.shared import address, answer
from heatcheck.ui.shared.markdown import plain

OTHER, FORMAT = "report_other", "report_format"  # keys of the widgets
ALONE = ""  # against no other run
TITLES = {"html": "HTML", "md": "Markdown", "card": "Model card", "json": "JSON", "pdf": "PDF"}


def choose_other(run: Run, runs: Sequence[Run]) -> Run | None:
    """An earlier run to hold this one against, which the address keeps as `against`; None for
    none.
    """
    others = {one.id: one for one in runs if one.done and one.id != run.id}
    if not others:
        return None
    address.keep(OTHER, "against", lambda asked: [key for key in others if key.startswith(asked)])
    if st.session_state.get(OTHER) not in others:
        st.session_state[OTHER] = ALONE
    chosen = st.selectbox(
        "Against another run",
        [ALONE, *others],
        key=OTHER,
        format_func=lambda key: (
            "None: this run alone"
            if key == ALONE
            else run_line(others[key], classifiers.title_of(others[key].spec.classifier))
        ),
        help="What changed since another run: evidence lost and gained, differences with "
        "intervals, verdicts that turned.",
    )
    address.remember("against", None if chosen == ALONE else chosen)
    return others.get(chosen)


def choose_format(other: Run | None) -> str:
    """The format, which the address keeps; PDF where a Chromium is there to print it."""
    offered = [
        name
        for name in TITLES
        if (name != "pdf" or chromium()) and (name != "card" or other is None)
    ]
    address.keep(FORMAT, "format", lambda asked: [name for name in offered if name == asked])
    if st.session_state.get(FORMAT) not in offered:
        st.session_state[FORMAT] = formats.DEFAULT
    chosen = st.segmented_control(
        "Format",
        offered,
        key=FORMAT,
        required=True,
        format_func=lambda name: TITLES[name],
        help="PDF is offered where a Chromium or Chrome is on the server.",
    )
    address.remember("format", None if chosen == formats.DEFAULT else chosen)
    return chosen or formats.DEFAULT


def offer(run: Run, other: Run | None, name: str) -> None:
    """The download, built when it is asked for, and the command that writes the same file. Against
    another run what changed comes first; where the two cannot be compared, why not.
    """
    form = formats.FORMATS[name]
    subject, then = _subject(run), None if other is None else _subject(other)
    if then is not None and not _show_changes(subject, then):
        return
    slow = "up to a minute" if name == "pdf" else "a few seconds"
    size = ", about 10 MB, most of it the chart library" if name == "html" and not other else ""
    st.download_button(
        "Download the report",
        lambda: _built(subject, then, name),
        f"heatcheck-{run.id[:6]}{f'-against-{other.id[:6]}' if other else ''}{form.endings[0]}",
        form.mime,
        icon=":material/download:",
        help=f"It is built when you click: {slow}{size}.",
    )
    st.caption("The command that writes the same file:")
    words = ["heatcheck report", run.id[:8]]
    words += ["--against", other.id[:8]] if other else []
    words += ["--format card"] if name == "card" else []
    st.code(f"{' '.join(words)} --out report{form.endings[0]}", language=None, wrap_lines=True)


def _subject(run: Run) -> Subject:
    """A run as the page has read it."""
    return Subject(service.store(), run, answer.summary_of(run))


def _built(subject: Subject, other: Subject | None, name: str) -> bytes:
    if other is None:
        return formats.written(subject, name, seats.reviews().outcomes(subject.run.id))
    return formats.written_against(subject, other, name)


def _show_changes(now: Subject, then: Subject) -> bool:
    """What changed, in a line; whether the runs can be compared."""
    try:
        told = against.compared(now, then)
    except HeatcheckError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return False
    st.markdown(f":material/compare_arrows: **{plain(told.headline)}**")
    st.caption(plain(" ".join(told.notes)))
    return True


def show_contents(run: Run, other: Run | None) -> None:
    """What the report of a run will hold."""
    if other is not None:
        return
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
        "the model, the answer and how sure it is, the table at a glance and one picture by all "
        "methods",
        "what would change the answer, strengths and limitations",
        "the textbook's claims, each beside its measurement",
        "the leaderboard with intervals, mean deletion and insertion curves, "
        "faithfulness against cost",
        "the same three pictures for all methods, chosen by rule; one where methods are many",
        f"{team}{left_out}",
        "limits, provenance, references, and the command that repeats it",
    )
    with st.expander("What the HTML file and the PDF hold"):
        st.markdown("".join(f"\n- {plain(line)}" for line in lines))
        st.caption("Markdown and JSON hold no pictures, charts and team sessions.")
