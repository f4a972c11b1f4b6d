"""Charts: plotly, drawn as SVG, readable at 800 pixels. Each has a text alternative made from the
data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from heatcheck.drawing.labels import OKABE_ITO, line_style, metric_title
from heatcheck.judgement.map_agreement import Agreement
from heatcheck.judgement.phrases import interval, said, title_of
from heatcheck.judgement.ranks import Ranking
from heatcheck.judgement.score_parts import Split
from heatcheck.judgement.standings import Standing
from heatcheck.judgement.statistics import Estimate
from heatcheck.metrics import METRICS, Curve
from heatcheck.runs.keys import is_control

HEIGHT = 380
GRID = "rgba(128,128,128,0.25)"


def curves(deletion: Mapping[str, Curve], insertion: Mapping[str, Curve]) -> go.Figure:
    """Deletion and insertion curves of all methods, side by side, one legend; below each how far
    its pictures leave the data.
    """
    figure = make_subplots(
        2,
        2,
        shared_yaxes=True,
        shared_xaxes=True,
        horizontal_spacing=0.04,
        vertical_spacing=0.07,
        row_heights=[0.72, 0.28],
        subplot_titles=("Deletion: lower is better", "Insertion: higher is better"),
    )
    for column, found in ((1, deletion), (2, insertion)):
        for key, curve in found.items():
            colour, dash = line_style(key)
            figure.add_trace(
                go.Scatter(
                    x=[100 * fraction for fraction in curve.fractions],
                    y=list(curve.probabilities),
                    name=title_of(key),
                    legendgroup=key,
                    showlegend=column == 1,
                    mode="lines",
                    line={"color": colour, "dash": dash, "width": 2},
                    hovertemplate=f"{title_of(key)}<br>%{{x:.1f}} % of pixels<br>probability "
                    "%{y:.3f}<extra></extra>",
                ),
                row=1,
                col=column,
            )
            figure.add_trace(
                go.Scatter(
                    x=[100 * fraction for fraction in curve.fractions],
                    y=list(curve.energy_gaps),
                    name=title_of(key),
                    legendgroup=key,
                    showlegend=False,
                    mode="lines",
                    line={"color": colour, "dash": dash, "width": 1.5},
                    hovertemplate=f"{title_of(key)}<br>%{{x:.1f}} % of "
                    "pixels<br>%{y:.2f} nats less "
                    "than in the clean picture<extra></extra>",
                ),
                row=2,
                col=column,
            )
    figure.update_yaxes(gridcolor=GRID)
    figure.update_yaxes(range=[0, 1.02], row=1)
    figure.update_yaxes(title="probability of the class", row=1, col=1)
    figure.update_yaxes(
        title="strangeness, nats", zerolinecolor="rgba(128,128,128,0.8)", row=2, col=1
    )
    figure.update_xaxes(range=[0, 100], gridcolor=GRID)
    figure.update_xaxes(title="pixels removed, %", row=2, col=1)
    figure.update_xaxes(title="pixels uncovered, %", row=2, col=2)
    figure.update_layout(
        height=HEIGHT + 140,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        legend={"orientation": "h", "y": -0.18, "x": 0},
    )
    return figure


def curves_alt(deletion: Mapping[str, Curve], insertion: Mapping[str, Curve]) -> str:
    """What the curves show, in words."""
    if not deletion or not insertion:
        return "Deletion and insertion curves: none yet."
    falls = min(deletion, key=lambda key: deletion[key].auc)
    rises = max(insertion, key=lambda key: insertion[key].auc)
    return (
        f"Deletion and insertion curves of {len(deletion)} methods. {title_of(falls)} has "
        "the smallest area under deletion, "
        f"{said(deletion[falls].auc)}; {title_of(rises)} the largest under insertion, "
        f"{said(insertion[rises].auc)}. Below, how much less the model "
        "finds in the pictures than in the clean one: over all methods "
        f"{said(_strangeness(deletion))} nats on average in deletion, "
        f"{said(_strangeness(insertion))} in insertion."
    )


def _strangeness(found: Mapping[str, Curve]) -> float:
    return sum(curve.out_of_distribution for curve in found.values()) / len(found)


def agreement(found: list[Agreement], methods: list[str]) -> go.Figure:
    """How alike methods rank pixels: a square a pair, its mean correlation in words on it."""
    means = {frozenset((one.one, one.other)): one.correlation for one in found}
    pairs = [[means.get(frozenset((row, column))) for column in methods] for row in methods]
    hover = [["" if one is None else interval(one) for one in row] for row in pairs]
    numbers = [[None if one is None else one.mean for one in row] for row in pairs]
    for place in range(len(methods)):
        numbers[place][place], hover[place][place] = 1.0, "itself"
    return _square([title_of(method) for method in methods], numbers, hover, "Spearman")


def _square(
    names: list[str], numbers: list[list[float | None]], hover: list[list[str]], title: str
) -> go.Figure:
    """A square of correlations, from -1 to 1, each with its number on it."""
    figure = go.Figure(
        go.Heatmap(
            z=numbers,
            x=names,
            y=names,
            text=[
                ["" if one is None else f"{round(one, 2) + 0.0:.2f}" for one in row]
                for row in numbers
            ],
            customdata=hover,
            texttemplate="%{text}",
            colorscale="RdBu_r",
            zmin=-1,
            zmax=1,
            xgap=2,
            ygap=2,
            colorbar={"title": title, "thickness": 12},
            hovertemplate="%{y} and %{x}<br>%{customdata}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False)
    figure.update_xaxes(automargin=True, tickangle=-35, showgrid=False)
    figure.update_layout(height=180 + 38 * len(names), margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure


def metric_agreement(taus: Mapping[tuple[str, str], float], metrics: Sequence[str]) -> go.Figure:
    """Whether metrics put the methods in one order: a square a pair, Kendall's tau on it."""
    both = {frozenset(pair): tau for pair, tau in taus.items()}
    numbers = [
        [both.get(frozenset((row, column))) if row != column else 1.0 for column in metrics]
        for row in metrics
    ]
    hover = [
        ["" if one is None else f"Kendall's tau {said(one)}" for one in row] for row in numbers
    ]
    return _square([METRICS[metric].title for metric in metrics], numbers, hover, "Kendall")


