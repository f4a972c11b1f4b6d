"""What every page that answers opens with: how good the model is, the run's answer in a line with
its colour, and how sure it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from heatcheck.answer.headline import Tone
from heatcheck.answer.summary import Summary
from heatcheck.judgement.evidence import SMALLEST
from heatcheck.judgement.verdicts import DEFAULTS
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.shared.markdown import plain

ICONS: dict[Tone, str] = {
    "good": ":material/check_circle:",
    "middle": ":material/contrast:",
    "bad": ":material/cancel:",
    "none": ":material/help:",
}
SURE = 2  # sentences of how sure that are in sight


def summary_of(
    run: Run, smallest: float = SMALLEST, moved: Mapping[str, float] = DEFAULTS
) -> Summary:
    """A run's summary, made once for what the run has measured so far; `moved` are the thresholds
    of verdicts that are not the default, by name.
    """
    state = (run.asked_at, run.ended_at, run.status, run.done, run.failures)
    return _summary(service.store().url, run.id, state, smallest, dict(moved))


@st.cache_resource(max_entries=4, show_spinner=False)
def _summary(
    store: str, run: str, state: tuple[object, ...], smallest: float, moved: dict[str, float]
) -> Summary:
    """`store` and `state` say which measurements are meant."""
    return Summary.of_run(service.store(), run, smallest, moved)


def show_model(summary: Summary) -> None:
    """How good the model is on these images: a quiet line, or a banner where nothing can be said of
    any map of it; nothing where the run has not asked it yet.
    """
    told = plain(" ".join(summary.model))
    if not told:
        return
    if summary.scores.barred:
        st.error(told, icon=":material/error:")
    else:
        st.caption(f":material/neurology: {told}")


def show_headline(summary: Summary) -> None:
    """The answer in a block of its colour, and how sure it is in one quiet line."""
    headline = summary.headline
    told = f"**{plain(headline.answer.removesuffix(headline.caution).strip())}**"
    if headline.tone == "good":
        st.success(told, icon=ICONS["good"])
    elif headline.tone == "middle":
        st.warning(told, icon=ICONS["middle"])
    elif headline.tone == "bad":
        st.error(told, icon=ICONS["bad"])
    else:
        with st.container(border=True):
            st.markdown(f"{ICONS['none']} {told}")
    if headline.caution:
        st.markdown(f":material/warning: {plain(headline.caution)}")
    sure = [one for one in headline.sure if one not in summary.model][:SURE]
    if sure:
        st.caption(plain(" ".join(sure)))


def show_change(summary: Summary, *, again: bool = True) -> None:
    """How sure the answer is, and what would change it; where not `again`, only what is not in
    sight above.
    """
    headline = summary.headline
    for title, sentences in (
        ("How sure this is", headline.sure if again else headline.sure[SURE:]),
        ("What would change it", headline.change),
    ):
        if sentences:
            st.markdown(f"**{title}**\n" + "".join(f"\n- {plain(one)}" for one in sentences))
