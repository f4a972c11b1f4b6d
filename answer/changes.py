"""What changed between two runs: evidence lost and gained, differences with intervals, verdicts
that turned. Pure: two summaries in, one value out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from heatcheck.answer.differences import COMPARED, Difference, Side, difference, shared_images
from heatcheck.answer.headline import WORDS, Tone
from heatcheck.core.errors import BadParameter
from heatcheck.judgement.evidence import QUESTIONS, Mark
from heatcheck.judgement.phrases import joined, listed, spoken, title_of
from heatcheck.judgement.verdicts import Verdict, opposite
from heatcheck.runs.keys import is_control

Turn = Literal["lost", "gained", "untested", ""]


@dataclass(frozen=True)
class Showing:
    """What a method shows on a question, then and now; untested: one run has too few images, or
    does not ask it.
    """

    question: str
    then: Mark
    now: Mark
    turned: Turn
    tested: bool  # whether both runs could have shown it


@dataclass(frozen=True)
class MethodChange:
    """A method that both runs have, by its keys in each. A control shows no evidence."""

    then: str
    now: str
    control: bool
    evidence: tuple[Showing, ...]
    sanity: tuple[str, str]
    metrics: tuple[Difference, ...]


@dataclass(frozen=True)
class Turned:
    """A question on which the verdicts about a method differ."""

    method: str
    question: str
    then: Verdict
    now: Verdict

    @property
    def decided(self) -> bool:
        """Whether both runs decide it, and not alike."""
        return opposite(self.then, self.now)


@dataclass(frozen=True)
class Changes:
    """All that changed, with a headline of at most 25 words."""

    headline: str
    tone: Tone
    notes: tuple[str, ...]
    same_model: bool
    shared: int  # images with the same bytes
    methods: tuple[MethodChange, ...]
    turned: tuple[Turned, ...]
    only_then: tuple[str, ...]
    only_now: tuple[str, ...]


def changes(then: Side, now: Side) -> Changes:
    """What changed from one run to a later one, method by method.

    Raises:
        BadParameter: the runs share no method.
    """
    keys = _shared_methods(then, now)
    pairs = [
        MethodChange(
            old,
            new,
            is_control(old),
            () if is_control(old) else _evidence(then, now, old, new),
            (_cell(then, old), _cell(now, new)),
            tuple(difference(then, now, metric, old, new) for metric in COMPARED),
        )
        for old, new in keys.items()
    ]
    turned = _turned(then, now, keys)
    answer, tone = _headline(then, now, pairs, turned)
    return Changes(
        answer,
        tone,
        _notes(then, now, pairs),
        then.model == now.model,
        len(shared_images(then, now)),
        tuple(pairs),
        turned,
        tuple(key for key in then.summary.scores.methods if key not in keys),
        tuple(key for key in now.summary.scores.methods if key not in keys.values()),
    )


def _shared_methods(then: Side, now: Side) -> dict[str, str]:
    """The later run's key of each method that both have with the same parameters, methods first."""
    by_digest = {now.methods[key]: key for key in now.summary.scores.methods}
    keys = {
        key: by_digest[then.methods[key]]
        for key in then.summary.scores.methods
        if then.methods[key] in by_digest
    }
    if all(map(is_control, keys)):
        names = [
            listed(side.summary.scores.methods) if side.summary.scores.methods else "none"
            for side in (then, now)
        ]
        raise BadParameter(
            "Expected two runs with a method in common, of the same parameters. Got "
            f"{names[0]} in one, and {names[1]} in the other. Choose two runs that share one."
        )
    return dict(sorted(keys.items(), key=lambda pair: is_control(pair[0])))


# -- evidence and verdicts -------------------------------------------------------------------------


def _evidence(then: Side, now: Side, old: str, new: str) -> tuple[Showing, ...]:
    showings = []
    for question in QUESTIONS:
        before, after = (
            side.summary.evidence.of(key, question) for side, key in ((then, old), (now, new))
        )
        tested = all(
            one.mark == "shown" or (one.mark == "not shown" and not one.too_few)
            for one in (before, after)
        )
        turned: Turn = ""
        if (before.mark == "shown") != (after.mark == "shown"):
            turned = "untested" if not tested else "lost" if before.mark == "shown" else "gained"
        showings.append(Showing(question, before.mark, after.mark, turned, tested))
    return tuple(showings)


def _cell(side: Side, key: str) -> str:
    row = next(row for row in side.summary.glance if row.method == key)
    return row.cell("sanity").text