def metric_agreement_alt(taus: Mapping[tuple[str, str], float]) -> str:
    """What the agreement of metrics shows, in words."""
    ends = [max(taus, key=lambda pair: taus[pair]), min(taus, key=lambda pair: taus[pair])]
    told = [
        f"{METRICS[one].title} and {METRICS[other].title}, {said(taus[one, other])}"
        for one, other in ends
    ]
    return (
        f"Kendall's tau of {len(taus)} pairs of metrics over the methods' means. Most alike: "
        f"{told[0]}. Least: {told[1]}."
    )


def agreement_alt(found: list[Agreement]) -> str:
    """What the agreement shows, in words."""
    ordered = sorted(found, key=lambda one: -one.correlation.mean)
    ends = [
        f"{title_of(one.one)} and {title_of(one.other)}, {interval(one.correlation)}"
        for one in (ordered[0], ordered[-1])
    ]
    return (
        f"Rank correlation of {len(found)} pairs of methods, means over images. Most alike: "
        f"{ends[0]}. Least: {ends[1]}."
    )


def splits(found: list[Split]) -> go.Figure:
    """What each method's score is made of: its score, and grain, framing and evidence with their
    intervals, a panel each.
    """
    sign = "plus" if found[0].area == "insertion" else "less"
    parts = {
        "score": "score",
        "= grain": "grain",
        f"{sign} framing": "framing",
        f"{sign} evidence": "evidence",
    }
    panels = {
        title: {split.method: getattr(split, part) for split in found}
        for title, part in parts.items()
    }
    return _panels(
        panels, zero=[title for title, part in parts.items() if part in ("framing", "evidence")]
    )


def skills(found: Mapping[str, Mapping[str, Estimate]]) -> go.Figure:
    """How much better than each control the methods are, a panel a control; right of zero is
    better.
    """
    panels = {f"than {title_of(control)}": own for control, own in found.items()}
    return _panels(panels, zero=list(panels))


