"""The answer in a line, how sure it is, and what would change it.

The line has at most 25 words and no bracket, so that it can be said aloud. It says less than the
evidence where it has to be short, never more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from heatcheck.core.numbers import in_full
from heatcheck.judgement import blanks, elsewhere, failures
from heatcheck.judgement.evidence import (
    ALPHA,
    QUESTIONS,
    Evidence,
    Showing,
)
from heatcheck.judgement.phrases import joined, p_value, spoken, title_of
from heatcheck.judgement.statistics import ENOUGH
from heatcheck.runs.keys import is_control

WORDS = 25  # of the answer, at most
NEAR = 0.5  # a p beyond it is nowhere near its limit
NAMES = 4  # that are told; beyond it `and n more`

NO_CONTROL = "No control ran: a map that ignores the model may do as well."

Tone = Literal["good", "middle", "bad", "none"]


@dataclass(frozen=True)
class Headline:
    """A run's answer; `sure` and `change` are sentences, the most telling first."""

    answer: str
    tone: Tone
    caution: str = ""  # the end of the answer that warns
    sure: tuple[str, ...] = ()
    change: tuple[str, ...] = ()


def headline(evidence: Evidence) -> Headline:
    """Whom to trust, who is not shown, what to be careful with, and which maps are blank."""
    told = _headline(evidence)
    blank = tuple(f"{line}." for line in blanks.blank_maps(evidence.scores))
    return replace(told, sure=(*told.sure, *blank))


def _headline(evidence: Evidence) -> Headline:
    scores = evidence.scores
    model, here = scores.model, f"{evidence.images} {scores.unit}"
    if not evidence.methods:
        return _nothing(
            "No method to judge: this run has only controls, which explain nothing.",
            "A run with a method in it.",
        )
    if model is not None and model.constant:
        return _nothing(
            "Trust: none. The model gives every image the same answer.",
            "A model that tells these images apart, or other preprocessing.",
        )
    if model is not None and model.at_chance:
        return _nothing(
            "Trust: none. The model is not shown to be better than chance here.",
            "A model that knows these classes, or labels and preprocessing that are its own.",
            *model.sentences,
        )
    if not evidence.areas:
        return _nothing(
            "Trust: none. Deletion and insertion tell no maps apart on these images.",
            "Other images, or other substrates.",
            *(leg.remark for leg in evidence.legs if leg.remark),
        )
    if all(blanks.only_blank(scores, key) for key in evidence.methods):
        return _nothing(
            "No map to judge: all maps are blank.",
            "Another method, or a class for which these maps are not empty.",
        )
    if all(not scores.measured(key) for key in evidence.methods):
        return _nothing(
            "No map to judge: every score of every method failed.",
            "What the reason asks for.",
            *failures.reasons(scores.table)[:1],
        )
    if not evidence.questions:
        return _nothing(
            "Not measured: whose maps are evidence of anything.",
            "A run with the standard metrics, which measure gains over reference maps.",
        )
    if evidence.images < ENOUGH:
        return _nothing(
            f"Too few {scores.unit} to say whom to trust: {evidence.images} of at least {ENOUGH}.",
            f"More {scores.unit}: twenty tell large effects from none.",
        )
    answer, tone, caution, left_out = _answer(evidence)
    return Headline(answer, tone, caution, _sure(evidence, here, left_out), _change(evidence))


def _nothing(answer: str, change: str, *sure: str) -> Headline:
    return Headline(answer, "none", "", sure, (change,))


# -- the answer ------------------------------------------------------------------------------------


