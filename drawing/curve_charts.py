"""Charts of curves and of what their areas are made of: on Compare, the Leaderboard and in the
report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from heatcheck.attribution import Output
from heatcheck.drawing.chart import GRID, HEIGHT, ZERO, Chart, panels
from heatcheck.drawing.labels import line_style
from heatcheck.judgement.phrases import interval, three_digits, title_of
from heatcheck.judgement.score_parts import Split
from heatcheck.metrics import METRICS, Curve

UNUSUAL = (
    "Below each curve: how unusual its pictures are to the model, as how much less it finds in "
    "them, for any class, than in the clean picture. The unit is the nat: one is a factor of 2.7."
)


def curves(
    deletion: Mapping[str, Curve],
    insertion: Mapping[str, Curve],
    unit: str = Output.SOFTMAX.unit,
) -> Chart:
    """Deletion and insertion curves of all methods, side by side, one legend; below each how far
    its pictures leave the data, where that is known. `unit` is what they follow.
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
    for column, by_method in ((1, deletion), (2, insertion)):
        for key, curve in by_method.items():
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
                    hovertemplate=f"{title_of(key)}<br>%{{x:.1f}} % of pixels<br>{unit} "
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
                    "pixels<br>%{y:.2f} nats more "
                    "unusual than the clean picture<extra></extra>",
                ),
                row=2,
                col=column,
            )
    figure.update_yaxes(gridcolor=GRID)
    if unit == Output.SOFTMAX.unit:
        figure.update_yaxes(range=[0, 1.02], row=1)
    figure.update_yaxes(title=f"{unit} of the class", row=1, col=1)
    figure.update_yaxes(title="how unusual, nats", zerolinecolor=ZERO, row=2, col=1)
    figure.update_xaxes(range=[0, 100], gridcolor=GRID)
    figure.update_xaxes(title="pixels removed, %", row=2, col=1)
    figure.update_xaxes(title="pixels uncovered, %", row=2, col=2)
    figure.update_layout(
        height=HEIGHT + 140,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        legend={"orientation": "h", "y": -0.18, "x": 0},
    )
    return Chart(figure, _curves_in_words(deletion, insertion))


def _curves_in_words(deletion: Mapping[str, Curve], insertion: Mapping[str, Curve]) -> str:
    if not deletion or not insertion:
        return "Deletion and insertion curves: none yet."
    falls = min(deletion, key=lambda key: deletion[key].auc)
    rises = max(insertion, key=lambda key: insertion[key].auc)
    unusual = (
        " Below, how unusual the pictures are to the model beside the clean one: over all methods "
        f"{three_digits(_unusual(deletion))} nats on average in deletion, "
        f"{three_digits(_unusual(insertion))} in insertion."
    )
    measured = all(curve.energy_gaps for curve in (*deletion.values(), *insertion.values()))
    return (
        f"Deletion and insertion curves of {len(deletion)} methods. {title_of(falls)} has "
        "the smallest (best) area under deletion, "
        f"{three_digits(deletion[falls].auc)}; {title_of(rises)} the largest (best) under "
        "insertion, "
        f"{three_digits(insertion[rises].auc)}.{unusual if measured else ''}"
    )


def _unusual(by_method: Mapping[str, Curve]) -> float:
    return sum(curve.out_of_distribution for curve in by_method.values()) / len(by_method)


def splits(parted: Sequence[Split], unit: str = "") -> Chart:
    """What each method's score is made of: its score, and grain, shared place and evidence with
    their intervals, a panel each.
    """
    area = parted[0].area
    sign = "plus" if area == "insertion" else "less"
    parts = {
        "score": "score",
        "= grain": "grain",
        f"{sign} shared place": "shared_place",
        f"{sign} evidence": "evidence",
    }
    figure = panels(
        {
            title: {split.method: getattr(split, part) for split in parted}
            for title, part in parts.items()
        },
        zero=[title for title, part in parts.items() if part in ("shared_place", "evidence")],
    )
    methods = "; ".join(
        f"{title_of(split.method)} {three_digits(split.score.mean)}: "
        f"grain {interval(split.grain)}, shared place {interval(split.shared_place)}, "
        f"evidence {interval(split.evidence)}"
        for split in parted
    )
    return Chart(
        figure,
        f"{METRICS[area].title} as grain {sign} shared place and evidence, in "
        f"{unit or METRICS[area].unit}, means with 95 % intervals: {methods}.",
    )
