"""Charts of a run's standings: the Leaderboard's closer looks, and cost in the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from heatcheck.drawing.chart import GRID, HEIGHT, ZERO, Chart, arms, dots, hover, panels, symbol_of
from heatcheck.drawing.labels import line_style, metric_in_full, metric_title
from heatcheck.drawing.thinning import thinned
from heatcheck.judgement.phrases import interval, three_digits, title_of
from heatcheck.judgement.standings import Standing
from heatcheck.judgement.statistics import Estimate
from heatcheck.metrics import METRICS
from heatcheck.runs.keys import is_control

REPEATS = (
    "Two maps of the same image, the second with faint noise on it and another seed: what falls "
    "short of 1 does not come again, and is the map's noise at that scale. Lines: 95 % intervals."
)


def intervals(standings: Sequence[Standing], unit: str = "") -> Chart:
    """One metric: each method's mean with its interval, zero drawn. Here as below `unit` is the
    metric's in the run, its usual one where none is given.
    """
    title = metric_in_full(standings[0].metric, unit)
    best = {standing.method for standing in standings if standing.best}
    figure = dots(
        {standing.method: standing.estimate for standing in standings if standing.estimate},
        title,
        lambda key: "circle" if key in best else "circle-open",
    )
    figure.add_vline(0, line={"color": ZERO, "width": 1})
    means = "; ".join(
        f"{title_of(standing.method)} {interval(standing.estimate)}" for standing in standings
    )
    return Chart(figure, f"{title}: means with 95 % intervals: {means}.")


def skills(leads: Mapping[str, Mapping[str, Estimate]], metric: str, unit: str = "") -> Chart:
    """How much better than each control the methods are, a panel a control; right of zero is
    better.
    """
    by_title = {f"than {title_of(control)}": by_method for control, by_method in leads.items()}
    by_control = [
        f"{title}: " + "; ".join(f"{title_of(key)} {interval(lead)}" for key, lead in lines.items())
        for title, lines in by_title.items()
    ]
    return Chart(
        panels(by_title, zero=list(by_title)),
        f"{METRICS[metric].title}, how much better image by image, in "
        f"{unit or METRICS[metric].unit}, means with 95 % intervals; below zero is worse. "
        + ". ".join(by_control)
        + ".",
    )


def repeatability(by_method: Mapping[str, Mapping[int, Estimate]]) -> Chart:
    """How much of a map comes again, over the side of the squares that are averaged: a line a
    method, its interval at each scale.
    """
    figure = go.Figure()
    for key, at in by_method.items():
        colour, dash = line_style(key)
        figure.add_trace(
            go.Scatter(
                x=list(at),
                y=[mean.mean for mean in at.values()],
                error_y=_arms_of(list(at.values()), colour),
                name=title_of(key),
                mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 2},
                marker={"symbol": symbol_of(key), "size": 8},
                hovertext=[hover(interval(mean)) for mean in at.values()],
                hovertemplate=f"{title_of(key)}<br>%{{x}} pixels: %{{hovertext}}<extra></extra>",
            )
        )
    scales = sorted({scale for at in by_method.values() for scale in at})
    figure.update_xaxes(
        title="side of the squares that are averaged, pixels",
        type="log",
        tickvals=scales,
        ticktext=[str(scale) for scale in scales],
        gridcolor=GRID,
    )
    figure.update_yaxes(
        title="correlation of two maps", automargin=True, gridcolor=GRID, zerolinecolor=ZERO
    )
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": -0.3, "x": 0},
    )
    lines = "; ".join(
        f"{title_of(key)} "
        + ", ".join(f"{interval(mean)} at {scale}" for scale, mean in at.items())
        for key, at in by_method.items()
    )
    return Chart(figure, f"How much of a map comes again, by the side of squares: {lines}.")


def _arms_of(means: Sequence[Estimate], colour: str) -> dict[str, object]:
    """The intervals of a line's points; none where a point has none."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [0.0 if mean.high is None else mean.high - mean.mean for mean in means],
        "arrayminus": [0.0 if mean.low is None else mean.mean - mean.low for mean in means],
        "color": colour,
        "thickness": 1.5,
        "width": 3,
    }


