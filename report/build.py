"""A run as one HTML file: offline, without a request, every text of people escaped, every number
from the run's table.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from importlib import metadata
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from heatcheck.answer import glossary
from heatcheck.core.errors import RunProblem
from heatcheck.drawing import curve_charts, leaderboard_charts, maps
from heatcheck.drawing.chart import Chart
from heatcheck.drawing.labels import duration, metric_title, plural
from heatcheck.inputs import classifiers
from heatcheck.judgement import blanks, conclusion, curve_error
from heatcheck.judgement.evidence import QUESTIONS, Evidence
from heatcheck.judgement.phrases import interval, three_digits, title_of
from heatcheck.judgement.score_parts import AREAS, PAIRS, splits, telling_pair
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import (
    Standing,
    mean_curves,
    on_intervals,
    repeatability,
    standings,
)
from heatcheck.judgement.statistics import ENOUGH
from heatcheck.judgement.substrate_flips import flips
from heatcheck.judgement.verdicts import Mark, judge
from heatcheck.metrics import METRICS
from heatcheck.report import gallery
from heatcheck.report.limits import limits
from heatcheck.review import metric_agreement
from heatcheck.review.tally import Outcome, in_words
from heatcheck.runs.keys import is_control
from heatcheck.runs.records import Run
from heatcheck.runs.results import SeenImage
from heatcheck.runs.store import Store

HERE = Path(__file__).parent
COLUMNS = 6  # metrics in one table: as many as a printed page holds
GLYPHS: dict[Mark, str] = {
    "confirmed": "✓",
    "refuted": "✗",
    "mixed": "±",
    "undecided": "?",
    "the unit, not tested": "=",
    "not measured in this run": "–",
}


@dataclass(frozen=True)
class Printed:
    """A chart as the report has it: its figure as JSON, with title and caption."""

    name: str
    title: str
    json: Markup
    height: int
    caption: str
    alt: str


def build(
    store: Store, run: str, outcomes: Sequence[Outcome] = (), *, now: datetime | None = None
) -> str:
    """The report of a run, with the outcomes of its team sessions.

    Raises:
        RunProblem: the run has no scores yet.
    """
    known = store.runs.get(run)
    table = store.results.table(known.id)
    if table.empty:
        raise RunProblem(
            f"Expected a run with scores. Run {known.id} has none yet ({known.status}). "
            f"Wait for it: heatcheck resume {known.id}"
        )
    scores = Scores(table)
    measured = scores.metrics
    standing = standings(scores)
    seen = {image.name: image for image in store.results.images(known.id)}
    heatmaps = gallery.draw(store, known, scores, seen)
    scripts = [
        get_plotlyjs().replace("\r\n", "\n").replace("\r", "\n"),
        (HERE / "page.js").read_text(),
    ]
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        three_digits=three_digits,
        duration=duration,
        interval=interval,
        title_of=title_of,
        is_control=is_control,
        plural=plural,
        in_words=in_words,
        held_in_words=lambda held: metric_agreement.in_words(
            held, {one.metric: METRICS[one.metric].title for one in held}
        ),
        named=lambda outcome: {one.method: title_of(one.method) for one in outcome.tally},
        unit=lambda metric: METRICS[metric].unit,
        terms_in=lambda html: glossary.used(_read(html)),
        questions=[question.title for question in QUESTIONS.values()],
    )
    return environment.get_template("page.html").render(
        policy=_policy(scripts),
        css=Markup((HERE / "page.css").read_text()),
        scripts=[Markup(script) for script in scripts],
        run=known,
        spec=known.spec,
        classifier=classifiers.title_of(known.spec.classifier),
        built=(now or datetime.now(UTC)),
        version=_version(),
        answer=conclusion.sentences(scores),
        over=scores.unit,
        evidence=Evidence(scores).words,
        flips=[flip.sentence for flip in flips(scores)],
        sure=_sure(known, scores, standing),
        leaders=_leaders(standing, measured),
        points=_points(known, scores),
        outcomes=outcomes,
        held=[
            [one for one in metric_agreement.against_metrics(outcome.votes, scores) if one.votes]
            for outcome in outcomes
        ],
        verdicts=[
            (verdict, GLYPHS[verdict.mark], title_of(verdict.claim.about))
            for verdict in judge(scores, store.results.findings(known.id))
        ],
        tables=_tables(standing, scores),
        metrics=[METRICS[metric] for metric in measured],
        metric_title=metric_title,
        charts=_charts(store, known, scores, standing),
        legend=_data(maps.legend("Inferno")),
        heatmaps=_rows(heatmaps, seen),
        originals=_originals(heatmaps, seen),
        rule=gallery.criterion(scores)[2],
        better=gallery.criterion(scores)[1],
        focus=gallery.FOCUS,
        opacity=gallery.OPACITY,
        metric_params={metric.name: metric.params for metric in known.spec.metrics},
        limits=limits(known, scores, seen),
        provenance=known.provenance,
        asked=json.dumps(known.spec.as_asked, indent=1),
        references=_references(known, measured),
        revealed={"revealed": "names revealed", "closed": "closed"},
    )


# -- parts -----------------------------------------------------------------------------------------


def _sure(run: Run, scores: Scores, standing: Sequence[Standing]) -> str:
    each = (
        "each one sample"
        if scores.unit == "images"
        else "as images of one group, or with the same bytes, are one sample"
    )
    parts = [f"{scores.size}, {each}; intervals are 95 % over {scores.unit}."]
    if scores.samples < ENOUGH:
        parts.append(f"Fewer than {ENOUGH} {scores.unit} give no interval.")
    parts += [words for words in (on_intervals(standing),) if words]
    if run.status != "finished":
        parts.append(f"The run is {run.status}: {run.so_far}. These are its numbers so far.")
    failed = (
        f"{plural(run.failures, 'score')} failed and {'is' if run.failures == 1 else 'are'} "
        "left out."
    )
    parts += [failed if run.failures else "No score failed.", blanks.told(scores)]
    return " ".join(filter(None, parts))


def _leaders(standing: list[Standing], measured: Sequence[str]) -> list[tuple[str, str]]:
    """For each metric: who may be the best."""
    return [
        (
            metric_title(metric),
            ", ".join(title_of(one.method) for one in standing if one.metric == metric and one.best)
            or "too few images",
        )
        for metric in measured
        if METRICS[metric].sampled
    ]


def _points(run: Run, scores: Scores) -> tuple[str, str]:
    """What curves add, and the command that takes more points where that is seen; empty where
    there is nothing to say.
    """
    added = curve_error.curve_error(scores)
    command = curve_error.command(run.spec) if added and added.too_much else ""
    return curve_error.told(added, run.spec), command


def _tables(standing: list[Standing], scores: Scores) -> list[dict[str, Any]]:
    """The leaderboard, in tables that a printed page holds."""
    by_place = {(one.method, one.metric): one for one in standing}
    measured = scores.metrics
    return [
        {
            "metrics": part,
            "rows": [
                (method, [by_place[method, metric] for metric in part]) for method in scores.methods
            ],
        }
        for part in (
            measured[start : start + COLUMNS] for start in range(0, len(measured), COLUMNS)
        )
    ]


def _charts(store: Store, run: Run, scores: Scores, standing: list[Standing]) -> list[Printed]:
    curves = store.results.curves(run.id)
    deletion, insertion = (
        mean_curves(curves, metric, scores.methods, scores.sample_of) for metric in AREAS
    )
    drawn = []
    for area in AREAS:
        if split := splits(scores, area):
            title = (
                f"What {METRICS[area].title.lower()} is made of: grain, shared place and evidence"
            )
            caption = (
                "Grain: the area of the map moved elsewhere. Shared place: what the maps of "
                "other images score beyond it. Evidence: what the own map scores "
                "beyond those. The score is grain "
                f"{'less' if area == 'deletion' else 'plus'} shared place and evidence. "
                "Bars: 95 % intervals; diamonds: controls."
            )
            drawn.append(_printed(f"{area}-split", title, curve_charts.splits(split), caption))
    if deletion and insertion:
        caption = (
            f"Means over {scores.unit}. The area under each curve, with its interval, is in the "
            f"leaderboard. {curve_charts.UNUSUAL}"
        )
        drawn.append(
            _printed(
                "curves",
                f"Deletion and insertion curves, means over {scores.unit}",
                curve_charts.curves(deletion, insertion),
                caption,
            )
        )
    if repeats := repeatability(scores):
        chart = leaderboard_charts.repeatability(repeats)
        title = "What of a map comes again, by scale"
        drawn.append(_printed("repeatability", title, chart, leaderboard_charts.REPEATS))
    estimates = {
        metric: {
            one.method: one.estimate for one in standing if one.metric == metric and one.estimate
        }
        for metric in (*itertools.chain(*PAIRS), "runtime")
    }
    pair = telling_pair(scores)
    if estimates["runtime"] and pair:
        panels = {metric: estimates[metric] for metric in pair}
        title = "Faithfulness against cost"
        caption = (
            f"Dots are means over {scores.unit}, bars 95 % intervals; time has none. "
            "Filled dots are methods, open diamonds controls. Left is cheap."
        )
        chart = leaderboard_charts.cost(estimates["runtime"], panels)
        drawn.append(_printed("cost", title, chart, caption))
    return drawn


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
        name, title, _inert(figure.to_json()), int(figure.layout.height), caption, chart.alt
    )


def _read(html: str) -> str:
    """What a person reads of a part of the page: no marks, and no data of charts."""
    return unescape(re.sub(r"<script.*?</script>|<[^>]*>", " ", html, flags=re.DOTALL))


def _inert(text: str) -> Markup:
    """JSON that can end no script element, whatever it holds."""
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def _rows(
    heatmaps: list[gallery.Shown], seen: dict[str, SeenImage]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The gallery: methods with their pictures."""
    methods = list(dict.fromkeys(one.method for one in heatmaps))
    return [
        (
            method,
            [
                {"shown": one, "src": _data(one.png), "seen": seen[one.image]}
                for one in heatmaps
                if one.method == method
            ],
        )
        for method in methods
    ]


def _originals(
    heatmaps: list[gallery.Shown], seen: dict[str, SeenImage]
) -> list[tuple[SeenImage, str]]:
    names = {one.image for one in heatmaps}
    return [
        (image, _data(image.picture))
        for name, image in seen.items()
        if name in names and image.picture
    ]


def _data(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _references(run: Run, measured: Sequence[str]) -> list[Any]:
    cited = [
        *(method.cite for method in run.spec.methods),
        *(METRICS[metric].cite for metric in measured),
    ]
    return sorted(
        dict.fromkeys(cite for cite in cited if cite.url.startswith("http")),
        key=lambda cite: (cite.authors, cite.year),
    )


def _version() -> str:
    try:
        return metadata.version("heatcheck")
    except metadata.PackageNotFoundError:
        return "not installed as a package"


def _policy(scripts: Sequence[str]) -> str:
    """Nothing is loaded from anywhere, and only these scripts run. Plotly writes its own styles, so
    styles are free.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {hashes}; "
        "base-uri 'none'; form-action 'none'"
    )