def skills_alt(found: Mapping[str, Mapping[str, Estimate]], metric: str) -> str:
    """What the comparison with controls shows, in words."""
    told = [
        f"than {title_of(control)}: "
        + "; ".join(f"{title_of(key)} {interval(one)}" for key, one in own.items())
        for control, own in found.items()
    ]
    return (
        f"{METRICS[metric].title}, how much better image by image, means with 95 % "
        "intervals; below zero is worse. " + ". ".join(told) + "."
    )


def _panels(found: Mapping[str, Mapping[str, Estimate]], zero: Sequence[str]) -> go.Figure:
    """A panel a title, a line a method: its mean as a dot, its interval as a bar; `zero` names the
    panels in which zero is drawn.
    """
    figure = make_subplots(
        1, len(found), shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=list(found)
    )
    for column, (panel, own) in enumerate(found.items(), 1):
        for key, one in reversed(list(own.items())):
            colour, title = line_style(key)[0], title_of(key)
            figure.add_trace(
                go.Scatter(
                    x=[one.mean],
                    y=[title],
                    error_x=_reach(one, colour),
                    mode="markers",
                    showlegend=False,
                    marker={"color": colour, "size": 9, "symbol": _symbol(key)},
                    hovertemplate=f"{title}: {panel.strip('= ')} {interval(one)}, n = "
                    f"{one.n}<extra></extra>",
                ),
                row=1,
                col=column,
            )
        if panel in zero:
            figure.add_vline(
                0, line={"color": "rgba(128,128,128,0.8)", "width": 1}, row=1, col=column
            )
    figure.update_xaxes(gridcolor=GRID, zeroline=False, nticks=4)
    figure.update_yaxes(automargin=True)
    lines = max(len(own) for own in found.values())
    figure.update_layout(height=110 + 34 * lines, margin={"l": 10, "r": 20, "t": 40, "b": 10})
    return figure


def splits_alt(found: list[Split]) -> str:
    """What the split shows, in words."""
    words = "; ".join(
        f"{title_of(one.method)} {said(one.score.mean)}: grain {interval(one.grain)}, "
        f"framing {interval(one.framing)}, evidence {interval(one.evidence)}"
        for one in found
    )
    how = (
        "less framing and evidence" if found[0].area == "deletion" else "plus framing and evidence"
    )
    return f"{METRICS[found[0].area].title} as grain {how}, means with 95 % intervals: {words}."


def intervals(standings: list[Standing]) -> go.Figure:
    """One metric: each method's mean with its interval, zero drawn."""
    metric = METRICS[standings[0].metric]
    best = {standing.method for standing in standings if standing.best}
    unit = f", {metric.unit}" if metric.unit else ""
    figure = _dots(
        {standing.method: standing.estimate for standing in standings if standing.estimate},
        f"{metric.title}{unit} ({metric.better} is better)",
        lambda key: "circle" if key in best else "circle-open",
    )
    figure.add_vline(0, line={"color": "rgba(128,128,128,0.8)", "width": 1})
    return figure


def _dots(found: Mapping[str, Estimate], title: str, symbol: Callable[[str], str]) -> go.Figure:
    """A line a method: its mean as a dot, its interval as a bar."""
    figure = go.Figure()
    for key, one in found.items():
        colour = line_style(key)[0]
        figure.add_trace(
            go.Scatter(
                x=[one.mean],
                y=[title_of(key)],
                error_x=_reach(one, colour),
                mode="markers",
                showlegend=False,
                marker={"color": colour, "size": 10, "symbol": symbol(key)},
                hovertemplate=f"{title_of(key)}: {interval(one)}, n = {one.n}<extra></extra>",
            )
        )
    figure.update_xaxes(title=title, gridcolor=GRID, zeroline=False)
    figure.update_yaxes(automargin=True, autorange="reversed")
    figure.update_layout(height=110 + 34 * len(found), margin={"l": 10, "r": 20, "t": 10, "b": 10})
    return figure


def intervals_alt(standings: list[Standing]) -> str:
    """What the intervals show, in words."""
    shown = "; ".join(
        f"{title_of(standing.method)} {interval(standing.estimate)}" for standing in standings
    )
    return f"{METRICS[standings[0].metric].title}, mean with 95 % interval: {shown}."


