"""A stored run held against rules: which of them hold, which do not, and what cannot be told.

Doubt is no pass. A limit is held against the far end of the mean's 95 % interval; what the run did
not measure, and what a part of a run says, is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from heatcheck.answer.decisions import Decision, Held, Part, joint
from heatcheck.answer.rules import (
    FewFailures,
    Finished,
    HasVerdict,
    NoneBelowRandom,
    NoneTurned,
    Rule,
    ScoreWithin,
    ShowsEvidence,
)
from heatcheck.answer.turned import turned
from heatcheck.core.errors import BadParameter
from heatcheck.core.numbers import in_full
from heatcheck.inputs.printable import printable
from heatcheck.judgement.claims import CLAIMS, FAMILY
from heatcheck.judgement.evidence import QUESTIONS
from heatcheck.judgement.phrases import joined, listed, three_digits, title_of
from heatcheck.judgement.standings import better_by, mean_of
from heatcheck.judgement.statistics import (
    ENOUGH,
    LEVEL,
    ROUNDING,
    Estimate,
    interval_caution,
    p_more_hits,
)
from heatcheck.judgement.verdicts import asked
from heatcheck.metrics import METRICS
from heatcheck.runs.keys import is_control, name_of

LONGEST = 300  # characters of a run's own problem that a reason repeats
CAUTIONS = {
    "few images": "With so few images the interval may be too short.",
    "skewed": "A few images carry the mean, and the interval may be too short.",
}


def decide(rules: Sequence[Rule], held: Held, baseline: Held | None = None) -> list[Decision]:
    """Each rule held against a run, in order.

    Raises:
        BadParameter: a rule needs a baseline and there is none, or no rule needs the one there is.
    """
    needed = any(isinstance(rule, NoneTurned) for rule in rules)
    if needed and baseline is None:
        raise BadParameter(
            "Expected a baseline for the rule “no verdict turned”. Got none. Name a run with "
            "--baseline, or leave the rule out."
        )
    if baseline is not None and not needed:
        raise BadParameter(
            "Expected a rule “no verdict turned”, which alone reads the baseline. Got none. Write "
            "the rule, or leave --baseline out."
        )
    return [_decided(rule, held, baseline) for rule in rules]


def _decided(rule: Rule, held: Held, baseline: Held | None) -> Decision:
    match rule:
        case Finished():
            return _finished(rule, held)
        case FewFailures():
            return _failures(rule, held)
        case _ if not held.finished:
            return Decision(rule, "unknown", "The run is not finished: a part of it tells nothing.")
        case ShowsEvidence():
            return _evidence(rule, held)
        case NoneBelowRandom():
            return joint(
                rule, [part for metric in rule.metrics for part in _below_random(held, metric)]
            )
        case ScoreWithin():
            return _score(rule, held)
        case HasVerdict():
            return _verdict(rule, held)
        case NoneTurned():
            assert baseline is not None  # `decide` asks for it
            return turned(rule, held, baseline)


def _finished(rule: Rule, held: Held) -> Decision:
    run = held.run
    if held.finished:
        return Decision(rule, "pass", f"It has {run.so_far}.")
    problem = f" It says: {_short(run.problem)}" if run.problem else ""
    advice = (
        "Wait for its end." if run.status == "running" else f"Go on with: heatcheck resume {run.id}"
    )
    return Decision(rule, "FAIL", f"It is {run.status}, with {run.so_far}.{problem} {advice}")


def _short(problem: str) -> str:
    line = printable(" ".join(problem.split()))
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} [...]"


def _failures(rule: FewFailures, held: Held) -> Decision:
    errors = held.scores.table["error"] != ""
    by_method = held.scores.table[errors].groupby("method").size()
    count = int(by_method.sum())
    of = f", {by_method.max()} of them of {title_of(str(by_method.idxmax()))}" if count else ""
    reason = f"Failed scores: {count}{of}."
    if count > rule.at_most:
        return Decision(rule, "FAIL", reason)
    if not held.finished:
        return Decision(rule, "unknown", f"{reason} The run is not finished: more may fail.")
    return Decision(rule, "pass", reason)


def _absent(held: Held, key: str) -> str:
    """Why a method cannot be told, in a sentence; empty where it is in the run."""
    keys = list(held.run.spec.keyed)
    if key in keys:
        return ""
    variants = [other for other in keys if name_of(other) == name_of(key)]
    if variants and key == name_of(key):
        return f"The run has it with several settings: name one of {joined(variants, 'or')}."
    return f"{title_of(key)} is not in this run."


def _evidence(rule: ShowsEvidence, held: Held) -> Decision:
    if reason := _absent(held, rule.method):
        return Decision(rule, "unknown", reason)
    decision = joint(rule, [_showing(held, rule.method, question) for question in rule.of])
    remarks = [leg.remark for leg in held.evidence.legs if leg.remark]
    return replace(decision, reason=" ".join([decision.reason, *remarks]))


def _showing(held: Held, key: str, question: str) -> Part:
    showing = held.evidence.of(key, question)
    title = QUESTIONS[question].title
    match showing.mark:
        case "shown":
            least = min(showing.gains, key=lambda gain: gain.mean)
            return "pass", (
                f"Evidence {title} is shown: its least gain is {three_digits(least.mean)}, in "
                f"{least.area}, over {len(least.sample)} {held.scores.unit}."
            )
        case "not shown":
            return "FAIL", f"Evidence {title} is {showing.words}."
        case "not measured" if showing.untryable:
            return "unknown", f"Evidence {title} {showing.reason}."
        case "not measured":
            return "unknown", f"Evidence {title} is not measured in this run."
    return "unknown", f"Evidence {title} cannot be said: {showing.reason}."


def _below_random(held: Held, metric: str) -> Iterator[Part]:
    """Each method that is shown to be worse than Random, each that cannot be told; else one part
    for all.
    """
    title = METRICS[metric].title
    if metric not in held.scores.metrics:
        yield "unknown", f"{title} is not measured in this run."
        return
    wide = held.scores.of(metric)
    chance = next((key for key in wide if name_of(key) == "random"), None)
    if chance is None or not wide[chance].notna().any():
        yield "unknown", f"Random has no score in {title}."
        return
    methods = [key for key in held.run.spec.keyed if not is_control(key)]
    if not methods:
        yield "unknown", "The run has only controls: there is no method to hold against Random."
        return
    parts = [_against_random(held, metric, key, chance) for key in methods]
    yield from (part for part in parts if part[0] != "pass")
    if all(outcome == "pass" for outcome, _ in parts):
        count = "1 method" if len(methods) == 1 else f"{len(methods)} methods"
        yield "pass", f"In {title} it holds for {count}, each by itself."


def _against_random(held: Held, metric: str, key: str, chance: str) -> Part:
    title, wide = METRICS[metric].title, held.scores.of(metric)
    lead = better_by(wide, key, chance, held.scores.better(metric)) if key in wide else None
    if lead is None:
        return "unknown", f"{title_of(key)} has no score in {title} beside Random's."
    if lead.n < ENOUGH:
        return "unknown", (
            f"{title_of(key)} and Random have scores on {lead.n} {held.scores.unit} in {title}: "
            f"{ENOUGH} are needed."
        )
    if METRICS[metric].scale == "hits":
        sign = 1 if held.scores.better(metric) == "higher" else -1
        behind = sign * (wide[chance] - wide[key]).to_numpy()
        if p_more_hits(behind) > (1 - LEVEL) / 2:
            return "pass", ""
        return "FAIL", f"{title_of(key)} hits less often than Random in {title}."
    if lead.constant and lead.mean < -ROUNDING:
        return "unknown", (
            f"{title_of(key)} is worse than Random in {title} by {three_digits(-lead.mean)} on all "
            f"{lead.n} {held.scores.unit}: without spread there is no interval."
        )
    if lead.high is None or lead.high >= -ROUNDING:
        return "pass", ""
    return "FAIL", (
        f"{title_of(key)} is worse than Random in {title}, by {three_digits(-lead.mean)} and at "
        f"least by {three_digits(-lead.high)}."
    )


def _score(rule: ScoreWithin, held: Held) -> Decision:
    if reason := _absent(held, rule.method):
        return Decision(rule, "unknown", reason)
    metric = METRICS[rule.metric]
    if rule.metric not in held.scores.metrics:
        return Decision(rule, "unknown", f"{metric.title} is not measured in this run.")
    wide, failed = held.scores.of(rule.metric), held.scores.failures(rule.metric, rule.method)
    sample = wide[rule.method] if rule.method in wide else pd.Series(dtype=float)
    mean = mean_of(rule.metric, sample, held.scores.bounds(rule.metric))
    if mean is None:
        return Decision(rule, "unknown", f"It has no score in {metric.title}.")
    outcome, reason = _within(rule, mean, held.scores.unit)
    caution = CAUTIONS.get(interval_caution(sample.to_numpy(), metric.scale), "")
    notes = [
        f"Of its scores {failed} failed and are not in the mean." if failed else "",
        caution if mean.sure else "",
    ]
    return Decision(rule, outcome, " ".join(filter(None, [reason, *notes])))


def _within(rule: ScoreWithin, mean: Estimate, unit: str) -> Part:
    """The mean's far end held against the limit; the mean where images are no sample of it."""
    inside = rule.holds(mean.mean)
    if not mean.sampled:
        value, limit = _apart(mean.mean, rule.limit)
        words = "within" if inside else "beyond"
        return "pass" if inside else "FAIL", (
            f"The mean decides, since it has no interval: {value} is {words} the limit of {limit}."
        )
    start = f"The mean is {three_digits(mean.mean)} over {mean.n} {unit}"
    if mean.constant:
        return "unknown", f"{start}, the same on all: without spread there is no interval."
    end = mean.high if rule.side == "at most" else mean.low
    if end is None:
        return "unknown", f"{start}: too few for an interval."
    value, limit = _apart(end, rule.limit)
    if rule.holds(end):
        return "pass", f"{start}. Its interval ends at {value}, within the limit of {limit}."
    if inside:
        return "FAIL", (
            f"{start}. Its interval ends at {value}, beyond the limit of {limit}: the mean is "
            "within it, but doubt fails."
        )
    return "FAIL", f"{start}. Its interval ends at {value}, and the mean is beyond {limit} too."


