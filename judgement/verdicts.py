"""Verdicts: a claim held against a run. No mark is written by hand; a sentence holds the numbers
that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from heatcheck.judgement.claims import CLAIMS, FAMILY, Claim
from heatcheck.judgement.observations import Answer, Observations, Sample
from heatcheck.judgement.phrases import listed
from heatcheck.judgement.questions import Question, check_moved
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import (
    ENOUGH,
    Estimate,
    estimate,
    holm,
    images_to_decide,
    p_against,
)

Mark = Literal["confirmed", "refuted", "undecided", "not measured in this run"]
SURE = 0.05
# methods that a claim about the family does not hold for are told with their numbers up to here,
# beyond by name
MOST_TOLD = 3
DEFAULTS: Mapping[str, float] = {}  # no threshold is moved


@dataclass(frozen=True, eq=False)
class Verdict:
    """A claim with what a run says of it. `estimate`, `threshold` and `sample` are in `unit`; an
    experiment has none of them.

    A claim about the family has a verdict a method in `members`.
    """

    claim: Claim
    mark: Mark
    sentence: str
    measured: str = ""  # the measurement alone, in a sentence
    estimate: Estimate | None = None
    threshold: float | None = None
    p: float | None = None  # after Holm's correction over the claims that were measured together
    sample: pd.Series | None = None  # a value an image
    unit: str = ""
    members: tuple[Verdict, ...] = ()

    @property
    def untryable(self) -> bool:
        """Whether an experiment could not be made with this method."""
        return self.mark == "undecided" and self.estimate is None


def judge(
    scores: Scores,
    findings: pd.DataFrame,
    claims: Sequence[Claim] = CLAIMS,
    moved: Mapping[str, float] = DEFAULTS,
) -> list[Verdict]:
    """Every claim with its verdict, in order, from a run's scores and findings
    (`store.results.findings`); `moved` has the thresholds that are not the default, by name.

    A claim about the family is put to each gradient method of the run. Many claims are tested at
    once: Holm's correction runs over all that have a sample of images.

    Raises:
        UnknownName, BadParameter: a moved threshold that is not there or out of its range.
    """
    (verdicts,) = judge_tables(scores, findings, (claims,), moved)
    return verdicts


def judge_tables(
    scores: Scores,
    findings: pd.DataFrame,
    tables: Sequence[Sequence[Claim]],
    moved: Mapping[str, float] = DEFAULTS,
) -> list[list[Verdict]]:
    """Several tables of claims as `judge` judges one, each with a correction of its own; what two
    of them ask of one method is measured once.
    """
    check_moved(moved)
    observed = Observations(scores, findings)

    @cache
    def measure(question: Question, method: str) -> Sample | Answer | None:
        return question.measure(observed, method, question.limit(moved))

    return [_table(claims, observed, measure, moved) for claims in tables]


def _table(
    claims: Sequence[Claim],
    observed: Observations,
    measure: Callable[[Question, str], Sample | Answer | None],
    moved: Mapping[str, float],
) -> list[Verdict]:
    put = [
        [(single, measure(single.question, single.about)) for single in _singles(observed, claim)]
        for claim in claims
    ]
    samples = [sample for singles in put for _, sample in singles if isinstance(sample, Sample)]
    adjusted = iter(holm([p_against(one.logs.to_numpy(), one.limit) for one in samples]))

    def verdict(claim: Claim, measurement: Sample | Answer | None) -> Verdict:
        if isinstance(measurement, Sample):
            return _by_images(claim, measurement, next(adjusted), len(samples), moved)
        if isinstance(measurement, Answer):
            return _by_experiment(claim, measurement, moved)
        return _not_measured(claim)

    each = [[verdict(*single) for single in singles] for singles in put]
    return [
        _of_family(claim, verdicts, observed, moved) if claim.about == FAMILY else verdicts[0]
        for claim, verdicts in zip(claims, each, strict=True)
    ]


def _singles(observed: Observations, claim: Claim) -> list[Claim]:
    """The claim itself; one about the family, put to each gradient method of the run."""
    if claim.about != FAMILY:
        return [claim]
    return [replace(claim, about=key) for key in observed.gradient_methods]


def asked(claim: Claim, moved: Mapping[str, float] = DEFAULTS) -> str:
    """When the claim holds, in words with its threshold: `at most 3 times one Vanilla gradient`."""
    return claim.question.asked(moved)


def _not_measured(claim: Claim) -> Verdict:
    return Verdict(
        claim,
        "not measured in this run",
        f"Not measured in this run. It takes {claim.question.needs}.",
    )


def _by_experiment(claim: Claim, answer: Answer, moved: Mapping[str, float]) -> Verdict:
    mark: Mark = "undecided" if answer.yes is None else "confirmed" if answer.yes else "refuted"
    return Verdict(
        claim,
        mark,
        f"{answer.sentence} The claim asks for {asked(claim, moved)}: {mark}.",
        answer.sentence,
    )


def _by_images(
    claim: Claim, sample: Sample, p: float, tests: int, moved: Mapping[str, float]
) -> Verdict:
    logs = estimate(sample.logs.to_numpy())
    assert logs is not None
    low, high = (None if end is None else float(np.exp(end)) for end in (logs.low, logs.high))
    ratio = replace(logs, mean=float(np.exp(logs.mean)), low=low, high=high)
    true_side = logs.mean <= sample.limit if sample.below else logs.mean >= sample.limit
    mark: Mark = "undecided" if p > SURE else "confirmed" if true_side else "refuted"
    measured = sample.sentence(ratio)
    sentence = (
        f"{measured} The claim asks for {asked(claim, moved)}: "
        f"{mark}.{_why_not(logs, sample, mark, tests)}"
    )
    return Verdict(
        claim,
        mark,
        sentence,
        measured,
        ratio,
        float(np.exp(sample.limit)),
        p,
        np.exp(sample.logs),
        sample.unit,
    )


def _why_not(logs: Estimate, sample: Sample, mark: Mark, tests: int) -> str:
    """What an undecided claim lacks."""
    if logs.n < ENOUGH:
        return f" Fewer than {ENOUGH} images decide nothing."
    if mark != "undecided":
        return ""
    why = (
        f" By itself it would be decided; {tests} claims are tested at once."
        if logs.excludes(sample.limit)
        else ""
    )
    wanted = images_to_decide(sample.logs.to_numpy(), sample.limit, alpha=SURE / tests)
    return (
        f"{why} If these images are typical, about {max(wanted, logs.n + 1):,} would "
        "decide it, four times in five."
        if wanted
        else why
    )


def _of_family(
    claim: Claim,
    verdicts: Sequence[Verdict],
    observed: Observations,
    moved: Mapping[str, float],
) -> Verdict:
    """What is so for most gradient methods of the run is so for the family; the others are
    named.
    """
    members = tuple(
        verdict
        for verdict in verdicts
        if verdict.mark != "not measured in this run" and not verdict.untryable
    )
    if not members:
        return _not_measured(claim)
    confirmed, refuted = (
        [member for member in members if member.mark == mark] for mark in ("confirmed", "refuted")
    )
    mark: Mark = (
        "confirmed"
        if 2 * len(confirmed) > len(members)
        else "refuted"
        if 2 * len(refuted) > len(members)
        else "undecided"
    )
    names = f": {listed(_keys(confirmed))}" if confirmed else ""
    others = [member for member in members if member.mark != "confirmed"]
    rest = (
        " ".join(member.measured for member in others)
        if len(others) <= MOST_TOLD
        else f"Not for {listed(_keys(others))}."
    )
    measured = (
        f"It holds for {len(confirmed)} of the {len(members)} gradient methods in this "
        f"run{names}. {rest}"
    ).strip() + claim.question.of_family(observed, _keys(members))
    return Verdict(
        claim,
        mark,
        f"{measured} The claim asks most of them for {asked(claim, moved)}: {mark}.",
        measured,
        members=members,
    )


def _keys(verdicts: Sequence[Verdict]) -> list[str]:
    return [verdict.claim.about for verdict in verdicts]
