"""Verdicts: a claim held against a run. No mark is written by hand; a sentence holds the numbers
that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import pandas as pd

from heatcheck.judgement.claims import CLAIMS, FAMILY, Claim
from heatcheck.judgement.observations import (
    Answer,
    Measurement,
    Observations,
    Part,
    Rows,
    Sample,
    Unit,
)
from heatcheck.judgement.phrases import listed, p_value
from heatcheck.judgement.power import Needed, images_to_decide
from heatcheck.judgement.questions import Question, check_moved
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import ENOUGH, Estimate, holm, holm_level

Mark = Literal[
    "confirmed",
    "refuted",
    "mixed",
    "undecided",
    "the unit, not tested",
    "not measured in this run",
]
DECIDED: tuple[Mark, ...] = ("confirmed", "refuted")
SURE = 0.05
# methods that a claim about the family does not hold for are told with their numbers up to here,
# beyond by name
MOST_TOLD = 3
DEFAULTS: Mapping[str, float] = {}  # no threshold is moved


@dataclass(frozen=True, eq=False)
class Verdict:
    """A claim with what a run says of it. `estimate`, `threshold` and `sample` are in `unit`; an
    experiment and counted passes have none of them.

    A claim about the family has a verdict a method in `members`; where these differ it is mixed.
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
    ratio: bool = True  # whether the values are ratios, which are told on a logarithmic scale
    parts: tuple[Part, ...] = ()  # the same at each scale of the map
    rows: Rows = ()  # the numbers behind the sentence, by name
    members: tuple[Verdict, ...] = ()
    later: bool = False  # whether the run is under way, so that it may still be measured

    @property
    def untryable(self) -> bool:
        """Whether an experiment could not be made with this method."""
        return self.mark == "undecided" and self.estimate is None

    @property
    def label(self) -> str:
        """The mark in words: `mixed, 2 of 4`, `not measured yet`."""
        if self.later:
            return "not measured yet"
        if self.mark != "mixed":
            return self.mark
        confirmed = sum(member.mark == "confirmed" for member in self.members)
        return f"mixed, {confirmed} of {len(self.members)}"


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
    def measure(question: Question, method: str) -> Measurement | None:
        return question.measure(observed, method, question.limit(moved))

    return [_table(claims, observed, measure, moved) for claims in tables]