def _apart(value: float, limit: float) -> tuple[str, str]:
    """A value and its limit, the value with as many digits as show which is larger."""
    short = three_digits(value)
    return in_full(value) if short == three_digits(limit) else short, in_full(limit)


def _verdict(rule: HasVerdict, held: Held) -> Decision:
    place = [claim.words for claim in CLAIMS].index(rule.claim)
    verdict = held.verdicts[place]
    if verdict.mark in ("not measured in this run", "the unit, not tested"):
        return Decision(rule, "unknown", f"It is {verdict.mark}. {verdict.measured}".strip())
    about = verdict.claim.about
    whom = "each gradient method" if about == FAMILY else title_of(about)
    sentences = [
        f"It asks {whom} for {asked(verdict.claim)}.",
        f"The verdict is {verdict.label}.",
    ]
    if verdict.estimate is not None:
        mean = verdict.estimate
        sentences.append(
            f"The mean is {three_digits(mean.mean)} over {mean.n} {held.scores.unit}"
            f" ({verdict.unit})."
        )
    others = [one.claim.about for one in verdict.members if one.mark != rule.verdict]
    if others and verdict.mark != rule.verdict:
        sentences.append(f"It is not {rule.verdict} for {listed(others)}.")
    reason = " ".join(sentences)
    return Decision(rule, "pass" if verdict.mark == rule.verdict else "FAIL", reason)
