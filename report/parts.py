"""The report's sentences and tables: each from the run's numbers, none by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heatcheck.answer.headline import Tone
from heatcheck.answer.summary import Summary
from heatcheck.drawing.labels import SIGNS, metric_title, plural
from heatcheck.judgement import blanks, curve_error, elsewhere
from heatcheck.judgement.phrases import title_of
from heatcheck.judgement.standings import Standing, on_intervals
from heatcheck.judgement.statistics import ENOUGH
from heatcheck.judgement.verdicts import Mark
from heatcheck.metrics import METRICS
from heatcheck.report.subject import Subject
from heatcheck.runs.keys import is_control

COLUMNS = 6  # metrics in one table: as many as a printed page holds
MOST_DIGESTS = 100  # images in the last table; the JSON report has all
GLYPHS: dict[Mark, str] = {
    "confirmed": "✓",
    "refuted": "✗",
    "mixed": "±",
    "undecided": "?",
    "the unit, not tested": "=",
    "not measured in this run": "–",
}
TONES: dict[Tone, tuple[str, str]] = {  # an icon and a word, for those who see no colour
    "good": (SIGNS["good"], "good"),
    "middle": (SIGNS["middle"], "in part"),
    "bad": (SIGNS["bad"], "bad"),
    "none": ("–", "open"),
}


def named(key: str) -> str:
    """A method's title; a control is said to be one."""
    return f"{title_of(key)} (control)" if is_control(key) else title_of(key)


def sample_said(subject: Subject) -> str:
    """What intervals are over, what is missing, and what failed."""
    scores, run = subject.scores, subject.run
    each = (
        "each one sample"
        if scores.unit == "images"
        else "as images of one group, or with the same bytes, are one sample"
    )
    parts = [f"{scores.size}, {each}; intervals are 95 % over {scores.unit}."]
    if scores.samples < ENOUGH:
        parts.append(f"Fewer than {ENOUGH} {scores.unit} give no interval.")
    parts += [words for words in (on_intervals(subject.standing),) if words]
    if run.status != "finished":
        parts.append(f"The run is {run.status}: {run.so_far}. These are its numbers so far.")
    failed = (
        f"{plural(run.failures, 'score')} failed and {'is' if run.failures == 1 else 'are'} "
        "left out."
    )
    parts += [failed if run.failures else "No score failed.", blanks.told(scores)]
    parts += [elsewhere.left_out(scores), scores.machines.told]
    return " ".join(filter(None, parts))


def use_said(summary: Summary) -> tuple[str, str]:
    """Which method to use, and what is said beside it in few words."""
    key = summary.advice.method
    if key is None:
        return "no method", "none is shown to be fit for use here"
    cost = next(row for row in summary.glance if row.method == key).cell("cost")
    return title_of(key), f"{cost.number} passes a map" if cost.number else ""


def leaders(subject: Subject) -> list[tuple[str, str]]:
    """For each metric: who may be the best."""
    return [
        (
            metric_title(metric),
            ", ".join(
                named(one.method) for one in subject.standing if one.metric == metric and one.best
            )
            or "too few images",
        )
        for metric in subject.scores.metrics
        if METRICS[metric].sampled
    ]


def points_said(subject: Subject) -> tuple[str, str]:
    """What curves add, and the command that takes more points where that is seen; empty where
    there is nothing to say.
    """
    added = curve_error.curve_error(subject.scores)
    spec = subject.run.spec
    command = curve_error.command(spec) if added and added.too_much else ""
    return curve_error.told(added, spec), command


def tables(standing: Sequence[Standing], methods: Sequence[str]) -> list[dict[str, Any]]:
    """The leaderboard, in tables that a printed page holds."""
    by_place = {(one.method, one.metric): one for one in standing}
    measured = list(dict.fromkeys(one.metric for one in standing))
    return [
        {
            "metrics": part,
            "rows": [(method, [by_place[method, metric] for metric in part]) for method in methods],
        }
        for part in (
            measured[start : start + COLUMNS] for start in range(0, len(measured), COLUMNS)
        )
    ]


def references(subject: Subject) -> list[Any]:
    """What methods and metrics of the run come from, by author."""
    cited = [
        *(method.cite for method in subject.run.spec.methods),
        *(METRICS[metric].cite for metric in subject.scores.metrics),
    ]
    return sorted(
        dict.fromkeys(cite for cite in cited if cite.url.startswith("http")),
        key=lambda cite: (cite.authors, cite.year),
    )
