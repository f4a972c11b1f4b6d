"""What a score is made of, and where conventions disagree: the Leaderboard's closer looks at
deletion and insertion.
"""

from __future__ import annotations

import streamlit as st

from heatcheck.drawing import curve_charts, rank_charts
from heatcheck.judgement.map_agreement import Agreement, agreement
from heatcheck.judgement.phrases import interval, three_digits, title_of
from heatcheck.judgement.score_parts import AREAS, Split, splits
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.tool_conventions import Ranked, flips, ranked
from heatcheck.metrics import METRICS
from heatcheck.runs.keys import is_control
from heatcheck.runs.records import Run
from heatcheck.server import service
from heatcheck.ui.leaderboard import map_sample
from heatcheck.ui.shared import charts, growth

ABOUT = """
**Grain** is what the texture of a map buys: the score of the same map moved half a picture away.
**Shared place** is what the maps
of other pictures score beyond that: where photographers put things, or what the model reads at the
same place in every picture. **Evidence** is what the picture's own map scores beyond those, and the
only part that belongs to the picture. Each comes with its 95 % interval over {unit}.
"""


def show_splits(scores: Scores) -> None:
    """Grain, shared place and evidence, as a chart and a table."""
    by_area = {area: parted for area in AREAS if (parted := splits(scores, area))}
    st.subheader("What a score is made of", anchor=False)
    if not by_area:
        st.caption(
            "This run has not exchanged maps between images yet: it does so once all maps are made."
            if scores.under_way
            else "This run has not exchanged maps between images, so its scores cannot be "
            "split. A run with the standard metrics can."
        )
        return
    st.markdown(ABOUT.format(unit=scores.unit))
    chosen = st.segmented_control(
        "Score",
        list(by_area),
        default=next(iter(by_area)),
        format_func=lambda area: METRICS[area].title,
        key="split_area",
        label_visibility="collapsed",
    )
    parted = by_area[chosen or next(iter(by_area))]
    charts.draw(curve_charts.splits(parted, scores.unit_of(parted[0].area)), "leaderboard_splits")
    _table(parted, scores.in_unit)


@st.cache_data(max_entries=8, show_spinner="Comparing the maps of all methods …")
def _agreement(
    store: str, run: str, state: tuple[object, ...], _run: Run
) -> tuple[list[Agreement], str]:
    methods = list(_run.spec.keyed)
    sample = map_sample.drawn(_run, methods)
    return agreement(sample.maps(methods), methods, _run.spec.samples), sample.said


def show_agreement(run: Run) -> None:
    """How alike the methods rank the pixels of an image."""
    pairs, said = _agreement(service.store().url, run.id, growth.state(run), run)
    st.subheader("Which methods say the same", anchor=False)
    if not pairs:
        st.caption(
            "Two methods with maps that vary are needed. Wait for the run, or start one "
            "with more methods."
        )
        return
    st.caption(
        "Spearman's rank correlation of two methods' maps of the same image, by the "
        f"strength of each pixel whatever its sign, mean over {run.spec.unit}: 1 the same order "
        f"of pixels, 0 none in common. {said}".rstrip()
    )
    charts.draw(rank_charts.map_agreement(pairs, list(run.spec.keyed)), "leaderboard_agreement")


def show_conventions(scores: Scores) -> None:
    """The same maps under the conventions of six tools, and who changes places."""
    st.subheader("Where tools disagree", anchor=False)
    if not ranked(scores, AREAS[0]):
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
    orders = ranked(scores, chosen or AREAS[0])
    changing = flips(orders)
    methods = list(orders[0].means)
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
            **{order.convention.title: _place_and_mean(order, method) for order in orders},
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
        f"Place, then the mean area over {scores.unit}. Numbers of different tools do not "
        "compare; the order of methods should, and here it is seen whether it does."
    )


def _place_and_mean(order: Ranked, method: str) -> str:
    return f"{order.places[method]} · {three_digits(order.means[method])}"


def _table(parted: list[Split], in_unit: str) -> None:
    rows = [
        {
            "Method": title_of(split.method) + (" · control" if is_control(split.method) else ""),
            "Score": interval(split.score),
            "Grain": interval(split.grain),
            "Shared place": interval(split.shared_place),
            "Evidence": interval(split.evidence),
        }
        for split in parted
    ]
    sum_of = (
        "grain less shared place and evidence"
        if parted[0].area == "deletion"
        else "grain plus shared place and evidence"
    )
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        column_config={"Method": st.column_config.TextColumn(pinned=True)},
        alt="Parts of a score, a row a method",
    )
    st.caption(
        f"The score is {sum_of}, {in_unit}. Shared place and evidence are signed so "
        "that more is better. Evidence is the exchange gain, shared place and evidence together "
        "the placement gain."
    )