def cost(
    runtime: Mapping[str, Estimate], panels: Mapping[str, Mapping[str, Estimate]]
) -> go.Figure:
    """Faithfulness against cost: a panel a metric, milliseconds of one map across, a point a method
    with both its intervals.
    """
    titles = [metric_title(metric) for metric in panels]
    figure = make_subplots(1, len(panels), horizontal_spacing=0.1, subplot_titles=titles)
    for column, (metric, found) in enumerate(panels.items(), 1):
        for key, faithful in found.items():
            if key not in runtime:
                continue
            time, colour = runtime[key], line_style(key)[0]
            figure.add_trace(
                go.Scatter(
                    x=[time.mean],
                    y=[faithful.mean],
                    error_x=_reach(time, colour),
                    error_y=_reach(faithful, colour),
                    name=title_of(key),
                    legendgroup=key,
                    showlegend=column == 1,
                    mode="markers",
                    marker={"color": colour, "size": 10, "symbol": _symbol(key)},
                    hovertemplate=f"{title_of(key)}<br>{interval(time)} "
                    f"ms<br>{METRICS[metric].title} "
                    f"{interval(faithful)}<extra></extra>",
                ),
                row=1,
                col=column,
            )
        edge = front(runtime, found, METRICS[metric].better)
        figure.add_trace(
            go.Scatter(
                x=[runtime[key].mean for key in edge],
                y=[found[key].mean for key in edge],
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
                line={"color": "rgba(128,128,128,0.8)", "dash": "dot", "width": 1.5, "shape": "hv"},
            ),
            row=1,
            col=column,
        )
        unit = (
            METRICS[metric].unit
            if column == 1 or METRICS[metric].unit != METRICS[next(iter(panels))].unit
            else None
        )
        figure.update_yaxes(
            title=unit, gridcolor=GRID, zerolinecolor="rgba(128,128,128,0.8)", row=1, col=column
        )
    figure.update_xaxes(
        title="milliseconds of one map, logarithmic", type="log", gridcolor=GRID, dtick=1
    )
    figure.update_layout(
        height=HEIGHT + 20,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        legend={"orientation": "h", "y": -0.25, "x": 0},
    )
    return figure


def front(runtime: Mapping[str, Estimate], found: Mapping[str, Estimate], better: str) -> list[str]:
    """The Pareto front, cheapest first: methods, no control, than which no other is both cheaper
    and better.
    """
    edge: list[str] = []
    sign = 1 if better == "higher" else -1
    for key in sorted(
        (key for key in found if key in runtime and not is_control(key)),
        key=lambda key: (runtime[key].mean, -sign * found[key].mean),
    ):
        if not edge or sign * found[key].mean > sign * found[edge[-1]].mean:
            edge.append(key)
    return edge


def cost_alt(runtime: Mapping[str, Estimate], panels: Mapping[str, Mapping[str, Estimate]]) -> str:
    """What the cost chart shows, in words."""
    said_panels = [
        f"{METRICS[metric].title}: "
        + "; ".join(
            f"{title_of(key)} {interval(found[key])} at {interval(runtime[key])} ms"
            for key in found
            if key in runtime
        )
        for metric, found in panels.items()
    ]
    fronts = [
        f"No method is both cheaper and better under {METRICS[metric].title} than "
        f"{', '.join(title_of(key) for key in front(runtime, found, METRICS[metric].better))}"
        for metric, found in panels.items()
    ]
    return (
        "Faithfulness against the milliseconds of one map. "
        + ". ".join([*said_panels, *fronts])
        + "."
    )


def _symbol(key: str) -> str:
    """Filled for a method, open for a control."""
    return "diamond-open" if is_control(key) else "circle"


def _reach(estimate: Estimate, colour: str) -> dict[str, object] | None:
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