def _answer(evidence: Evidence) -> tuple[str, Tone, str, str]:
    """The answer, its tone, the caution in it, and the caution that it has no room for."""
    full, rest = (
        evidence.shown_in_all(),
        [key for key in evidence.methods if key not in evidence.shown_in_all()],
    )
    part = [key for key in rest if _shown(evidence, key)]
    blank = [key for key in rest if blanks.only_blank(evidence.scores, key)]
    unknown = [key for key in rest if key not in blank and _unmeasured(evidence, key)]
    few = [key for key in rest if key not in (*part, *blank, *unknown) and _few(evidence, key)]
    without = [key for key in rest if key not in (*part, *blank, *unknown, *few)]
    tone: Tone = "good" if full else "middle" if part else "bad" if without else "none"
    long, short = _caution(evidence, full or part)
    for most, detail, caution in (
        (NAMES, True, long),
        (NAMES, True, short),
        (NAMES, False, short),
        (2, False, short),
        (1, False, short),
        (1, False, ""),
    ):
        sentences = [
            _trust(evidence, full, most),
            _list("In part", part, most, _only(evidence, part) if detail else ""),
            _list("No evidence yet", without, most),
            _list(f"Too few {evidence.scores.unit}", few, most),
            _list("Only blank maps", blank, most),
            _list("Not measured", unknown, most),
            caution,
        ]
        answer = " ".join(filter(None, sentences))
        if len(answer.split()) <= WORDS:
            break
    else:
        answer = f"{_trust(evidence, full, 1)} The others stand in the table."
    return answer, tone, caution, "" if caution else long


def _trust(evidence: Evidence, full: Sequence[str], most: int) -> str:
    """`Trust` where all three questions are measured; else what the evidence is of."""
    if len(evidence.questions) == len(QUESTIONS):
        return _list("Trust", full, most) or "Trust: none."
    titles = joined([question.title for question in evidence.questions])
    return _list(f"Evidence {titles}", full, most) or f"Evidence {titles}: none."


def _list(head: str, keys: Sequence[str], most: int, tail: str = "") -> str:
    """`No evidence yet: SmoothGrad, Edges and 3 more.`; empty without keys."""
    if not keys:
        return ""
    names = ", ".join(map(spoken, keys[:most]))
    more = f" and {len(keys) - most} more" if len(keys) > most else ""
    return f"{head}: {names}{more}{tail}."


def _only(evidence: Evidence, keys: Sequence[str]) -> str:
    """What all of these show, where it is the same for all: `, picture only`."""
    sets = {_shown(evidence, key) for key in keys}
    if len(sets) != 1:
        return ""
    return f", {joined(list(sets.pop()))} only"


def _shown(evidence: Evidence, key: str) -> tuple[str, ...]:
    """The questions on which a method shows evidence."""
    return tuple(q.name for q in evidence.questions if evidence.of(key, q.name).mark == "shown")


def _few(evidence: Evidence, key: str) -> bool:
    """Whether there are too few images for any of what a method does not show."""
    open_ones = [evidence.of(key, question.name) for question in evidence.questions]
    return all(one.too_few for one in open_ones if one.mark == "not shown")


def _unmeasured(evidence: Evidence, key: str) -> bool:
    marks = {evidence.of(key, question.name).mark for question in evidence.questions}
    return marks == {"not measured"}


def _caution(evidence: Evidence, keys: Sequence[str]) -> tuple[str, str]:
    """What to be careful with, in more words and in fewer; empty where there is nothing."""
    if evidence.shared_place and not evidence.shown("picture"):
        return (
            "Caution: the model may read the same place in every picture.",
            "Caution: one place may decide every picture.",
        )
    level = [
        one
        for key in keys
        for question in _shown(evidence, key)
        for one in evidence.of(key, question).level
    ]
    if not level:
        return "", ""
    areas = list(dict.fromkeys(area for area, _ in level))
    controls = [key for key in evidence.scores.methods if key in {key for _, key in level}]
    names, one = joined([spoken(key) for key in controls]), len(controls) == 1
    every = {(area, control) for area in areas for control in controls}
    where = joined(areas) if set(level) == every else "one part or another"
    unbeaten = f"{'is' if one else 'are'} not beaten in {where}."
    return (
        f"Caution: {names}, which ignore{'s' * one} the model, {unbeaten}",
        f"Caution: control{'s' * (not one)} {names} {unbeaten}",
    )


