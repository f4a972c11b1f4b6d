"""A run's answer in plain sentences: who shows evidence on every question, who on some, and what
limits it.
"""

from __future__ import annotations

from collections.abc import Sequence

from heatcheck.judgement import elsewhere
from heatcheck.judgement.beside import network_sentences, second_class_sentences
from heatcheck.judgement.evidence import QUESTIONS, SMALLEST, Evidence, Question
from heatcheck.judgement.phrases import joined, listed, title_of
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import ENOUGH

COUNTS = {1: "the one", 2: "both", 3: "all three"}


def answer(scores: Scores, smallest: float = SMALLEST) -> str:
    """Who shows evidence of the map's places, of this picture, and of this model and class."""
    return " ".join(sentences(scores, smallest))


def sentences(scores: Scores, smallest: float = SMALLEST) -> list[str]:
    """The answer in its sentences, what matters most first; one at least."""
    evidence = Evidence(scores, smallest)
    if scores.methods and not evidence.methods:
        return ["This run has only controls, which explain nothing: there is no method to judge."]
    if scores.model is not None and scores.barred:
        return ["Nothing can be said of any method here.", *scores.model.sentences]
    if not evidence.areas:
        return [
            "Nothing can be said of any method here.",
            *(leg.remark for leg in evidence.legs if leg.remark),
        ]
    if not evidence.questions:
        return [
            f"This run has not measured gains over misplaced or exchanged maps{scores.yet}, so it "
            "does not say whose maps are evidence of anything."
        ]
    if evidence.images < ENOUGH:
        return [
            f"{evidence.images} of at least {ENOUGH} images are measured: too few to say anything."
        ]
    return [*_shown(evidence), *_limits(evidence)]


def _shown(evidence: Evidence) -> list[str]:
    """Who shows evidence in all measured questions, then in part, then in none."""
    asked = evidence.questions
    full = evidence.shown_in_all()
    here = f"On these {evidence.images} {evidence.scores.unit}"
    whole = joined([question.title for question in asked])
    parts = [
        f"{here} {listed(full)} {_show(full)} evidence {whole}."
        if full
        else f"{here} no method shows evidence {whole}."
        if len(asked) == 1
        else f"{here} no method shows evidence in {COUNTS[len(asked)]} measured questions: {whole}."
    ]
    missing = [question for question in QUESTIONS.values() if question not in asked]
    if missing:
        titles = joined([question.title for question in missing], "and")
        yet = evidence.scores.yet
        parts.append(f"Evidence {titles} is not measured in this run{yet}.")
    if never := elsewhere.untried(evidence):
        parts.append(never)
    groups: dict[tuple[Question, ...], list[str]] = {}
    unknown = []
    for key in evidence.methods:
        marks = {q: evidence.of(key, q.name).mark for q in asked}
        if all(mark == "not measured" for mark in marks.values()):
            unknown.append(key)
        elif key not in full:
            groups.setdefault(tuple(q for q in asked if marks[q] == "shown"), []).append(key)
    for questions in sorted(groups, key=len, reverse=True):
        keys = groups[questions]
        if questions:
            titles = joined([question.title for question in questions])
            parts.append(f"{listed(keys)} {_show(keys)} evidence {titles} only.")
        elif len(keys) < len(evidence.methods):
            parts.append(f"For {listed(keys)} none is shown.")
    if unknown:
        parts.append(f"For {listed(unknown)} it is not measured.")
    return parts


def _limits(evidence: Evidence) -> list[str]:
    """What limits evidence: dropped legs, the same place in every picture, controls that do as
    well, substrates that say the opposite, images that are missing; and what stands beside it.
    """
    return [
        *(leg.remark for leg in evidence.legs if leg.remark),
        *_same_place(evidence),
        *_controls(evidence),
        *_level(evidence),
        *_substrates(evidence),
        *_images(evidence),
        *network_sentences(evidence),
        *second_class_sentences(evidence),
    ]


def _same_place(evidence: Evidence) -> list[str]:
    keys = evidence.shared_place
    if not keys:
        return []
    return [
        f"The places of {listed(keys)} matter, and maps of other pictures are not shown to do "
        "worse, while Centre Prior's middle does not explain it: the model may read the same "
        "place in every picture, such as a watermark or a border."
    ]


def _controls(evidence: Evidence) -> list[str]:
    """Where a control decided: the methods that are not shown to gain more than it."""
    decided: dict[tuple[str, str], list[str]] = {}
    for question in evidence.questions:
        for key in evidence.methods:
            showing = evidence.of(key, question.name)
            if showing.control:
                decided.setdefault((showing.control, question.title), []).append(key)
    return [
        f"As evidence {title}, {listed(keys)} {'is' if len(keys) == 1 else 'are'} not shown to "
        f"gain more than {title_of(control)}, which does not look at the model."
        for (control, title), keys in decided.items()
    ]


def _level(evidence: Evidence) -> list[str]:
    """Controls that gain, and on one leg are not shown to do worse than methods that show
    evidence.
    """
    level: dict[tuple[str, str, str], list[str]] = {}
    for question in evidence.questions:
        for key in evidence.shown(question.name):
            for area, control in evidence.of(key, question.name).level:
                level.setdefault((question.title, area, control), []).append(key)
    controls: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (title, area, control), keys in level.items():
        controls.setdefault((title, area, tuple(keys)), []).append(control)
    return [
        f"Caution: in {area}, {listed(alike)}, which {'does' if len(alike) == 1 else 'do'} not "
        f"look at the model, {'is' if len(alike) == 1 else 'are'} not shown to do worse than "
        f"{listed(keys)} on evidence {title}."
        for (title, area, keys), alike in controls.items()
    ]


def _substrates(evidence: Evidence) -> list[str]:
    return [
        f"{title_of(key)} is not counted as evidence {question.title}: {showing.reason}."
        for question in evidence.questions
        for key in evidence.methods
        if (showing := evidence.of(key, question.name)).substrate
    ]


def _images(evidence: Evidence) -> list[str]:
    """The method that stands on the fewest images, where not all have all."""
    counts = {
        key: min(len(gain.sample) for gain in gains)
        for key in evidence.methods
        if (
            gains := [
                gain
                for question in evidence.questions
                for gain in evidence.of(key, question.name).gains
            ]
        )
    }
    fewest = min(counts, key=lambda key: counts[key], default=None)
    if fewest is None or counts[fewest] >= evidence.images:
        return []
    return [
        f"Not all {evidence.scores.unit} count for all: {title_of(fewest)} has {counts[fewest]}, "
        "the fewest."
    ]


def _show(keys: Sequence[str]) -> str:
    return "shows" if len(keys) == 1 else "show"