def countable(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts that count: what two claims ask of one method counts once, and a unit, which
    nothing tests, does not.
    """
    by_question = {_asks(verdict.claim): verdict for verdict in reversed(verdicts)}
    return [
        verdict
        for verdict in verdicts
        if by_question[_asks(verdict.claim)] is verdict and verdict.mark != "the unit, not tested"
    ]


def _asks(claim: Claim) -> tuple[str, str]:
    return claim.question.name, claim.about


def _table(
    claims: Sequence[Claim],
    observed: Observations,
    measure: Callable[[Question, str], Measurement | None],
    moved: Mapping[str, float],
) -> list[Verdict]:
    put = [
        [(single, measure(single.question, single.about)) for single in _singles(observed, claim)]
        for claim in claims
    ]
    tests = _Tests(
        {
            _asks(single): measurement.p
            for singles in put
            for single, measurement in singles
            if isinstance(measurement, Sample)
        }
    )

    def verdict(claim: Claim, measurement: Measurement | None) -> Verdict:
        match measurement:
            case Sample():
                return _by_images(claim, measurement, tests, moved)
            case Answer():
                return _by_answer(claim, measurement, moved)
            case Unit():
                return Verdict(
                    claim, "the unit, not tested", measurement.sentence, measurement.sentence
                )
        return _not_measured(claim, observed.scores.under_way)

    each = [[verdict(*single) for single in singles] for singles in put]
    return [
        _of_family(claim, verdicts, observed, moved) if claim.about == FAMILY else verdicts[0]
        for claim, verdicts in zip(claims, each, strict=True)
    ]


@dataclass(frozen=True)
class _Tests:
    """The p-values of the claims that images decide, by question and method: what two claims ask is
    tested once.
    """

    p_values: Mapping[tuple[str, str], float]

    def adjusted(self, claim: Claim) -> float:
        """The claim's p-value after Holm's correction."""
        corrected = holm(list(self.p_values.values()))
        return dict(zip(self.p_values, corrected, strict=True))[_asks(claim)]

    def level(self, claim: Claim) -> float:
        """The level that the claim is tested at, the other claims being as they are."""
        asks = _asks(claim)
        return holm_level([p for other, p in self.p_values.items() if other != asks], SURE)


def _singles(observed: Observations, claim: Claim) -> list[Claim]:
    """The claim itself; one about the family, put to each gradient method of the run."""
    if claim.about != FAMILY:
        return [claim]
    return [replace(claim, about=key) for key in observed.gradient_methods]


def opposite(before: Verdict, now: Verdict) -> bool:
    """Whether one is confirmed and the other refuted: the verdict turned."""
    return {before.mark, now.mark} == set(DECIDED)


def asked(claim: Claim, moved: Mapping[str, float] = DEFAULTS) -> str:
    """When the claim holds, in words with its threshold: `at most 3 times one Vanilla gradient`."""
    return claim.question.asked(moved)


def _not_measured(claim: Claim, later: bool) -> Verdict:
    state = "Not measured yet: the run goes on" if later else "Not measured in this run"
    return Verdict(
        claim,
        "not measured in this run",
        f"{state}. It takes {claim.question.needs}.",
        later=later,
    )


def _by_answer(claim: Claim, answer: Answer, moved: Mapping[str, float]) -> Verdict:
    mark: Mark = "undecided" if answer.yes is None else "confirmed" if answer.yes else "refuted"
    return Verdict(
        claim,
        mark,
        f"{answer.sentence} The claim asks for {asked(claim, moved)}: {mark}.",
        answer.sentence,
        rows=answer.rows,
    )


def _by_images(claim: Claim, sample: Sample, tests: _Tests, moved: Mapping[str, float]) -> Verdict:
    p, mean = tests.adjusted(claim), sample.mean
    mark: Mark = "undecided" if p > SURE else "confirmed" if sample.yes else "refuted"
    measured = sample.sentence(mean)
    why, needed = _why_not(claim, sample, tests) if mark == "undecided" else ("", None)
    return Verdict(
        claim,
        mark,
        f"{measured} The claim asks for {asked(claim, moved)}: {mark}.{why}",
        measured,
        mean,
        sample.threshold,
        p,
        sample.shown,
        sample.unit,
        sample.ratio,
        sample.parts,
        (
            *sample.rows,
            *((("Images that would decide it", needed.range),) if needed else ()),
            ("After Holm's correction", p_value(p)),
        ),
    )


def _why_not(claim: Claim, sample: Sample, tests: _Tests) -> tuple[str, Needed | None]:
    """What an undecided claim lacks, and how many images would decide it."""
    mean = sample.tested
    if mean.n < ENOUGH:
        return f" Fewer than {ENOUGH} images decide nothing.", None
    if mean.constant:
        return " Images that all have one value decide nothing.", None
    why = (
        f" By itself it would be decided; {len(tests.p_values)} claims are tested at once."
        if mean.excludes(sample.limit)
        else ""
    )
    needed = images_to_decide(sample.values.to_numpy(), sample.limit, alpha=tests.level(claim))
    if needed is None:
        return why, None
    verb = "confirm" if sample.yes else "refute"
    return f"{why} If these images are typical, {needed.said(verb)}.", needed


def _of_family(
    claim: Claim,
    verdicts: Sequence[Verdict],
    observed: Observations,
    moved: Mapping[str, float],
) -> Verdict:
    """What is so for all gradient methods of the run is so for the family; where they differ it is
    mixed, and the others are named.
    """
    members = tuple(
        verdict
        for verdict in verdicts
        if verdict.mark not in ("not measured in this run", "the unit, not tested")
        and not verdict.untryable
    )
    if not members:
        return _not_measured(claim, observed.scores.under_way)
    confirmed = [member for member in members if member.mark == "confirmed"]
    others = [member for member in members if member.mark != "confirmed"]
    names = f": {listed(_keys(confirmed))}" if confirmed else ""
    rest = (
        " ".join(member.measured for member in others)
        if len(others) <= MOST_TOLD
        else f"Not for {listed(_keys(others))}."
    )
    measured = (
        f"It holds for {len(confirmed)} of the {len(members)} gradient methods in this "
        f"run{names}. {rest}"
    ).strip() + claim.question.of_family(observed, _keys(members))
    family = Verdict(claim, _common(members), "", measured, members=members)
    words = (
        f"{measured} The claim asks each of them for {asked(claim, moved)}. It is {family.label}."
    )
    return replace(family, sentence=words)


def _common(members: Sequence[Verdict]) -> Mark:
    """The mark that all have; mixed where some are confirmed and others refuted."""
    marks = {member.mark for member in members}
    if len(marks) == 1:
        return members[0].mark
    return "mixed" if {"confirmed", "refuted"} <= marks else "undecided"


def _keys(verdicts: Sequence[Verdict]) -> list[str]:
    return [verdict.claim.about for verdict in verdicts]