# -- how sure, and what would change it ------------------------------------------------------------


def _sure(evidence: Evidence, here: str, caution: str) -> tuple[str, ...]:
    shown = [
        one
        for key in evidence.methods
        for question in evidence.questions
        if (one := evidence.of(key, question.name)).mark == "shown"
    ]
    closest = max(shown, key=lambda one: one.p, default=None)
    missing = [q.title for q in QUESTIONS.values() if q not in evidence.questions]
    return tuple(
        filter(
            None,
            (
                f"Seen on {here}; what holds here need not hold elsewhere.",
                _call(closest),
                f"Evidence {joined(missing)} is not measured." if missing else "",
                elsewhere.untried(evidence),
                "" if _controlled(evidence) else NO_CONTROL,
                *(leg.remark for leg in evidence.legs if leg.remark),
                caution,
            ),
        )
    )


def _controlled(evidence: Evidence) -> bool:
    """Whether some control has values on each question that controls are asked."""
    controls = [key for key in evidence.scores.methods if is_control(key)]
    asked = [one.name for one in evidence.questions if one.name != "model"] or ["place"]
    return any(all(has_values(evidence, key, name) for name in asked) for key in controls)


def has_values(evidence: Evidence, key: str, question: str) -> bool:
    """Whether a method or control has a value on each gain of a question that counts."""
    gains = [
        evidence.scores.of(gain) for gain in evidence.gains(QUESTIONS[question], evidence.areas)
    ]
    return bool(gains) and all(key in wide and wide[key].notna().any() for wide in gains)


def _call(closest: Showing | None) -> str:
    """The weakest of what is shown."""
    if closest is None:
        return ""
    return (
        f"Narrowest pass: {title_of(closest.method)} on {closest.question}, with "
        f"{p_value(closest.p)} where below {in_full(round(ALPHA, 9))} passes."
    )


def _change(evidence: Evidence) -> tuple[str, ...]:
    """What might turn the answer: more images, another substrate, a smaller effect, what is not
    measured.
    """
    open_ones = [
        one
        for key in evidence.methods
        for question in evidence.questions
        if (one := evidence.of(key, question.name)).mark == "not shown"
    ]
    nearest = min(
        (one for one in open_ones if ALPHA < one.p <= NEAR), key=lambda one: one.p, default=None
    )
    parts = []
    if evidence.shared_place:
        parts.append("Cover that place in every picture and measure again: who gains then?")
    if not _controlled(evidence):
        parts.append("A run with Edges, Centre Prior and Random in it.")
    if any(one.too_few for one in open_ones):
        parts.append(f"More {evidence.scores.unit}: these are too few for so many comparisons.")
    elif nearest is not None:
        parts.append(
            f"More {evidence.scores.unit}: {title_of(nearest.method)} is the nearest to pass, on "
            f"{nearest.question}, with {p_value(nearest.p)}."
        )
    turned: dict[str, list[str]] = {}
    for one in open_ones:
        if one.substrate:
            turned.setdefault(one.substrate, []).append(title_of(one.method))
    parts += [
        f"Another substrate: on {name}, {joined(list(dict.fromkeys(titles)))} "
        f"do{'es' * (len(set(titles)) == 1)} the opposite."
        for name, titles in turned.items()
    ]
    small = [one for one in open_ones if one.cause == "small effect"]
    if small:
        whose = list(dict.fromkeys(title_of(one.method) for one in small))
        parts.append(
            f"A smaller effect that counts: {joined(whose)} gain{'s' * (len(whose) == 1)} less "
            f"than {evidence.least_words}."
        )
    missing = [q.title for q in QUESTIONS.values() if q not in evidence.questions]
    if missing:
        parts.append(f"A run that measures evidence {joined(missing)}.")
    return tuple(parts) or ("Other images: these are all that was seen.",)