def sample(
    values: Mapping[str, float], estimate: Estimate, threshold: float, unit: str
) -> go.Figure:
    """A point an image, their mean with its interval, and the threshold that a claim is held
    against; ratios, on a logarithmic scale.
    """
    figure = go.Figure(
        go.Scatter(
            x=list(values.values()),
            y=["each image"] * len(values),
            customdata=list(values),
            mode="markers",
            showlegend=False,
            marker={"color": OKABE_ITO[0], "size": 8, "opacity": 0.55},
            hovertemplate="%{customdata}: %{x:.3g}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[estimate.mean],
            y=["mean"],
            error_x=_reach(estimate, OKABE_ITO[0]),
            mode="markers",
            showlegend=False,
            marker={"color": OKABE_ITO[0], "size": 11},
            hovertemplate=f"mean {interval(estimate)}, n = {estimate.n}<extra></extra>",
        )
    )
    figure.add_vline(threshold, line={"color": OKABE_ITO[1], "width": 2, "dash": "dash"})
    figure.update_xaxes(
        title=f"{unit} (dashed: the threshold, {said(threshold)}), logarithmic",
        type="log",
        gridcolor=GRID,
        zeroline=False,
    )
    figure.update_yaxes(automargin=True, autorange="reversed")
    figure.update_layout(height=190, margin={"l": 10, "r": 20, "t": 10, "b": 10})
    return figure


def sample_alt(values: Mapping[str, float], estimate: Estimate, threshold: float, unit: str) -> str:
    """What the sample shows, in words."""
    low, high = (
        min(values, key=lambda name: values[name]),
        max(values, key=lambda name: values[name]),
    )
    return (
        f"{len(values)} images, in {unit}: mean {interval(estimate)}, threshold "
        f"{said(threshold)}. Least: {low}, {said(values[low])}; "
        f"most: {high}, {said(values[high])}."
    )


def members(
    samples: Mapping[str, Mapping[str, float]],
    estimates: Mapping[str, Estimate],
    threshold: float,
    unit: str,
) -> go.Figure:
    """A line a method: a point an image, the mean with its interval, and the threshold that each is
    held against; ratios, on a logarithmic scale.
    """
    figure = go.Figure()
    for key in reversed(list(samples)):
        colour, title = line_style(key)[0], title_of(key)
        figure.add_trace(
            go.Scatter(
                x=list(samples[key].values()),
                y=[title] * len(samples[key]),
                customdata=list(samples[key]),
                mode="markers",
                showlegend=False,
                marker={"color": colour, "size": 7, "opacity": 0.35},
                hovertemplate=f"{title}, %{{customdata}}: %{{x:.3g}}<extra></extra>",
            )
        )
        one = estimates[key]
        figure.add_trace(
            go.Scatter(
                x=[one.mean],
                y=[title],
                error_x=_reach(one, colour),
                mode="markers",
                showlegend=False,
                marker={"color": colour, "size": 11},
                hovertemplate=f"{title}: mean {interval(one)}, n = {one.n}<extra></extra>",
            )
        )
    figure.add_vline(threshold, line={"color": OKABE_ITO[1], "width": 2, "dash": "dash"})
    figure.update_xaxes(
        title=f"{unit} (dashed: the threshold, {said(threshold)}), logarithmic",
        type="log",
        gridcolor=GRID,
        zeroline=False,
    )
    figure.update_yaxes(automargin=True)
    figure.update_layout(
        height=110 + 34 * len(samples), margin={"l": 10, "r": 20, "t": 10, "b": 10}
    )
    return figure


def members_alt(estimates: Mapping[str, Estimate], threshold: float, unit: str) -> str:
    """What the methods' samples show, in words."""
    told = "; ".join(f"{title_of(key)} {interval(one)}" for key, one in estimates.items())
    return f"In {unit}, a point an image: means {told}. Threshold {said(threshold)}."


