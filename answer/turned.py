"""A run held beside its baseline: verdicts that turned, evidence that was lost.

A verdict turns where it goes from confirmed to refuted or back; for a claim about the family, also
where it does so for one method that both runs have. To become undecided or mixed is no turn.
Evidence is lost where a method showed it in the baseline and does not here. What the baseline had
and this run does not measure is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from heatcheck.answer.decisions import Decision, Held, Part, joint
from heatcheck.answer.differences import models
from heatcheck.answer.rules import NoneTurned
from heatcheck.core.registry import Registered
from heatcheck.inputs import classifier_names
from heatcheck.inputs.printable import printable
from heatcheck.judgement.evidence import QUESTIONS
from heatcheck.judgement.phrases import joined, title_of
from heatcheck.judgement.verdicts import DECIDED, Verdict, opposite


def turned(rule: NoneTurned, held: Held, baseline: Held) -> Decision:
    """Whether no verdict turned and no evidence was lost, and what else differs from the
    baseline.
    """
    if not baseline.finished:
        reason = f"The baseline is {baseline.run.status}: a part of it tells nothing."
        return Decision(rule, "unknown", reason)
    verdicts, evidence = list(_verdicts(held, baseline)), list(_evidence(held, baseline))
    if not verdicts and not evidence:
        reason = "The baseline decides no claim and shows no evidence: nothing can turn."
        return Decision(rule, "unknown", reason)
    kept: Part = (
        "pass",
        f"Decided claims that kept their verdict: {len(verdicts)}. Evidence that is still shown: "
        f"{len(evidence)}.",
    )
    decision = joint(rule, [kept, *verdicts, *evidence])
    reasons = [decision.reason, *differences(held, baseline)]
    return Decision(rule, decision.outcome, " ".join(reasons))


def _verdicts(held: Held, baseline: Held) -> Iterator[Part]:
    """A part for each claim that the baseline decides, if only for one method of the family."""
    for before, now in zip(baseline.verdicts, held.verdicts, strict=True):
        if any(one.mark in DECIDED for one in (before, *before.members)):
            yield _kept(before, now)


def _kept(before: Verdict, now: Verdict) -> Part:
    claim = f"“{before.claim.words}”"
    if opposite(before, now):
        return "FAIL", f"{claim} turned from {before.mark} to {now.mark}."
    of_method = {one.claim.about: one for one in now.members}
    changed = [
        f"{claim} turned from {one.mark} to {of_method[key].mark} for {title_of(key)}."
        for one in before.members
        if (key := one.claim.about) in of_method and opposite(one, of_method[key])
    ]
    if changed:
        return "FAIL", " ".join(changed)
    if now.mark == "not measured in this run":
        return "unknown", f"{claim} was {before.mark} and is not measured in this run."
    return "pass", ""


def _evidence(held: Held, baseline: Held) -> Iterator[Part]:
    """A part for each method and question on which the baseline shows evidence."""
    for question in QUESTIONS.values():
        for key in baseline.evidence.shown(question.name):
            had = f"{title_of(key)} had evidence {question.title}"
            if key not in held.run.spec.keyed:
                yield "unknown", f"{had} and is not in this run."
                continue
            showing = held.evidence.of(key, question.name)
            match showing.mark:
                case "shown":
                    yield "pass", ""
                case "not shown":
                    yield "FAIL", f"{had}. Now it is {showing.words}."
                case "not measured" if showing.untryable:
                    yield "unknown", f"{had}. Now it {showing.reason}."
                case "not measured":
                    yield "unknown", f"{had}. It is not measured in this run."
                case _:
                    yield "unknown", f"{had}. Now it cannot be said: {showing.reason}."


def differences(held: Held, baseline: Held) -> list[str]:
    """What else than the maps may have changed since the baseline, a sentence each."""
    now, before = held.run, baseline.run
    if now.id == before.id:
        return ["The baseline is this run itself."]
    return [
        sentence
        for sentence in (
            _classifier(held, baseline),
            _images(held, baseline),
            _settings("Methods", _changed(before.spec.keyed, now.spec.keyed)),
            _settings(
                "Metrics",
                _changed(
                    {metric.name: metric for metric in before.spec.metrics},
                    {metric.name: metric for metric in now.spec.metrics},
                ),
            ),
        )
        if sentence
    ]


def _classifier(held: Held, baseline: Held) -> str:
    titles = [classifier_names.read(one.run.spec.classifier).title for one in (held, baseline)]
    title = printable(titles[1])
    if titles[0] != titles[1]:
        return f"The baseline is of another classifier: {title}."
    now, before = models(held.run, baseline.run)
    if now != before:
        return f"The baseline is of other weights or settings of {title}."
    return ""


def _images(held: Held, baseline: Held) -> str:
    now, before = ({image.digest for image in one.run.spec.images} for one in (held, baseline))
    if now == before:
        return ""
    return (
        f"The baseline is of other images: this run has {len(now & before)} of its {len(before)}."
    )


def _changed(before: Mapping[str, Registered], now: Mapping[str, Registered]) -> list[str]:
    """The titles of what both have under one key, with other parameters."""
    return [
        now[key].title for key in before if key in now and now[key].digest != before[key].digest
    ]


def _settings(kind: str, titles: list[str]) -> str:
    return f"{kind} with other settings in the baseline: {joined(titles)}." if titles else ""
