"""What a score is made of, and where conventions disagree: the Leaderboard's closer looks at
deletion and insertion.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from heatcheck.drawing import charts
from heatcheck.judgement.map_agreement import Agreement, agreement
from heatcheck.judgement.phrases import interval, said, title_of
from heatcheck.judgement.score_parts import AREAS, Split, splits
from heatcheck.judgement.tool_conventions import flips, ranked
from heatcheck.metrics import METRICS
from heatcheck.runs.keys import is_control
from heatcheck.runs.records import Run
from heatcheck.server import service

ABOUT = """
**Grain** is what the texture of a map buys: the score of the same map moved half a picture away.
**Framing** is what the maps of other
pictures score beyond that: where photographers put things. **Evidence** is what the picture's own
map scores beyond those, and the only part that belongs to the picture. Each comes with its 95 %
interval over images; evidence whose interval holds zero is not shown.
"""


def show_splits(table: pd.DataFrame) -> None:
    """Grain, framing and evidence, as a chart and a table."""
    measured = [area for area in AREAS if splits(table, area)]
    st.subheader("What a score is made of", anchor=False)
    if not measured:
        st.caption(
            "This run has not exchanged maps between images, so its scores cannot be "
            "split. A run with the standard metrics can."
        )
        return
    st.markdown(ABOUT)
    chosen = st.segmented_control(
        "Score",
        measured,
        default=measured[0],
        format_func=lambda area: METRICS[area].title,
        key="split_area",
        label_visibility="collapsed",
    )
    found = splits(table, chosen or measured[0])
    st.plotly_chart(
        charts.splits(found),
        key="leaderboard_splits",
        alt=charts.splits_alt(found),
        config={"displaylogo": False},
    )
    _table(found)


@st.cache_data(max_entries=8, show_spinner="Comparing the maps of all methods …")
def _agreement(run: str, done: int, methods: list[str]) -> list[Agreement]:
    return agreement(service.store().results.maps(run), methods)


def show_agreement(run: Run) -> None:
    """How alike the methods rank the pixels of an image."""
    methods = list(run.spec.keyed)
    found = _agreement(run.id, run.done, methods)
    st.subheader("Which methods say the same", anchor=False)
    if not found:
        st.caption(
            "Two methods with maps that vary are needed. Wait for the run, or start one "
            "with more methods."
        )
        return
    st.caption(
        "Spearman's rank correlation of two methods' maps of the same image, by the "
        "strength of each pixel whatever its sign, mean over images: 1 the same order "
        "of pixels, 0 none in common."
    )
    st.plotly_chart(
        charts.agreement(found, methods),
        key="leaderboard_agreement",
        alt=charts.agreement_alt(found),
        config={"displaylogo": False},
    )


def show_conventions(table: pd.DataFrame) -> None:
    """The same maps under the conventions of six tools, and who changes places."""
    st.subheader("Where tools disagree", anchor=False)
    if not ranked(table, AREAS[0]):
        st.caption(
            "This run has not scored its maps under the conventions of other tools. Add "
            "the metric *Spread over conventions* to a run: it takes "
            "about 500 forward passes a map."
        )
        return
    chosen = st.segmented_control(
        "Area",
        AREAS,
        default=AREAS[0],
        format_func=lambda area: METRICS[area].title,
        key="convention_area",
        label_visibility="collapsed",
    )
    found = ranked(table, chosen or AREAS[0])
    changing = flips(found)
    methods = list(found[0].means)
    pairs = len(methods) * (len(methods) - 1) // 2
    st.markdown(
        f"The same maps, read as six tools read them: {len(changing)} of {pairs} pairs of "
        "methods change places between some two tools"
        + (
            f", {title_of(changing[0][0])} and {title_of(changing[0][1])} among them."
            if changing
            else "."
        )
    )
    rows = [
        {
            "Method": title_of(method),
            **{
                one.convention.title: f"{one.places[method]} · {said(one.means[method])}"
                for one in found
            },
        }
        for method in methods
    ]
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        alt="Places and mean areas of each method under each tool's convention",
    )
    st.caption(
        "Place, then the mean area over images. Numbers of different tools do not "
        "compare; the order of methods should, and here it is seen whether it does."
    )


def _table(found: list[Split]) -> None:
    rows = [
        {
            "Method": title_of(one.method) + (" · control" if is_control(one.method) else ""),
            "Score": interval(one.score),
            "Grain": interval(one.grain),
            "Framing": interval(one.framing),
            "Evidence": interval(one.evidence),
            "Evidence shown": "yes" if one.evidence.above_zero else "no",
        }
        for one in found
    ]
    sum_of = (
        "grain less framing and evidence"
        if found[0].area == "deletion"
        else "grain plus framing and evidence"
    )
    st.dataframe(
        rows, hide_index=True, height="content", alt="Grain, framing and evidence, a row a method"
    )
    st.caption(
        f"The score is {sum_of}, in probability. Framing and evidence are signed so that "
        "more is better. Evidence is the exchange gain, framing and evidence together "
        "the placement gain."
    )