def images(wide: pd.DataFrame, metric: str) -> go.Figure:
    """The distribution of one metric: a point an image for each method; its image and method travel
    with it.
    """
    figure = go.Figure()
    for key in reversed(wide.columns):
        own = wide[key].dropna()
        figure.add_trace(
            go.Scatter(
                x=own.to_list(),
                y=[title_of(key)] * len(own),
                customdata=[[str(image), key] for image in own.index],
                mode="markers",
                showlegend=False,
                marker={
                    "color": line_style(key)[0],
                    "size": 9,
                    "opacity": 0.6,
                    "symbol": _symbol(key),
                },
                hovertemplate="%{y} on %{customdata[0]}: %{x:.3g}<extra></extra>",
            )
        )
    unit = f", {METRICS[metric].unit}" if METRICS[metric].unit else ""
    log = METRICS[metric].scale == "log" and bool((wide.min() > 0).all())
    figure.update_xaxes(
        title=f"{METRICS[metric].title}{unit} ({METRICS[metric].better} is better)",
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
    return figure


def images_alt(wide: pd.DataFrame, metric: str) -> str:
    """What the distribution shows, in words."""
    shown = "; ".join(
        f"{title_of(key)} {said(float(wide[key].quantile(0.25)))}, "
        f"{said(float(wide[key].median()))}, {said(float(wide[key].quantile(0.75)))}"
        for key in wide
    )
    return f"{METRICS[metric].title}, a point an image; quartiles: {shown}."


def ranks(found: Ranking) -> go.Figure:
    """Methods by their mean rank, best on top; bars join those that cannot be told apart
    (Nemenyi).
    """
    names = [title_of(key) for key in found.mean_ranks]
    figure = go.Figure(
        go.Scatter(
            x=list(found.mean_ranks.values()),
            y=names,
            mode="markers+text",
            showlegend=False,
            text=[f"{rank:.2f}" for rank in found.mean_ranks.values()],
            textposition="middle left",
            marker={"color": [line_style(key)[0] for key in found.mean_ranks], "size": 11},
            hovertemplate="%{y}: mean rank %{x:.2f}<extra></extra>",
        )
    )
    right = len(names)
    for place, clique in enumerate(found.cliques):
        figure.add_trace(
            go.Scatter(
                x=[right + 0.4 + 0.25 * place] * len(clique),
                y=[title_of(key) for key in clique],
                mode="lines",
                showlegend=False,
                line={"color": "rgba(128,128,128,0.9)", "width": 5},
                hoverinfo="skip",
            )
        )
    figure.update_xaxes(
        title=f"mean rank over {found.images} images, 1 is best; critical difference "
        f"{found.critical_difference:.2f}",
        gridcolor=GRID,
        zeroline=False,
        range=[0.4, right + 0.6 + 0.25 * max(1, len(found.cliques))],
    )
    figure.update_yaxes(
        automargin=True,
        autorange="reversed",
        type="category",
        categoryorder="array",
        categoryarray=names,
    )
    figure.update_layout(height=120 + 34 * len(names), margin={"l": 10, "r": 20, "t": 10, "b": 10})
    return figure


def ranks_alt(found: Ranking) -> str:
    """What the ranks show, in words."""
    order = ", ".join(f"{title_of(key)} {rank:.2f}" for key, rank in found.mean_ranks.items())
    alike = (
        "; ".join(" and ".join(title_of(key) for key in clique) for clique in found.cliques)
        or "none"
    )
    return (
        f"Mean ranks over {found.images} images: {order}. Critical difference "
        f"{found.critical_difference:.2f}. Cannot be told apart: {alike}."
    )


def shares(found: Mapping[str, float], title: str) -> go.Figure:
    """A bar a method: a share in per cent."""
    figure = go.Figure(
        go.Bar(
            x=[100 * share for share in found.values()],
            y=[title_of(key) for key in found],
            orientation="h",
            showlegend=False,
            marker={"color": [line_style(key)[0] for key in found]},
            text=[f"{100 * share:.0f} %" for share in found.values()],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        )
    )
    figure.update_xaxes(
        title=title, range=[0, 110], gridcolor=GRID, zeroline=False, tickvals=[0, 25, 50, 75, 100]
    )
    figure.update_yaxes(automargin=True, autorange="reversed")
    figure.update_layout(height=110 + 32 * len(found), margin={"l": 10, "r": 20, "t": 10, "b": 10})
    return figure


def shares_alt(found: Mapping[str, float], title: str) -> str:
    """What the bars show, in words."""
    return (
        f"{title}: "
        + "; ".join(f"{title_of(key)} {100 * share:.0f} %" for key, share in found.items())
        + "."
    )


def composites(found: Mapping[str, Estimate]) -> go.Figure:
    """The reader's composite: each method's mean place with its interval."""
    figure = _dots(found, "mean place by your weights: 1 always best, 0 always worst", _symbol)
    return figure.update_xaxes(range=[-0.02, 1.02])


def composites_alt(found: Mapping[str, Estimate]) -> str:
    """What the composite shows, in words."""
    return (
        "Mean places by the reader's weights: "
        + "; ".join(f"{title_of(key)} {interval(one)}" for key, one in found.items())
        + "."
    )
