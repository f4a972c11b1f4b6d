"""Charts of the evidence behind a verdict, on Strengths: images, their mean, and the threshold.

Ratios stand on a logarithmic scale.
"""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from heatcheck.drawing.chart import GRID, Chart, arms, hover
from heatcheck.drawing.labels import OKABE_ITO, line_style
from heatcheck.drawing.thinning import thinned
from heatcheck.judgement.phrases import interval, three_digits, title_of
from heatcheck.judgement.statistics import Estimate


def sample(
    values: Mapping[str, float], mean: Estimate, threshold: float, unit: str, ratio: bool = True
) -> Chart:
    """A point an image, their mean with its interval, and the threshold that a claim is held
    against.
    """
    lines, note = thinned({unit: values})
    points = lines[unit]
    figure = go.Figure(
        go.Scatter(
            x=list(points.values()),
            y=["each image"] * len(points),
            customdata=list(points),
            hovertext=_in_words(points),
            mode="markers",
            showlegend=False,
            marker={"color": OKABE_ITO[0], "size": 8, "opacity": 0.55},
            hovertemplate="%{customdata}: %{hovertext}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[mean.mean],
            y=["mean"],
            error_x=arms(mean, OKABE_ITO[0]),
            mode="markers",
            showlegend=False,
            marker={"color": OKABE_ITO[0], "size": 11},
            hovertemplate=f"mean {hover(interval(mean))}, n = {mean.n}<extra></extra>",
        )
    )
    _hold_against(figure, threshold, unit, ratio)
    figure.update_yaxes(automargin=True, autorange="reversed")
    figure.update_layout(height=190, margin={"l": 10, "r": 20, "t": 10, "b": 10})
    least = min(values, key=lambda image: values[image])
    most = max(values, key=lambda image: values[image])
    return Chart(
        figure,
        f"{len(values)} images, in {unit}: mean {interval(mean)}, threshold "
        f"{three_digits(threshold)}. Least: {least}, {three_digits(values[least])}; "
        f"most: {most}, {three_digits(values[most])}.",
        note,
    )


def members(
    samples: Mapping[str, Mapping[str, float]],
    means: Mapping[str, Estimate],
    threshold: float,
    unit: str,
    ratio: bool = True,
) -> Chart:
    """A line a method: a point an image, the mean with its interval, and the threshold that each is
    held against.
    """
    figure = go.Figure()
    lines, note = thinned(samples)
    for key, points in reversed(lines.items()):
        colour, title = line_style(key)[0], title_of(key)
        figure.add_trace(
            go.Scatter(
                x=list(points.values()),
                y=[title] * len(points),
                customdata=list(points),
                hovertext=_in_words(points),
                mode="markers",
                showlegend=False,
                marker={"color": colour, "size": 7, "opacity": 0.35},
                hovertemplate=f"{title}, %{{customdata}}: %{{hovertext}}<extra></extra>",
            )
        )
        mean = means[key]
        figure.add_trace(
            go.Scatter(
                x=[mean.mean],
                y=[title],
                error_x=arms(mean, colour),
                mode="markers",
                showlegend=False,
                marker={"color": colour, "size": 11},
                hovertemplate=f"{title}: mean {hover(interval(mean))}, n = {mean.n}<extra></extra>",
            )
        )
    _hold_against(figure, threshold, unit, ratio)
    figure.update_yaxes(automargin=True)
    figure.update_layout(
        height=110 + 34 * len(samples), margin={"l": 10, "r": 20, "t": 10, "b": 10}
    )
    by_method = "; ".join(f"{title_of(key)} {interval(mean)}" for key, mean in means.items())
    return Chart(
        figure,
        f"In {unit}, a point an image: means {by_method}. Threshold {three_digits(threshold)}.",
        note,
    )


def _in_words(values: Mapping[str, float]) -> list[str]:
    """The value of each point."""
    return [hover(three_digits(value)) for value in values.values()]


def _hold_against(figure: go.Figure, threshold: float, unit: str, ratio: bool) -> None:
    """Draw the threshold, and say the scale."""
    figure.add_vline(threshold, line={"color": OKABE_ITO[1], "width": 2, "dash": "dash"})
    figure.update_xaxes(
        title=f"{unit} (dashed: the threshold, {three_digits(threshold)})"
        f"{', logarithmic' if ratio else ''}",
        type="log" if ratio else "linear",
        gridcolor=GRID,
        zeroline=False,
    )
