"""A run as one HTML file: offline, without a request, every text of people escaped, every number
from the run's table.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from heatcheck.answer import glossary
from heatcheck.answer.glance import COLUMNS
from heatcheck.answer.strengths import FATES
from heatcheck.drawing.labels import duration, metric_title, plural, sureness
from heatcheck.judgement import conclusion
from heatcheck.judgement.evidence import QUESTIONS
from heatcheck.judgement.model_check import BARRED
from heatcheck.judgement.phrases import interval, three_digits, title_of
from heatcheck.judgement.substrate_flips import flips
from heatcheck.metrics import METRICS
from heatcheck.report import gallery, heatmaps, parts
from heatcheck.report.charts import charts
from heatcheck.report.limits import limits
from heatcheck.report.subject import Subject, version
from heatcheck.review import metric_agreement
from heatcheck.review.tally import Outcome, in_words
from heatcheck.runs.asked import asked_of
from heatcheck.runs.keys import is_control
from heatcheck.runs.provenance import facts_of
from heatcheck.runs.store import Store

HERE = Path(__file__).parent
FATE_WORDS = {"kept": "measured so", "struck": "refuted", "open": "not decided"}
assert {*FATES.values(), "open"} == set(FATE_WORDS)


def build(
    store: Store, run: str, outcomes: Sequence[Outcome] = (), *, now: datetime | None = None
) -> str:
    """The report of a run, with the outcomes of its team sessions.

    Raises:
        RunProblem: the run has no scores yet.
    """
    return page(Subject.of(store, run), outcomes, now=now)


def page(subject: Subject, outcomes: Sequence[Outcome] = (), *, now: datetime | None = None) -> str:
    """The same of a run that is read already."""
    known, scores, summary = subject.run, subject.scores, subject.summary
    measured = scores.metrics
    pictures = gallery.gallery(subject)
    scripts = [
        get_plotlyjs().replace("\r\n", "\n").replace("\r", "\n"),
        (HERE / "page.js").read_text(),
        heatmaps.SCRIPT,
    ]
    return rendered(
        "page.html",
        scripts,
        subject=subject,
        run=known,
        spec=known.spec,
        summary=summary,
        columns=COLUMNS,
        sentences=conclusion.sentences(scores),
        barred=BARRED if scores.barred else "",
        use=parts.use_said(summary),
        built=(now or datetime.now(UTC)),
        version=version(),
        over=scores.unit,
        flips=[flip.sentence for flip in flips(scores)],
        sure=parts.sample_said(subject),
        leaders=parts.leaders(subject),
        points=parts.points_said(subject),
        outcomes=outcomes,
        held=[
            [one for one in metric_agreement.against_metrics(outcome.votes, scores) if one.votes]
            for outcome in outcomes
        ],
        verdicts=[
            (verdict, parts.GLYPHS[verdict.mark], title_of(verdict.claim.about))
            for verdict in summary.verdicts
        ],
        tables=parts.tables(subject.standing, scores.methods),
        metrics=[METRICS[metric] for metric in measured],
        charts=charts(subject),
        pictures=pictures,
        typical=pictures.typical,
        heatmaps=gallery.data(pictures.columns),
        metric_params={metric.name: metric.params for metric in known.spec.metrics},
        limits=limits(scores, known.notes, known.image_notes),
        provenance=facts_of(known.provenance),
        asked=json.dumps(known.spec.as_asked, indent=1),
        references=parts.references(subject),
        most_digests=parts.MOST_DIGESTS,
        revealed={"revealed": "names revealed", "closed": "closed"},
        **heatmaps.still(),
    )


def rendered(template: str, scripts: Sequence[str], **values: Any) -> str:
    """A template with its values, all text escaped but the styles, and the charts' data and
    scripts, which are ours and inert.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data"] = lambda png: (
        "data:image/png;base64," + base64.b64encode(png).decode()
    )
    environment.globals.update(
        three_digits=three_digits,
        sureness=sureness,
        asked_of=asked_of,
        duration=duration,
        interval=interval,
        title_of=title_of,
        is_control=is_control,
        metric_title=metric_title,
        plural=plural,
        in_words=in_words,
        held_in_words=lambda held: metric_agreement.in_words(
            held, {one.metric: METRICS[one.metric].title for one in held}
        ),
        named=lambda outcome: {one.method: title_of(one.method) for one in outcome.tally},
        terms_in=lambda html: glossary.used(_read(html)),
        questions=[question.title for question in QUESTIONS.values()],
        tones=parts.TONES,
        fates=FATE_WORDS,
        inert=Markup,
    )
    return environment.get_template(template).render(
        policy=_policy(scripts),
        css=_styles("page.css"),
        view=_styles("view.css"),
        scripts=[Markup(script) for script in scripts],
        **values,
    )


def _styles(name: str) -> Markup:
    return Markup("".join((HERE / one).read_text() for one in (name, "heatmaps.css")))


def _read(html: str) -> str:
    """What a person reads of a part of the page: no marks, and no data of charts."""
    return unescape(re.sub(r"<script.*?</script>|<[^>]*>", " ", html, flags=re.DOTALL))


def _policy(scripts: Sequence[str]) -> str:
    """Nothing is loaded from anywhere, and only these scripts run. Plotly writes its own styles, so
    styles are free.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {hashes or NONE}"
        "; base-uri 'none'; form-action 'none'"
    )


NONE = "'none'"
