"""A run as JSON, numbers at full precision; docs/report.schema.json says what it holds."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from heatcheck.answer.glance import Row
from heatcheck.answer.summary import Summary
from heatcheck.judgement.phrases import title_of
from heatcheck.judgement.standings import Standing
from heatcheck.judgement.statistics import Estimate
from heatcheck.judgement.verdicts import Verdict
from heatcheck.metrics import METRICS
from heatcheck.report.subject import Subject, version
from heatcheck.runs.keys import is_control

SCHEMA = "urn:heatcheck:report"
VERSION = 1
SCHEMA_FILE = Path(__file__).parent.parent / "docs" / "report.schema.json"


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the documents."""
    read: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return read


def text(document: Mapping[str, Any]) -> str:
    """A document as it is written; no number in it is infinite or missing."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def document(subject: Subject, *, now: datetime | None = None) -> dict[str, Any]:
    """A run's answer, table, verdicts and provenance."""
    summary = subject.summary
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "run": run_of(subject),
        **answer_of(summary),
        "advice": {
            "method": summary.advice.method,
            "sentence": summary.advice.sentence,
            "others": [{"method": key, "reason": reason} for key, reason in summary.advice.others],
        },
        "glance": [_row(row) for row in summary.glance],
        "leaderboard": [_standing(one) for one in subject.standing],
        "evidence": evidence_of(summary),
        "claims": [_claim(verdict) for verdict in summary.verdicts],
        "provenance": provenance_of(subject, now),
    }


def run_of(subject: Subject) -> dict[str, Any]:
    """Which run it is, and how far."""
    run = subject.run
    return {
        "id": run.id,
        "status": run.status,
        "steps": {"done": run.done, "all": run.total},
        "failed_scores": run.failures,
        "asked_at": run.asked_at.isoformat(),
        "classifier": run.spec.classifier,
        "classifier_title": subject.classifier,
        "images": len(run.spec.images),
        "samples": subject.scores.samples,
        "methods": [
            {
                "key": key,
                "title": title_of(key),
                "control": is_control(key),
                "params": method.params,
            }
            for key, method in run.spec.keyed.items()
        ],
        "seed": run.spec.seed,
    }


def answer_of(summary: Summary) -> dict[str, Any]:
    """The model and the answer: `model`, `answer`, `sure`, `change`."""
    model, headline = summary.scores.model, summary.headline
    return {
        "model": model
        and {
            "bars": model.bars,
            "sentences": list(summary.model),
            "labelled": model.labelled,
            "right": model.right,
            "chance": model.chance,
            "p": model.p,
            "probability": model.probability,
        },
        "answer": {"text": headline.answer, "tone": headline.tone},
        "sure": list(headline.sure),
        "change": list(headline.change),
    }


def evidence_of(summary: Summary) -> list[dict[str, Any]]:
    """A row a method and measured question."""
    evidence = summary.evidence
    showings = [
        evidence.of(key, question.name)
        for key in evidence.methods
        for question in evidence.questions
    ]
    return [
        {
            "method": one.method,
            "question": one.question,
            "mark": one.mark,
            "p": one.p if one.gains else None,
            "reason": one.reason,
            "gains": [{"metric": gain.metric, **estimated(gain.estimate)} for gain in one.gains],
        }
        for one in showings
    ]


def provenance_of(subject: Subject, now: datetime | None) -> dict[str, Any]:
    """The command, the whole question, the machine and the images."""
    run = subject.run
    return {
        "command": run.spec.command,
        "spec": run.spec.as_asked,
        "source": run.spec.source,
        "began_at": run.began_at and run.began_at.isoformat(),
        "ended_at": run.ended_at and run.ended_at.isoformat(),
        "facts": dict(run.provenance),
        "images": [
            {"name": image.name, "digest": image.digest, "group": image.group}
            for image in run.spec.images
        ],
        "built_at": (now or datetime.now(UTC)).isoformat(),
        "heatcheck": version(),
    }


def estimated(estimate: Estimate) -> dict[str, Any]:
    """A mean with both ends of its interval, null where it has none."""
    return {
        "mean": number(estimate.mean),
        "low": number(estimate.low),
        "high": number(estimate.high),
        "n": estimate.n,
    }


def number(value: float | None) -> float | None:
    """A number as JSON can hold it; null for what is none."""
    return float(value) if value is not None and math.isfinite(value) else None


def _row(row: Row) -> dict[str, Any]:
    return {
        "method": row.method,
        "title": title_of(row.method),
        "control": row.control,
        "cells": [
            {
                "column": cell.column,
                "tone": cell.tone,
                "words": cell.words,
                "number": cell.number,
                "rows": [{"name": name, "text": told} for name, told in cell.rows],
            }
            for cell in row.cells
        ],
    }


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "method": one.method,
        "metric": one.metric,
        "unit": METRICS[one.metric].unit,
        "better": METRICS[one.metric].better,
        "estimate": estimated(one.estimate) if one.estimate else None,
        "failed": one.failed,
        "may_be_best": one.best,
        "passes": one.passes,
    }


def _claim(verdict: Verdict) -> dict[str, Any]:
    return {
        "about": verdict.claim.about,
        "words": verdict.claim.words,
        "kind": verdict.claim.kind,
        "question": verdict.claim.question.name,
        "mark": verdict.mark,
        "label": verdict.label,
        "sentence": verdict.sentence,
        "p": number(verdict.p),
        "estimate": estimated(verdict.estimate) if verdict.estimate else None,
        "threshold": number(verdict.threshold),
        "unit": verdict.unit,
        "rows": [{"name": name, "text": told} for name, told in verdict.rows],
        "members": [
            {"method": member.claim.about, "mark": member.mark} for member in verdict.members
        ],
    }
