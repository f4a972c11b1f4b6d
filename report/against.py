"""A run against an earlier one: the comparison of `answer.changes`, as HTML, Markdown and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from heatcheck.answer.changes import Changes, MethodChange, changes
from heatcheck.answer.differences import Difference, Side, models
from heatcheck.core.errors import BadParameter
from heatcheck.drawing.labels import metric_title
from heatcheck.judgement.evidence import QUESTIONS
from heatcheck.judgement.model_check import BARRED
from heatcheck.judgement.phrases import interval, title_of
from heatcheck.judgement.questions import QUESTIONS as ASKED
from heatcheck.metrics import METRICS
from heatcheck.report import document as documents
from heatcheck.report.build import rendered
from heatcheck.report.markdown import escaped, facts, fenced, listing, table
from heatcheck.report.parts import GLYPHS, named
from heatcheck.report.subject import Subject, version

OVERVIEW = ("Method", "Evidence then", "Evidence now", "What turned")
HEADS = ("What", "Then", "Now", "Change")


def compared(now: Subject, then: Subject) -> Changes:
    """What changed from one run to another.

    Raises:
        BadParameter: it is one run, or the runs share no method.
    """
    if now.run.id == then.run.id:
        raise BadParameter(
            f"Expected two runs. Got {now.run.id} twice. Name another run after --against."
        )
    before, after = models(then.run, now.run)
    return changes(_side(then, before), _side(now, after))


def _side(subject: Subject, model: str) -> Side:
    spec = subject.run.spec
    return Side(
        subject.summary,
        {key: method.digest for key, method in spec.keyed.items()},
        {metric.name: metric.digest for metric in spec.metrics},
        {image.name: image.digest for image in spec.images},
        model,
    )


# -- rows, for every format ------------------------------------------------------------------------


def rows(pair: MethodChange) -> list[tuple[str, str, str, str]]:
    """A method's table: what, then, now, and the change in words."""
    evidence = [
        (
            f"Evidence {QUESTIONS[one.question].title}",
            one.then,
            one.now,
            one.turned or ("the same" if one.then == one.now else ""),
        )
        for one in pair.evidence
    ]
    sanity = [] if pair.control else [("Beats random weights", *pair.sanity, "")]
    measured = [
        (metric_title(one.metric), _mean(one.then), _mean(one.now), _change(one))
        for one in pair.metrics
        if one.then or one.now
    ]
    return [*evidence, *sanity, *measured]


def overview(now: Subject, then: Subject, told: Changes) -> list[tuple[str, str, str, str]]:
    """A row a method, controls left out: its evidence then and now as at a glance, and on which
    questions it turned.
    """
    cells = [
        {row.method: row.cell("evidence").text for row in side.summary.glance}
        for side in (then, now)
    ]
    return [
        (named(pair.now), cells[0][pair.then], cells[1][pair.now], _turns(pair))
        for pair in told.methods
        if not pair.control
    ]


def _turns(pair: MethodChange) -> str:
    """`lost: of the map's places`; `the same` where nothing turned."""
    turns = {
        which: titles
        for which in ("lost", "gained", "untested")
        if (
            titles := [
                QUESTIONS[one.question].title for one in pair.evidence if one.turned == which
            ]
        )
    }
    told = "; ".join(f"{which}: {', '.join(titles)}" for which, titles in turns.items())
    return told or ("the same" if any(one.tested for one in pair.evidence) else "")


def turned_rows(told: Changes) -> list[tuple[str, str, str]]:
    """A row a verdict that differs: what is asked of whom, then, now."""
    return [
        (
            f"{title_of(one.method)}: {ASKED[one.question].title}",
            f"{GLYPHS[one.then.mark]} {one.then.label}",
            f"{GLYPHS[one.now.mark]} {one.now.label}",
        )
        for one in sorted(told.turned, key=lambda one: not one.decided)
    ]


def apart(told: Changes) -> str:
    """The methods that one run alone has, in a sentence; empty where there are none."""
    parts = [
        f"Only in the {which} run: {', '.join(map(named, keys))}."
        for which, keys in (("earlier", told.only_then), ("later", told.only_now))
        if keys
    ]
    return " ".join(parts)


def _mean(estimate: Any) -> str:
    return interval(estimate) if estimate else "not measured"


def _change(one: Difference) -> str:
    if one.difference is None:
        return one.why_not
    n = f"n = {one.difference.n}" if one.difference.sure and one.how == "paired" else ""
    return ", ".join(filter(None, (interval(one.difference), one.words, one.how, n)))


