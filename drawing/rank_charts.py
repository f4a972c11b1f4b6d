"""Charts of order: mean ranks, how often each method wins, and who agrees with whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from heatcheck.drawing.chart import GRID, Chart, hover
from heatcheck.drawing.labels import line_style
from heatcheck.judgement.map_agreement import Agreement
from heatcheck.judgement.phrases import interval, three_digits, title_of
from heatcheck.judgement.ranks import Ranking
from heatcheck.metrics import METRICS


def ranks(ranking: Ranking) -> Chart:
    """Methods by their mean rank, best on top; bars join those that cannot be told apart
    (Nemenyi).
    """
    names = [title_of(key) for key in ranking.mean_ranks]
    figure = go.Figure(
        go.Scatter(
            x=list(ranking.mean_ranks.values()),
            y=names,
            mode="markers+text",
            showlegend=False,
            text=[f"{rank:.2f}" for rank in ranking.mean_ranks.values()],
            textposition="top center",
            marker={"color": [line_style(key)[0] for key in ranking.mean_ranks], "size": 11},
            hovertemplate="%{y}: mean rank %{x:.2f}<extra></extra>",
        )
    )
    right = len(names)
    for place, clique in enumerate(ranking.cliques):
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
        title=f"mean rank over {ranking.images} {ranking.unit}, 1 is best;<br>critical difference "
        f"{ranking.critical_difference:.2f}",
        gridcolor=GRID,
        zeroline=False,
        range=[0.4, right + 0.6 + 0.25 * max(1, len(ranking.cliques))],
    )
    figure.update_yaxes(
        automargin=True,
        autorange="reversed",
        type="category",
        categoryorder="array",
        categoryarray=names,
    )
    figure.update_layout(height=120 + 34 * len(names), margin={"l": 10, "r": 20, "t": 10, "b": 10})
    return Chart(figure, _ranks_in_words(ranking))


def _ranks_in_words(ranking: Ranking) -> str:
    order = ", ".join(f"{title_of(key)} {rank:.2f}" for key, rank in ranking.mean_ranks.items())
    alike = (
        "; ".join(" and ".join(title_of(key) for key in clique) for clique in ranking.cliques)
        or "none"
    )
    return (
        f"Mean ranks over {ranking.images} {ranking.unit}: {order}. Critical difference "
        f"{ranking.critical_difference:.2f}. Cannot be told apart: {alike}."
    )


def shares(by_method: Mapping[str, float], axis: str, title: str) -> Chart:
    """A bar a method: a share in per cent. `axis` is written below the bars, `title` begins the
    words.
    """
    figure = go.Figure(
        go.Bar(
            x=[100 * share for share in by_method.values()],
            y=[title_of(key) for key in by_method],
            orientation="h",
            showlegend=False,
            marker={"color": [line_style(key)[0] for key in by_method]},
            text=[f"{100 * share:.0f} %" for share in by_method.values()],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        )
    )
    figure.update_xaxes(
        title=axis, range=[0, 110], gridcolor=GRID, zeroline=False, tickvals=[0, 25, 50, 75, 100]
    )
    figure.update_yaxes(automargin=True, autorange="reversed")
    figure.update_layout(
        height=110 + 32 * len(by_method), margin={"l": 10, "r": 20, "t": 10, "b": 10}
    )
    bars = "; ".join(f"{title_of(key)} {100 * share:.0f} %" for key, share in by_method.items())
    return Chart(figure, f"{title}: {bars}.")


def map_agreement(pairs: Sequence[Agreement], methods: Sequence[str]) -> Chart:
    """How alike methods rank pixels: a square a pair, its mean correlation in words on it."""
    means = {frozenset((pair.first, pair.second)): pair.correlation for pair in pairs}
    square = [[means.get(frozenset((row, column))) for column in methods] for row in methods]
    words = [["" if mean is None else hover(interval(mean)) for mean in row] for row in square]
    numbers = [[None if mean is None else mean.mean for mean in row] for row in square]
    for place in range(len(methods)):
        numbers[place][place], words[place][place] = 1.0, "itself"
    ordered = sorted(pairs, key=lambda pair: -pair.correlation.mean)
    most, least = (
        f"{title_of(pair.first)} and {title_of(pair.second)}, {interval(pair.correlation)}"
        for pair in (ordered[0], ordered[-1])
    )
    return Chart(
        _square([title_of(method) for method in methods], numbers, words, "Spearman"),
        f"Rank correlation of {len(pairs)} pairs of methods, means over images. Most alike: "
        f"{most}. Least: {least}.",
    )


def metric_agreement(taus: Mapping[tuple[str, str], float], metrics: Sequence[str]) -> Chart:
    """Whether metrics put the methods in one order: a square a pair, Kendall's tau on it."""
    both = {frozenset(pair): tau for pair, tau in taus.items()}
    numbers = [
        [both.get(frozenset((row, column))) if row != column else 1.0 for column in metrics]
        for row in metrics
    ]
    words = [
        ["" if tau is None else hover(f"Kendall's tau {three_digits(tau)}") for tau in row]
        for row in numbers
    ]
    ends = max(taus, key=lambda pair: taus[pair]), min(taus, key=lambda pair: taus[pair])
    most, least = (
        f"{METRICS[first].title} and {METRICS[second].title}, {three_digits(taus[first, second])}"
        for first, second in ends
    )
    return Chart(
        _square([METRICS[metric].title for metric in metrics], numbers, words, "Kendall"),
        f"Kendall's tau of {len(taus)} pairs of metrics over the methods' means. Most alike: "
        f"{most}. Least: {least}.",
    )


def _square(
    names: list[str], numbers: list[list[float | None]], words: list[list[str]], title: str
) -> go.Figure:
    """A square of correlations, from -1 to 1, each with its number on it."""
    figure = go.Figure(
        go.Heatmap(
            z=numbers,
            x=names,
            y=names,
            text=[
                ["" if number is None else f"{round(number, 2) + 0.0:.2f}" for number in row]
                for row in numbers
            ],
            customdata=words,
            texttemplate="%{text}",
            colorscale="RdBu_r",
            zmin=-1,
            zmax=1,
            xgap=2,
            ygap=2,
            colorbar={
                "title": {"text": title, "side": "top"},
                "thickness": 12,
                "orientation": "h",
                "y": 1,
                "yanchor": "bottom",
            },
            hovertemplate="%{y} and %{x}<br>%{customdata}<extra></extra>",
        )
    )
    numbered = [f"{place} {name}" for place, name in enumerate(names, 1)]
    places = [str(place) for place in range(1, len(names) + 1)]  # short: a phone has no room
    for axes, told in ((figure.update_yaxes, numbered), (figure.update_xaxes, places)):
        axes(automargin=True, showgrid=False, tickvals=names, ticktext=told, tickangle=0)
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(height=180 + 38 * len(names), margin={"l": 10, "r": 10, "t": 10, "b": 10})
    return figure
