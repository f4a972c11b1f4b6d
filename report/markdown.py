"""A run as plain GitHub Markdown: whole, or as the short section of a model card. Every text is
escaped, so what people wrote stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from heatcheck.answer.glance import COLUMNS
from heatcheck.answer.summary import Summary
from heatcheck.drawing.labels import duration, metric_title
from heatcheck.judgement.model_check import BARRED
from heatcheck.judgement.phrases import title_of
from heatcheck.metrics import METRICS
from heatcheck.report import parts
from heatcheck.report.limits import limits
from heatcheck.report.subject import Subject, version
from heatcheck.runs.asked import asked_of
from heatcheck.runs.provenance import facts_of

ACTING = re.compile(r"([\\`*_{}\[\]<>|~$&#!@])")


def escaped(text: str) -> str:
    """A text that stays text in Markdown, in one line; no address in it becomes a link."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    marked = ACTING.sub(r"\\\1", line).replace("://", ":\\/\\/")
    return re.sub(r"(?i)\bwww\.", r"www\\.", marked)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of texts, each escaped here."""
    lines = [heads, *rows]
    written = ["| " + " | ".join(map(escaped, line)) + " |" for line in lines]
    written.insert(1, "|" + "---|" * len(heads))
    return "\n".join(written)


def fenced(text: str, kind: str = "") -> str:
    """A text in a fence that nothing in it can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{kind}\n{text}\n{fence}"


def listing(sentences: Iterable[str]) -> str:
    """A list, a sentence a line."""
    return "\n".join(f"- {escaped(one)}" for one in sentences)


def markdown(subject: Subject) -> str:
    """The answer, how sure it is, table at a glance, leaderboard, claims, limits, provenance."""
    summary, run, scores = subject.summary, subject.run, subject.scores
    limited = limits(scores, run.notes, run.image_notes)
    blocks = [
        f"# Which attribution method may we trust for {escaped(subject.classifier)}?",
        *opening(subject),
        f"**Use: {escaped(parts.use_said(summary)[0])}.** {escaped(summary.advice.sentence)}",
        "## How sure",
        listing([*summary.headline.sure, parts.sample_said(subject)]),
        "## What would change it",
        listing(summary.headline.change),
        "## At a glance",
        glance(subject.summary),
        "## Leaderboard",
        f"Mean over {scores.unit} with the 95 % interval. ◆ may be the best.",
        *_leaderboard(subject),
        "## The textbook's claims",
        table(
            ("Claim", "Mark", "Measured"),
            [
                (
                    f"{title_of(one.claim.about)}: {one.claim.words}",
                    f"{parts.GLYPHS[one.mark]} {one.label}",
                    one.sentence,
                )
                for one in summary.verdicts
            ],
        ),
        "## Limits",
        "\n".join(f"- **{escaped(name)}.** {escaped(told)}" for name, told in limited),
        "## Where these numbers come from",
        fenced(run.spec.command, "sh"),
        table(("What", "Value"), facts(subject)),
        table(("Image", "Digest"), [(image.name, image.digest) for image in run.spec.images]),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def card(subject: Subject) -> str:
    """A section for a model card."""
    run = subject.run
    blocks = [
        "## Attribution methods",
        *opening(subject),
        glance(subject.summary),
        f"Measured with Heatcheck {escaped(version())}, run {run.id}:",
        fenced(run.spec.command, "sh"),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def opening(subject: Subject) -> list[str]:
    """What was asked, the model, and the answer."""
    summary, run = subject.summary, subject.run
    state = "" if run.status == "finished" else f", {run.status}"
    model = escaped(" ".join(summary.model))
    return [
        f"{escaped(subject.classifier)}, {subject.images}, {run.asked_at:%Y-%m-%d}, "
        f"run {run.id[:6]}{state}.",
        f"**{BARRED}** {model}" if summary.scores.barred else model,
        escaped(asked_of(run)),
        listing(run.notes),
        f"**{escaped(summary.headline.answer)}**",
    ]


def glance(summary: Summary) -> str:
    """The table at a glance: words and number a cell."""
    return table(
        ("Method", *(column.title for column in COLUMNS)),
        [(parts.named(row.method), *(cell.text for cell in row.cells)) for row in summary.glance],
    )


def _measured(subject: Subject) -> str:
    """How many images are measured, and of how many where that is fewer."""
    measured, asked = subject.scores.images, len(subject.run.spec.images)
    return str(measured) if measured == asked else f"{measured} of {asked}"


def facts(subject: Subject) -> list[tuple[str, str]]:
    """What is known of how a run was made, a name and a value each."""
    run = subject.run
    began, ended = (
        f"{moment:%Y-%m-%d %H:%M} UTC" if moment else words
        for moment, words in ((run.began_at, "not started"), (run.ended_at, "now"))
    )
    worked = "" if run.seconds is None else f", {duration(run.seconds)} of work"
    known = facts_of(run.provenance).items()
    return [
        ("run", f"{run.id}, {run.status}, {run.so_far}"),
        ("images", f"{_measured(subject)} from {run.spec.source}"),
        ("seed", str(run.spec.seed)),
        ("measured", f"{began} to {ended}{worked}"),
        ("written by", f"Heatcheck {version()}"),
        *((name.replace("_", " "), str(value)) for name, value in known),
    ]


def _leaderboard(subject: Subject) -> list[str]:
    return [
        table(
            ("Method", *(_head(metric) for metric in part["metrics"])),
            [
                (parts.named(key), *(f"{'◆ ' * cell.best}{cell.text}" for cell in cells))
                for key, cells in part["rows"]
            ],
        )
        for part in parts.tables(subject.standing, subject.scores.methods)
    ]


def _head(metric: str) -> str:
    unit = METRICS[metric].unit
    return f"{metric_title(metric)}{f', {unit}' if unit else ''}"