def _turned(then: Side, now: Side, keys: Mapping[str, str]) -> tuple[Turned, ...]:
    after = {(one.claim.about, one.claim.question.name): one for one in now.summary.asked}
    return tuple(
        Turned(keys[one.claim.about], one.claim.question.name, one, later)
        for one in then.summary.asked
        if one.claim.about in keys
        and (later := after[keys[one.claim.about], one.claim.question.name]).mark != one.mark
    )


# -- words -----------------------------------------------------------------------------------------


def _headline(
    then: Side, now: Side, pairs: Sequence[MethodChange], turned: Sequence[Turned]
) -> tuple[str, Tone]:
    """What was lost and gained, and how many verdicts turned, in at most 25 words."""
    for side, which in ((now, "later"), (then, "earlier")):
        if side.summary.scores.barred:
            answer = f"No evidence to compare: the {which} model is not shown to know its images."
            return answer, "none"
    lost, gained = (
        {pair.now: titles for pair in pairs if (titles := _titles(pair, which))}
        for which in ("lost", "gained")
    )
    count = sum(one.decided for one in turned)
    verdicts = (
        "No verdict turned."
        if not count
        else "One verdict turned."
        if count == 1
        else f"{count} verdicts turned."
    )
    if not any(one.tested for pair in pairs for one in pair.evidence):
        return (
            "Evidence cannot be compared: one run has too few images, or does not measure it. "
            f"{verdicts}",
            "none",
        )
    tone: Tone = "middle" if lost and gained else "bad" if lost else "good" if gained else "none"
    untested = [pair.now for pair in pairs if _titles(pair, "untested")]
    aside = f"Untested in one run: {', '.join(map(spoken, untested))}." if untested else ""
    for say, beside in (
        (_with_questions, aside),
        (_names, aside),
        (_names, ""),
        (_count, ""),
    ):
        parts = [
            f"Evidence {which}: {say(by_method)}."
            for which, by_method in (("lost", lost), ("gained", gained))
            if by_method
        ]
        answer = " ".join(
            filter(None, (*(parts or ["No evidence lost or gained."]), beside, verdicts))
        )
        if len(answer.split()) <= WORDS:
            break
    return answer, tone


def _titles(pair: MethodChange, which: str) -> list[str]:
    return [QUESTIONS[one.question].title for one in pair.evidence if one.turned == which]


def _with_questions(by_method: Mapping[str, list[str]]) -> str:
    return "; ".join(f"{spoken(key)}, {joined(titles)}" for key, titles in by_method.items())


def _names(by_method: Mapping[str, list[str]]) -> str:
    return ", ".join(map(spoken, by_method))


def _count(by_method: Mapping[str, list[str]]) -> str:
    return f"{len(by_method)} methods" if len(by_method) > 1 else "one method"


def _notes(then: Side, now: Side, pairs: Sequence[MethodChange]) -> tuple[str, ...]:
    """How it was compared, and what has to be kept in mind."""
    shared = len(shared_images(then, now))
    hows = {one.how for pair in pairs for one in pair.metrics}
    sizes = [side.summary.evidence.images for side in (then, now)]
    turns = {one.turned for pair in pairs for one in pair.evidence}
    notes = [
        ""
        if then.model == now.model
        else "Two models: areas under curves depend on a model's confidence, so no difference of "
        "deletion or insertion is given.",
        f"Paired: now less then, image by image, over the {shared} images that both runs have."
        if "paired" in hows
        else "",
        "Two samples: too few images with a score are in both runs, so the means of two "
        "independent samples are compared (Welch)."
        if "two samples" in hows
        else "",
        "Each interval is 95 % by itself, not corrected for the number of comparisons."
        if any(one.words for pair in pairs for one in pair.metrics)
        else "",
        f"The later run has {sizes[1]} images, the earlier {sizes[0]}: what is lost may be for "
        "want of images."
        if "lost" in turns and sizes[1] < sizes[0]
        else "",
        f"The later run has {sizes[1]} images, the earlier {sizes[0]}: what is gained may be for "
        "more images."
        if "gained" in turns and sizes[1] > sizes[0]
        else "",
        *(_untested(pair) for pair in pairs),
    ]
    return tuple(filter(None, notes))


def _untested(pair: MethodChange) -> str:
    """What only one of the runs shows, where the other could not have."""
    titles = _titles(pair, "untested")
    if not titles:
        return ""
    now = any(one.turned == "untested" and one.now == "shown" for one in pair.evidence)
    shown, other = ("later", "earlier") if now else ("earlier", "later")
    return (
        f"{title_of(pair.now)}: evidence {joined(titles)} is shown in the {shown} run; the {other} "
        "one has too few images for it, or does not ask."
    )
