"""The laboratory's drawings: maps alone on a scale, and charts of a path, of gaps and of noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from heatcheck.drawing.chart import GRID, HEIGHT, ZERO, Chart
from heatcheck.drawing.maps import BOTH_SIGNS, COLOUR_MAPS, colours, top_of
from heatcheck.inputs.images import png
from heatcheck.judgement.phrases import three_digits
from heatcheck.runs.laboratory import Smoothing, Walk

BLUE, ORANGE = "#0072B2", "#D55E00"
LINES = ((BLUE, "solid", "circle"), ("#009E73", "dot", "square"), (ORANGE, "dash", "diamond"))
SHADE = "rgba(213,94,0,0.14)"
MARGIN = {"l": 10, "r": 10, "t": 40, "b": 10}


def alone(heat: np.ndarray, *, both_signs: bool = False, top: float | None = None) -> bytes:
    """A map `[H,W]` without the picture, as PNG; `top` is the value that is drawn strongest, else
    the map's own.
    """
    unit = np.clip(heat / (top or top_of(heat)), -1, 1)
    unit = (unit + 1) / 2 if both_signs else np.clip(unit, 0, 1)
    painted = colours(BOTH_SIGNS if both_signs else next(iter(COLOUR_MAPS)))
    return png(painted[np.round(255 * unit).astype(np.uint8)])


def path(walk: Walk, at: int, what: str) -> Chart:
    """The output along a path: where it stays within 10 % of its change from
    its end is shaded; a mark stands at
    step `at`. `what` names the output.
    """
    percent = [100 * place for place in walk.places]
    figure = go.Figure(
        go.Scatter(
            x=percent,
            y=list(walk.scores),
            mode="lines",
            line={"color": BLUE, "width": 2},
            showlegend=False,
            hovertemplate=f"%{{x:.0f}} % of the path<br>{what} %{{y:.3f}}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[percent[at]],
            y=[walk.scores[at]],
            mode="markers",
            marker={"color": ORANGE, "size": 11},
            showlegend=False,
            hoverinfo="skip",
        )
    )
    said = ""
    if walk.saturated_from < 1:
        figure.add_vrect(
            100 * walk.saturated_from,
            100,
            fillcolor=SHADE,
            line_width=0,
            annotation_text="saturated",
            annotation_position="right",  # half-way up, since there the line lies near its end
        )
        said = f" From {three_digits(100 * walk.saturated_from)} % on it is saturated."
    figure.update_xaxes(title="share of the path, %", range=[-1, 101], gridcolor=GRID)
    figure.update_yaxes(title=what, gridcolor=GRID, zerolinecolor=ZERO)
    figure.update_layout(height=HEIGHT - 80, margin=MARGIN)
    return Chart(
        figure,
        f"The {what} along the path: {three_digits(walk.scores[0])} at the baseline, "
        f"{three_digits(walk.scores[-1])} at the picture, {three_digits(walk.scores[at])} at the "
        f"chosen step.{said}",
    )


def gaps(by_steps: Mapping[int, float]) -> Chart:
    """The completeness gap, a share of the change, by the number of steps."""
    figure = go.Figure(
        go.Scatter(
            x=[str(steps) for steps in by_steps],
            y=[100 * gap for gap in by_steps.values()],
            mode="lines+markers",
            line={"color": BLUE, "width": 2},
            marker={"size": 8},
            hovertemplate="%{x} gradients<br>gap %{y:.2f} %<extra></extra>",
        )
    )
    figure.update_xaxes(title="gradients along the path", type="category", gridcolor=GRID)
    figure.update_yaxes(
        title="completeness gap, % of the change",
        gridcolor=GRID,
        rangemode="tozero",
        zerolinecolor=ZERO,
    )
    figure.update_layout(height=HEIGHT - 80, margin=MARGIN)
    listed = "; ".join(
        f"{steps} gradients {three_digits(100 * gap)} %" for steps, gap in by_steps.items()
    )
    return Chart(figure, f"Completeness gap by the number of gradients: {listed}.")


def noise(by_sigma: Mapping[float, Smoothing]) -> Chart:
    """What two seeds differ in, by the number of copies, a line a sigma: their mean gradients, with
    the line of 1/√n; and the ranks of their maps.
    """
    titles = ("How far the means are apart", "Seed noise of the map")
    figure = make_subplots(1, 2, horizontal_spacing=0.12, subplot_titles=titles)
    for (sigma, answer), (colour, dash, symbol) in zip(by_sigma.items(), LINES, strict=False):
        for column, values in ((1, answer.distance), (2, answer.seed_noise)):
            figure.add_trace(
                go.Scatter(
                    x=[str(n) for n in values],
                    y=list(values.values()),
                    name=f"σ = {sigma}",
                    legendgroup=str(sigma),
                    showlegend=column == 1,
                    mode="lines+markers",
                    line={"color": colour, "dash": dash, "width": 2},
                    marker={"size": 8, "symbol": symbol},
                    hovertemplate=f"σ = {sigma}, %{{x}} copies<br>%{{y:.3f}}<extra></extra>",
                ),
                row=1,
                col=column,
            )
    _inverse_root(figure, list(next(iter(by_sigma.values())).distance))
    figure.update_xaxes(title="noisy copies, n", type="category", gridcolor=GRID)
    figure.update_yaxes(rangemode="tozero", gridcolor=GRID, zerolinecolor=ZERO)
    figure.update_yaxes(title="as a share of n = 1", row=1, col=1)
    figure.update_yaxes(title="1 - rank correlation", row=1, col=2)
    figure.update_layout(
        height=HEIGHT, margin=MARGIN, legend={"orientation": "h", "y": -0.25, "x": 0}
    )
    return Chart(figure, f"Two seeds of SmoothGrad. {' '.join(map(_in_words, by_sigma.items()))}")


def _inverse_root(figure: go.Figure, counts: Sequence[int]) -> None:
    figure.add_trace(
        go.Scatter(
            x=[str(n) for n in counts],
            y=[n**-0.5 for n in counts],
            name="1/√n",
            mode="lines",
            line={"color": ZERO, "dash": "dash", "width": 1.5},
            hovertemplate="1/√n at %{x} copies: %{y:.3f}<extra></extra>",
        ),
        row=1,
        col=1,
    )


def _in_words(named: tuple[float, Smoothing]) -> str:
    sigma, answer = named
    most = max(answer.distance)
    return (
        f"At sigma {sigma} and {most} copies their mean gradients are "
        f"{three_digits(answer.distance[most])} of what those of one copy are apart; seed noise "
        f"{three_digits(answer.seed_noise[most])}."
    )
