"""A method's strengths and limitations as short phrases, made from its cells at a glance; and what
the textbook said of it, kept or struck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from heatcheck.answer.glance import Row
from heatcheck.judgement.claims import FAMILY
from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.verdicts import Mark, Verdict

Fate = Literal["kept", "struck", "open"]
FATES: dict[Mark, Fate] = {"confirmed": "kept", "refuted": "struck"}


@dataclass(frozen=True)
class Said:
    """A claim of the textbook about a method, and what became of it."""

    words: str
    kind: Literal["strength", "limitation"]
    fate: Fate
    verdict: Verdict


@dataclass(frozen=True)
class Profile:
    """What speaks for a method and what against it, and what the textbook said."""

    method: str
    strengths: tuple[str, ...]
    limitations: tuple[str, ...]
    textbook: tuple[Said, ...]


def profile(
    row: Row, evidence: Evidence, verdicts: Sequence[Verdict], asked: Sequence[Verdict]
) -> Profile:
    """A method's profile; `verdicts` are those of the textbook's claims, `asked` those on the same
    questions as they are put to every method.
    """
    key = row.method
    strengths, limitations = [], []
    for question in evidence.questions:
        showing = evidence.of(key, question.name)
        if showing.mark == "shown":
            strengths.append(f"Evidence {question.title}")
        elif showing.mark == "not shown":
            limitations.append(f"No evidence {question.title}: {showing.reason}")
        else:
            limitations.append(f"Evidence {question.title}: {showing.words}")
    for cell in row.cells:
        phrase = _PHRASES.get((cell.column, cell.words)) or _PHRASES.get((cell.column, cell.tone))
        if phrase:
            good, words = phrase
            (strengths if good else limitations).append(words.format(number=cell.number))
    if key in evidence.shared_place:
        limitations.append("It may point at the same place in every picture")
    marks = {one.claim.question.name: one.mark for one in asked if one.claim.about == key}
    if marks.get("requires_gradients") == "confirmed":
        limitations.append("Needs gradients")
    elif marks.get("requires_gradients") == "refuted":
        strengths.append("Needs no gradients")
    return Profile(key, tuple(strengths), tuple(limitations), _textbook(key, verdicts))


_PHRASES: dict[tuple[str, str], tuple[bool, str]] = {
    ("sanity", "good"): (True, "Beats maps of random weights: {number}"),
    ("sanity", "bad"): (False, "Does not clearly beat maps of random weights: {number}"),
    ("repeatability", "steady"): (True, "Repeats: {number} of a map comes again"),
    ("repeatability", "less noisy"): (
        True,
        "Less noisy than Vanilla Gradients: {number} of a map comes again",
    ),
    ("repeatability", "noisy"): (False, "Noisy: only {number} of a map comes again"),
    ("cost", "fast"): (True, "Fast: {number} passes a map"),
    ("cost", "medium"): (False, "Neither fast nor slow: {number} passes a map"),
    ("cost", "slow"): (False, "Slow: {number} passes a map"),
    ("saturation", "holds"): (True, "Holds where a network saturates: {number}"),
    ("saturation", "saturates"): (False, "Suffers from saturation: {number}"),
    ("networks", "good"): (True, "Runs on a CNN, a transformer and an MLP"),
    ("networks", "middle"): (False, "Runs on {number} kinds of network"),
    ("networks", "bad"): (False, "Runs on {number} kinds of network"),
}


def _textbook(key: str, verdicts: Sequence[Verdict]) -> tuple[Said, ...]:
    """The claims about a method, and its part of those about the family; what two claims ask of
    it is told once.
    """
    told: dict[str, Said] = {}
    for verdict in verdicts:
        own = (
            verdict
            if verdict.claim.about == key
            else next((one for one in verdict.members if one.claim.about == key), None)
            if verdict.claim.about == FAMILY
            else None
        )
        if own is not None:
            told.setdefault(
                verdict.claim.question.name,
                Said(
                    verdict.claim.words,
                    "strength" if verdict.claim.question.good else "limitation",
                    FATES.get(own.mark, "open"),
                    own,
                ),
            )
    return tuple(told.values())
