"""What every page that answers opens with: how good the model is, the run's answer in a line with
its colour, and how sure it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import streamlit as st

from heatcheck.answer.headline import Tone
from heatcheck.answer.summary import Summary
from heatcheck.judgement.evidence import SMALLEST
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import DEFAULTS
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.shared import growth
from heatcheck.ui.shared.markdown import plain

ICONS: dict[Tone, str] = {
    "good": ":material/check_circle:",
    "middle": ":material/contrast:",
    "bad": ":material/cancel:",
    "none": ":material/help:",
}
SURE = 2  # sentences of how sure that are in sight
LARGE = 5000  # steps from which a run's scores are large
KEPT = 4  # summaries of a run, by what readers moved


def summary_of(
    run: Run, smallest: float = SMALLEST, moved: Mapping[str, float] = DEFAULTS
) -> Summary:
    """A run's summary, made once for what the run has measured so far, of a large run under way at
    each few per cent more; `moved` are the thresholds of verdicts that are not the default, by
    name. Whatever is moved, the scores are read once.
    """
    read = _large if run.done > LARGE else _small
    made = read(service.store().url, run.id, growth.state(run))
    return made(smallest, tuple(sorted(moved.items())))


def scores_of(run: Run) -> Scores:
    """A run's scores, read once as for `summary_of`."""
    return summary_of(run).scores


Made = Callable[[float, tuple[tuple[str, float], ...]], Summary]


def _read(run: str) -> Made:
    store = service.store()
    scores, findings = Scores.of_run(store, run), store.results.findings(run)
    return lru_cache(maxsize=KEPT)(
        lambda smallest, moved: Summary(scores, findings, smallest, dict(moved))
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _small(store: str, run: str, state: tuple[object, ...]) -> Made:
    """`store` and `state` say which measurements are meant."""
    return _read(run)


@st.cache_resource(max_entries=2, show_spinner="Reading the scores of a large run …")
def _large(store: str, run: str, state: tuple[object, ...]) -> Made:
    """The same of runs whose scores take much memory."""
    return _read(run)


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
