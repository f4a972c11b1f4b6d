"""The report's charts: figures as JSON that can end no script, with titles and captions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from heatcheck.drawing import curve_charts, leaderboard_charts
from heatcheck.drawing.chart import Chart
from heatcheck.judgement.score_parts import AREAS, PAIRS, splits, telling_pair
from heatcheck.judgement.standings import repeatability
from heatcheck.metrics import METRICS
from heatcheck.report.subject import Subject


@dataclass(frozen=True)
class Printed:
    """A chart as the report has it: its figure as JSON, with title and caption."""

    name: str
    title: str
    json: str
    height: int
    caption: str
    alt: str


def charts(subject: Subject) -> list[Printed]:
    """Curves, what scores are made of, what repeats, and cost: those that the run has values
    for.
    """
    return [*_curves(subject), *_splits(subject), *_repeats(subject), *_cost(subject)]


def _curves(subject: Subject) -> Iterator[Printed]:
    scores = subject.scores
    deletion, insertion = (
        subject.store.results.mean_curves(subject.run.id, metric) for metric in AREAS
    )
    if deletion and insertion:
        yield _printed(
            "curves",
            f"Deletion and insertion curves, means over {scores.unit}",
            curve_charts.curves(deletion, insertion, scores.unit_of(AREAS[0])),
            f"Means over {scores.unit}. The area under each curve, with its interval, is in the "
            f"leaderboard. {curve_charts.UNUSUAL}",
        )


def _splits(subject: Subject) -> Iterator[Printed]:
    for area in AREAS:
        if split := splits(subject.scores, area):
            yield _printed(
                f"{area}-split",
                f"What {METRICS[area].title.lower()} is made of: grain, shared place and evidence",
                curve_charts.splits(split, subject.scores.unit_of(area)),
                "Grain: the area of the map moved elsewhere. Shared place: what the maps of "
                "other images score beyond it. Evidence: what the own map scores "
                "beyond those. The score is grain "
                f"{'less' if area == 'deletion' else 'plus'} shared place and evidence. "
                "Bars: 95 % intervals; diamonds: controls.",
            )


def _repeats(subject: Subject) -> Iterator[Printed]:
    if repeats := repeatability(subject.scores):
        yield _printed(
            "repeatability",
            "What of a map comes again, by scale",
            leaderboard_charts.repeatability(repeats),
            leaderboard_charts.REPEATS,
        )


def _cost(subject: Subject) -> Iterator[Printed]:
    estimates = {
        metric: {
            one.method: one.estimate
            for one in subject.standing
            if one.metric == metric and one.estimate
        }
        for metric in (*itertools.chain(*PAIRS), "runtime")
    }
    pair = telling_pair(subject.scores)
    if estimates["runtime"] and pair:
        yield _printed(
            "cost",
            "Faithfulness against cost",
            leaderboard_charts.cost(
                estimates["runtime"],
                {metric: estimates[metric] for metric in pair},
                {metric: subject.scores.unit_of(metric) for metric in pair},
            ),
            f"Dots are means over {subject.scores.unit}, bars 95 % intervals; time has none. "
            "Filled dots are methods, open diamonds controls. Left is cheap.",
        )


def _printed(name: str, title: str, chart: Chart, caption: str) -> Printed:
    figure = chart.figure
    figure.update_xaxes(automargin=True, title_standoff=8)
    figure.update_yaxes(automargin=True, title_standoff=8)
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, sans-serif", "size": 13},
    )
    return Printed(
        name,
        title,
        inert(figure.to_json()),
        int(figure.layout.height),
        " ".join(filter(None, (caption, chart.note))),
        chart.alt,
    )


def inert(text: str) -> str:
    """JSON that can end no script element, whatever it holds."""
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