def images(wide: pd.DataFrame, metric: str, unit: str = "") -> Chart:
    """The distribution of one metric: a point an image for each method; its image and method travel
    with it.
    """
    figure = go.Figure()
    lines, note = thinned({key: wide[key].dropna().to_dict() for key in wide.columns})
    for key, points in reversed(lines.items()):
        figure.add_trace(
            go.Scatter(
                x=list(points.values()),
                y=[title_of(key)] * len(points),
                customdata=[[image, key] for image in points],
                hovertext=[hover(three_digits(value)) for value in points.values()],
                mode="markers",
                showlegend=False,
                marker={
                    "color": line_style(key)[0],
                    "size": 9,
                    "opacity": 0.6,
                    "symbol": symbol_of(key),
                },
                hovertemplate="%{y} on %{customdata[0]}: %{hovertext}<extra></extra>",
            )
        )
    log = METRICS[metric].scale == "log" and bool((wide.min() > 0).all())
    figure.update_xaxes(
        title=metric_in_full(metric, unit),
        gridcolor=GRID,
        zeroline=False,
        type="log" if log else "linear",
    )
    figure.update_yaxes(automargin=True)
    figure.update_layout(
        height=120 + 36 * wide.shape[1],
        margin={"l": 10, "r": 20, "t": 10, "b": 10},
        clickmode="event+select",
    )
    quartiles = "; ".join(
        f"{title_of(key)} "
        + ", ".join(three_digits(float(wide[key].quantile(share))) for share in (0.25, 0.5, 0.75))
        for key in wide
    )
    title = metric_in_full(metric, unit)
    return Chart(figure, f"{title}, a point an image; quartiles: {quartiles}.", note)


def cost(
    runtime: Mapping[str, Estimate],
    faithful: Mapping[str, Mapping[str, Estimate]],
    units: Mapping[str, str],
) -> Chart:
    """Faithfulness against cost: a panel a metric, milliseconds of one map across, a point a method
    with both its intervals. `units` are the metrics' in the run.
    """
    titles = [metric_title(metric) for metric in faithful]
    figure = make_subplots(
        len(faithful), 1, shared_xaxes=True, vertical_spacing=0.14, subplot_titles=titles
    )
    for row, (metric, means) in enumerate(faithful.items(), 1):
        for key, mean in means.items():
            if key not in runtime:
                continue
            time, colour = runtime[key], line_style(key)[0]
            figure.add_trace(
                go.Scatter(
                    x=[time.mean],
                    y=[mean.mean],
                    error_x=arms(time, colour),
                    error_y=arms(mean, colour),
                    name=title_of(key),
                    legendgroup=key,
                    showlegend=row == 1,
                    mode="markers",
                    marker={"color": colour, "size": 10, "symbol": symbol_of(key)},
                    hovertemplate=f"{title_of(key)}<br>{hover(interval(time))} "
                    f"ms<br>{METRICS[metric].title} "
                    f"{hover(interval(mean))}<extra></extra>",
                ),
                row=row,
                col=1,
            )
        edge = front(runtime, means, METRICS[metric].better)
        figure.add_trace(
            go.Scatter(
                x=[runtime[key].mean for key in edge],
                y=[means[key].mean for key in edge],
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
                line={"color": ZERO, "dash": "dot", "width": 1.5, "shape": "hv"},
            ),
            row=row,
            col=1,
        )
        figure.update_yaxes(
            title=units[metric],
            gridcolor=GRID,
            zerolinecolor=ZERO,
            row=row,
            col=1,
        )
    figure.update_xaxes(type="log", gridcolor=GRID, dtick=1)
    figure.update_xaxes(title="milliseconds of one map, logarithmic", row=len(faithful), col=1)
    figure.update_layout(
        height=160 + 230 * len(faithful),
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        legend={"orientation": "h", "y": -0.15, "x": 0},
    )
    return Chart(figure, _cost_in_words(runtime, faithful, units))


def front(
    runtime: Mapping[str, Estimate], faithful: Mapping[str, Estimate], better: str
) -> list[str]:
    """The Pareto front, cheapest first: methods, no control, than which no other is both cheaper
    and better.
    """
    edge: list[str] = []
    sign = 1 if better == "higher" else -1
    for key in sorted(
        (key for key in faithful if key in runtime and not is_control(key)),
        key=lambda key: (runtime[key].mean, -sign * faithful[key].mean),
    ):
        if not edge or sign * faithful[key].mean > sign * faithful[edge[-1]].mean:
            edge.append(key)
    return edge


def _cost_in_words(
    runtime: Mapping[str, Estimate],
    faithful: Mapping[str, Mapping[str, Estimate]],
    units: Mapping[str, str],
) -> str:
    points = [
        f"{metric_in_full(metric, units[metric])}: "
        + "; ".join(
            f"{title_of(key)} {interval(mean)} at {interval(runtime[key])} ms"
            for key, mean in means.items()
            if key in runtime
        )
        for metric, means in faithful.items()
    ]
    fronts = [
        f"No method is both cheaper and better under {METRICS[metric].title} than "
        f"{', '.join(title_of(key) for key in front(runtime, means, METRICS[metric].better))}"
        for metric, means in faithful.items()
    ]
    return (
        "Faithfulness against the milliseconds of one map. " + ". ".join([*points, *fronts]) + "."
    )


def composites(places: Mapping[str, Estimate]) -> Chart:
    """The reader's composite: each method's mean place with its interval."""
    figure = dots(places, "mean place by your weights: 1 always best, 0 always worst", symbol_of)
    figure.update_xaxes(range=[-0.02, 1.02])
    means = "; ".join(f"{title_of(key)} {interval(place)}" for key, place in places.items())
    return Chart(figure, f"Mean places by the reader's weights: {means}.")
