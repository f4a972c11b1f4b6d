"""The leaderboard's table: numbers that sort, shown with their intervals; controls in grey, the
best and their equals marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from heatcheck.drawing.labels import metric_title
from heatcheck.judgement.phrases import three_digits, title_of
from heatcheck.judgement.standings import NEVER, Standing
from heatcheck.metrics import METRICS
from heatcheck.runs.keys import is_control
from heatcheck.ui.shared.markdown import plain

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

BEST, NO_BETTER = "◆ ", "▽ "
FAILURE = ("image", "method", "metric", "error")  # what a table of failures shows
WIDE = 260  # pixels of a column: a mark, three numbers with their signs, and a caution
# Of names, which Streamlit pales where a column is pinned, and of controls' numbers.
INK = {"light": ("#000000", "#666666"), "dark": ("#FFFFFF", "#A0A0A0")}


def leaderboard(standings: Sequence[Standing]) -> None:
    """One row a method, one column a metric."""
    metrics = list(dict.fromkeys(standing.metric for standing in standings))
    methods = list(dict.fromkeys(standing.method for standing in standings))
    by_pair = {(standing.method, standing.metric): standing for standing in standings}
    names = [title_of(method) + (" · control" if is_control(method) else "") for method in methods]
    wide = pd.DataFrame(
        {
            "Method": names,
            **{
                metric_title(metric): [_mean(by_pair[method, metric]) for method in methods]
                for metric in metrics
            },
        }
    )
    style = wide.style
    for row, method in enumerate(methods):
        for metric in metrics:
            text = _text(by_pair[method, metric])
            style = style.format(
                lambda value, text=text: text,
                subset=pd.IndexSlice[[row], [metric_title(metric)]],
                na_rep=text,
            )
    ink, quiet = INK["dark" if st.context.theme.type == "dark" else "light"]
    grey = [row for row, method in enumerate(methods) if is_control(method)]
    style = style.set_properties(subset=["Method"], color=ink)
    style = style.set_properties(
        subset=pd.IndexSlice[grey, list(map(metric_title, metrics))], color=quiet
    )
    st.dataframe(
        style,
        hide_index=True,
        height="content",
        placeholder=NEVER,
        alt="Leaderboard: a row a method, a column a metric, means with 95 % intervals",
        column_config={
            "Method": st.column_config.TextColumn(pinned=True, width="medium"),
            **{
                metric_title(metric): st.column_config.NumberColumn(help=about(metric), width=WIDE)
                for metric in metrics
            },
        },
    )


def _mean(standing: Standing) -> float | None:
    return standing.estimate.mean if standing.estimate else None


def _text(standing: Standing) -> str:
    mark = (BEST if standing.best else "") + (NO_BETTER if standing.beats_random is False else "")
    return mark + standing.text


def about(metric: str) -> str:
    """A metric in words, for the head of its column: what it is, its unit, when it misleads."""
    return (
        f"{METRICS[metric].summary} In {METRICS[metric].unit}; {METRICS[metric].better} is "
        f"better. {METRICS[metric].misleads}"
    )


def in_words(frame: pd.DataFrame, columns: Sequence[str]) -> Styler:
    """The same table with the numbers of these columns in words, as sentences have them; they sort
    as numbers.
    """
    return frame.style.format(three_digits, subset=list(columns))


def failures(table: pd.DataFrame) -> pd.DataFrame:
    """Which scores failed, and why."""
    failed = table[table["error"] != ""]
    return failed[list(FAILURE)].astype(str).reset_index(drop=True)


def measured(rows: Sequence[tuple[str, str]], alt: str) -> None:
    """Measurements as text that can be searched: a name and a text a row."""
    st.table(
        [{"What": plain(name), "Measured": plain(text)} for name, text in rows],
        hide_index=True,
        border="horizontal",
        alt=alt,
    )


def pairs(rows: list[tuple[str, str]]) -> None:
    """A small table of names and values."""
    frame = pd.DataFrame(rows, columns=["What", "Value"])
    st.dataframe(
        frame, hide_index=True, height="content", alt="What this run asked and where it ran"
    )


def machine_times(times: pd.DataFrame) -> None:
    """The time of one map by method and kind of machine, where there are several kinds."""
    if not times.empty:
        st.caption("Time of one map in ms, by kind of machine:")
        st.dataframe(
            times, hide_index=True, alt="Time of one map in ms, by method and kind of machine"
        )
