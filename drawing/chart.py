"""A chart with its text alternative, and the pieces that several charts are made of. Plotly, drawn
as SVG, readable at 800 pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from heatcheck.drawing.labels import line_style
from heatcheck.judgement.phrases import interval, title_of
from heatcheck.judgement.statistics import Estimate
from heatcheck.runs.keys import is_control

HEIGHT = 380
GRID = "rgba(128,128,128,0.25)"
ABREAST = 2  # panels side by side
ZERO = "rgba(128,128,128,0.8)"


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure, and what it shows in words for those who do not see it: numbers of its data. Where
    it draws some of its points alone, `note` says so.

    Its axes are written without exponents.
    """

    figure: go.Figure
    alt: str
    note: str = ""

    def __post_init__(self) -> None:
        for axes in (self.figure.update_xaxes, self.figure.update_yaxes):
            axes(exponentformat="none", separatethousands=True)


def hover(words: str) -> str:
    """Words as plotly shows them: `<0.0001 (>-0.0001` would be a tag to it."""
    return words.replace("<", "&lt;")


def symbol_of(key: str) -> str:
    """Filled for a method, open for a control."""
    return "diamond-open" if is_control(key) else "circle"


def arms(estimate: Estimate, colour: str) -> dict[str, object] | None:
    """An interval as plotly draws it; None where there is none."""
    if estimate.low is None or estimate.high is None:
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": [estimate.high - estimate.mean],
        "arrayminus": [estimate.mean - estimate.low],
        "color": colour,
        "thickness": 1.5,
        "width": 3,
    }


def dots(means: Mapping[str, Estimate], title: str, symbol: Callable[[str], str]) -> go.Figure:
    """A line a method: its mean as a dot, its interval as a bar."""
    figure = go.Figure()
    for key, mean in means.items():
        colour = line_style(key)[0]
        figure.add_trace(
            go.Scatter(
                x=[mean.mean],
                y=[title_of(key)],
                error_x=arms(mean, colour),
                mode="markers",
                showlegend=False,
                marker={"color": colour, "size": 10, "symbol": symbol(key)},
                hovertemplate=f"{title_of(key)}: {hover(interval(mean))}, n = "
                f"{mean.n}<extra></extra>",
            )
        )
    figure.update_xaxes(title=title, gridcolor=GRID, zeroline=False)
    figure.update_yaxes(automargin=True, autorange="reversed")
    figure.update_layout(height=110 + 34 * len(means), margin={"l": 10, "r": 20, "t": 10, "b": 10})
    return figure


def panels(means: Mapping[str, Mapping[str, Estimate]], zero: Sequence[str]) -> go.Figure:
    """A panel a title, a line a method: its mean as a dot, its interval as a bar; `zero` names the
    panels in which zero is drawn. Two panels a row, so that their titles have room on a phone.
    """
    rows = -(-len(means) // ABREAST)
    lines = max(len(by_method) for by_method in means.values())
    height = 40 + rows * (70 + 26 * lines)
    figure = make_subplots(
        rows,
        min(ABREAST, len(means)),
        shared_yaxes=True,
        horizontal_spacing=0.03,
        vertical_spacing=70 / height,
        subplot_titles=list(means),
    )
    for place, (panel, by_method) in enumerate(means.items()):
        row, column = place // ABREAST + 1, place % ABREAST + 1
        for key, mean in reversed(list(by_method.items())):
            colour, title = line_style(key)[0], title_of(key)
            figure.add_trace(
                go.Scatter(
                    x=[mean.mean],
                    y=[title],
                    error_x=arms(mean, colour),
                    mode="markers",
                    showlegend=False,
                    marker={"color": colour, "size": 9, "symbol": symbol_of(key)},
                    hovertemplate=f"{title}: {panel.strip('= ')} "
                    f"{hover(interval(mean))}, n = "
                    f"{mean.n}<extra></extra>",
                ),
                row=row,
                col=column,
            )
        if panel in zero:
            figure.add_vline(0, line={"color": ZERO, "width": 1}, row=row, col=column)
    figure.update_xaxes(gridcolor=GRID, zeroline=False, nticks=4, tickangle=0)
    figure.update_yaxes(automargin=True)
    figure.update_annotations(font_size=13)
    figure.update_layout(height=height, margin={"l": 10, "r": 20, "t": 40, "b": 10})
    return figure