# -- formats ---------------------------------------------------------------------------------------


def html(now: Subject, then: Subject, *, built: datetime | None = None) -> str:
    """The comparison as one HTML file, without a script."""
    told = compared(now, then)
    return rendered(
        "against.html",
        [],
        told=told,
        now=now,
        then=then,
        barred=[BARRED if side.scores.barred else "" for side in (then, now)],
        heads=HEADS,
        overview_heads=OVERVIEW,
        overview=overview(now, then, told),
        pairs=[(named(pair.now), pair.control, rows(pair)) for pair in told.methods],
        turned=turned_rows(told),
        sentences=[
            (f"{title_of(one.method)}: {ASKED[one.question].title}", one.then, one.now)
            for one in told.turned
        ],
        apart=apart(told),
        facts=[(side, facts(side)) for side in (then, now)],
        built=built or datetime.now(UTC),
        installed=version(),
    )


def markdown(now: Subject, then: Subject) -> str:
    """The same as plain GitHub Markdown."""
    told = compared(now, then)
    blocks = [
        f"# What changed: {escaped(now.classifier)}, run {now.run.id[:6]} against "
        f"{then.run.id[:6]}",
        *(f"{which}: {_line(side)}" for which, side in (("Then", then), ("Now", now))),
        f"**{escaped(told.headline)}**",
        table(OVERVIEW, overview(now, then, told)),
        listing(told.notes),
        escaped(apart(told)),
        *(f"## {escaped(named(pair.now))}\n\n{table(HEADS, rows(pair))}" for pair in told.methods),
        "## Verdicts that differ",
        table(("Question", "Then", "Now"), turned_rows(told)) if told.turned else "None.",
        "## Where these numbers come from",
        *(
            f"{which}\n\n{fenced(side.run.spec.command, 'sh')}\n\n"
            f"{table(('What', 'Value'), facts(side))}"
            for which, side in (("Then:", then), ("Now:", now))
        ),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _line(side: Subject) -> str:
    model = escaped(" ".join(side.summary.model))
    banner = f"**{BARRED}** " if side.scores.barred else ""
    return (
        f"{escaped(side.classifier)}, {side.images}, {side.run.asked_at:%Y-%m-%d}, run "
        f"{side.run.id[:6]}, {side.run.status}. {banner}{model} "
        f"{escaped(side.summary.headline.answer)}"
    )


def document(now: Subject, then: Subject, *, built: datetime | None = None) -> Mapping[str, Any]:
    """The same as JSON, numbers at full precision."""
    told = compared(now, then)
    return {
        "schema": documents.SCHEMA,
        "version": documents.VERSION,
        **{
            which: {
                "run": documents.run_of(side),
                **documents.answer_of(side.summary),
                "provenance": documents.provenance_of(side, built),
            }
            for which, side in (("then", then), ("now", now))
        },
        "headline": told.headline,
        "notes": list(told.notes),
        "same_model": told.same_model,
        "shared_images": told.shared,
        "methods": [_method(pair) for pair in told.methods],
        "turned": [
            {
                "method": one.method,
                "question": one.question,
                "then": one.then.mark,
                "now": one.now.mark,
                "decided": one.decided,
                "sentence_then": one.then.sentence,
                "sentence_now": one.now.sentence,
            }
            for one in told.turned
        ],
        "only_then": list(told.only_then),
        "only_now": list(told.only_now),
    }


def _method(pair: MethodChange) -> dict[str, Any]:
    return {
        "then": pair.then,
        "now": pair.now,
        "title": title_of(pair.now),
        "control": pair.control,
        "evidence": [
            {"question": one.question, "then": one.then, "now": one.now, "turned": one.turned}
            for one in pair.evidence
        ],
        "sanity": {"then": pair.sanity[0], "now": pair.sanity[1]},
        "metrics": [
            {
                "metric": one.metric,
                "unit": METRICS[one.metric].unit,
                **{
                    name: documents.estimated(mean) if mean else None
                    for name, mean in (
                        ("then", one.then),
                        ("now", one.now),
                        ("difference", one.difference),
                    )
                },
                "how": one.how,
                "why_not": one.why_not,
            }
            for one in pair.metrics
        ],
    }


def text(now: Subject, then: Subject) -> str:
    """The JSON document as it is written."""
    return documents.text(document(now, then))
