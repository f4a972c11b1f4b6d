"""Evidence in three questions: of the map's places, of this picture, of this model and class.

Each question holds a map against a reference of its own: itself misplaced, the method's maps of
other pictures, the method's maps of the network with random weights and of another class. Evidence
is shown where the map is better than that reference on each leg that counts, and no control does as
well on all of them (intersection-union: the largest p decides), after Holm's correction over all
methods and questions of the run, by an effect that matters, and with no substrate that says the
opposite. A control that does as well on one leg takes nothing away, and is told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from heatcheck.core.errors import BadParameter, shown
from heatcheck.core.numbers import in_full
from heatcheck.judgement.comparisons import Compared, Comparison, compared
from heatcheck.judgement.legs import Leg, legs_of
from heatcheck.judgement.phrases import joined, three_digits, title_of
from heatcheck.judgement.score_parts import AREAS
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.sign_flips import smallest_p
from heatcheck.judgement.statistics import ENOUGH, LEVEL, Estimate, estimate, holm
from heatcheck.runs.keys import is_control, is_given, name_of

ALPHA = 1 - LEVEL
# the smallest effect that counts: in probability; of a plain score as a share of what covering an
# image changes
SMALLEST = 0.01
MOST_SMALLEST = 0.5

UNTRIED = "cannot be tried: the maps come from elsewhere"
UNKNOWING = "the model is not shown to know these images"

Cause = Literal["", "few images", "not beaten", "small effect", "opposite", "elsewhere"]
Mark = Literal["shown", "not shown", "not measured", "cannot be said"]


@dataclass(frozen=True)
class Question:
    """What a map may be evidence of, and the gains that ask it on each leg."""

    name: str
    title: str  # after "evidence"
    halves: tuple[str, ...]  # a gain is `deletion_` or `insertion_` and a half; all have to hold

    def metrics(self, area: str) -> tuple[str, ...]:
        """Its gains on a leg."""
        return tuple(f"{area}_{half}" for half in self.halves)


QUESTIONS = {
    question.name: question
    for question in (
        Question("place", "of the map's places", ("placement",)),
        Question("picture", "of this picture", ("exchange",)),
        Question("model", "of this model and class", ("model", "class")),
    )
}
REFERENCES = {
    "placement": "the same maps moved elsewhere",
    "exchange": "maps of other pictures",
    "model": "maps of the network with random weights",
    "class": "maps of another class",
}


@dataclass(frozen=True, eq=False)
class Gain:
    """A method's gains on one leg of a question, an image each, none missing."""

    metric: str
    sample: np.ndarray

    @property
    def area(self) -> str:
        """Deletion or insertion."""
        return self.metric.partition("_")[0]

    @cached_property
    def mean(self) -> float:
        """Over the images."""
        return float(self.sample.mean())

    @cached_property
    def estimate(self) -> Estimate:
        """The mean with its interval."""
        mean = estimate(self.sample)
        assert mean is not None  # a method without values has no gain
        return mean


@dataclass(frozen=True)
class Showing:
    """What a method shows on a question: its mark, its gains on the legs that count, p after the
    correction, and in few words what decided where it is not shown.
    """

    method: str
    question: str
    mark: Mark
    gains: tuple[Gain, ...] = ()
    p: float = 1.0
    reason: str = ""
    cause: Cause = ""  # the kind of reason
    control: str = ""  # the control that it is not shown to beat, where that decided
    substrate: str = ""  # the substrate that says the opposite, where that decided
    level: tuple[
        tuple[str, str], ...
    ] = ()  # legs and controls that gain and are not shown to do worse

    @property
    def words(self) -> str:
        """The mark, and where evidence is not shown what decided."""
        if self.untryable:
            return self.reason
        return f"not shown: {self.reason}" if self.mark == "not shown" else self.mark

    @property
    def untryable(self) -> bool:
        """Whether the method can never be asked: its maps come from elsewhere."""
        return self.cause == "elsewhere"

    @property
    def too_few(self) -> bool:
        """Whether evidence is not shown for want of images: these could not have shown it."""
        return self.cause == "few images"


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that a run's scores show. `smallest` is the least mean gain that counts, 0 to 0.5.

    Raises:
        BadParameter: the smallest effect lies outside its range.
    """

    scores: Scores
    smallest: float = SMALLEST

    def __post_init__(self) -> None:
        if not 0 <= self.smallest <= MOST_SMALLEST:
            raise BadParameter(
                f"Expected a smallest effect between 0 and {in_full(MOST_SMALLEST)}. "
                f"Got {shown(self.smallest)}."
            )

    @cached_property
    def legs(self) -> tuple[Leg, ...]:
        """Deletion and insertion, with those that are dropped."""
        return legs_of(self.scores)

    @cached_property
    def areas(self) -> tuple[str, ...]:
        """The legs that count."""
        return tuple(leg.area for leg in self.legs if leg.counts)

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The methods of the run, without controls."""
        return tuple(key for key in self.scores.methods if not is_control(key))

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The questions that the run measures: on each leg that counts some method has values."""
        areas = self.areas or AREAS
        return tuple(
            question
            for question in QUESTIONS.values()
            if all(compared(self.scores, metric) for metric in self.gains(question, areas))
        )

    @cached_property
    def images(self) -> int:
        """On how many images (samples) some method has a gain."""
        gains = [
            self.scores.of(metric)
            for question in self.questions
            for metric in self.gains(question, self.areas or AREAS)
        ]
        rows = [wide.index[wide.notna().any(axis=1)] for wide in gains]
        return len({image for index in rows for image in index})

    def of(self, key: str, question: str) -> Showing:
        """What a method shows on a question: `place`, `picture` or `model`."""
        untried = Showing(key, question, "not measured", reason="not measured")
        if question == "model" and is_given(key):
            untried = replace(untried, reason=UNTRIED, cause="elsewhere")
        return self._showings.get((key, question), untried)

    def shown(self, question: str) -> list[str]:
        """The methods that show evidence on a question."""
        return [key for key in self.methods if self.of(key, question).mark == "shown"]

    def shown_in_all(self) -> list[str]:
        """The methods that show evidence on every measured question, of which there is one."""
        asked = [question.name for question in self.questions]
        return [key for key in self.methods if asked and all(key in self.shown(q) for q in asked)]

    @property
    def words(self) -> list[tuple[str, list[str]]]:
        """Each method with what it shows on every question, in the order of `QUESTIONS`."""
        return [(key, [self.of(key, name).words for name in QUESTIONS]) for key in self.methods]

    def weakest(self, key: str) -> Showing | None:
        """Of the measured questions, what a method shows worst; None where none is measured."""
        showings = [self.of(key, question.name) for question in self.questions]
        return max(showings, key=_weakness, default=None)

    @cached_property
    def shared_place(self) -> tuple[str, ...]:
        """The methods whose places gain, whose maps of other pictures do as well, and which a blob
        in the middle does not explain: the model may read the same place in every picture.

        Empty where Centre Prior gains from its place, or did not run.
        """
        place, picture = (QUESTIONS[name] for name in ("place", "picture"))
        if not self.areas or place not in self.questions or picture not in self.questions:
            return ()
        centre = next((key for key in self.scores.methods if name_of(key) == "centre_prior"), None)
        by_centre = [
            estimate(wide[centre].to_numpy())
            for metric in self.gains(place, self.areas)
            if centre in (wide := self.scores.of(metric))
        ]
        known = [gain for gain in by_centre if gain is not None]
        if len(known) < len(by_centre) or not known or all(gain.above_zero for gain in known):
            return ()
        return tuple(
            key
            for key in self.shown("place")
            if (gains := self.of(key, "picture").gains)
            and self.of(key, "picture").mark == "not shown"
            and not any(gain.mean >= self.least and gain.estimate.above_zero for gain in gains)
        )

    @property
    def least(self) -> float:
        """The smallest effect that counts, in the unit of the gains."""
        return self.smallest * self.scores.whole

    @property
    def least_words(self) -> str:
        """The same in words: of a plain score the share of the change that covering makes."""
        return three_digits(self.least) if self.scores.plain else in_full(self.smallest)

    @property
    def _unsaid(self) -> str:
        """Why nothing can be said of any method; empty where something can."""
        if self.scores.barred:
            return UNKNOWING
        if not self.areas:
            return "neither deletion nor insertion separates anything"
        if math.isnan(self.scores.whole):
            return "how much counts is not known without deletion or insertion"
        return ""

    @cached_property
    def _showings(self) -> dict[tuple[str, str], Showing]:
        if why := self._unsaid:
            return {
                (key, question.name): Showing(key, question.name, "cannot be said", reason=why)
                for question in self.questions
                for key in self.methods
                if any(key in compared(self.scores, m) for m in self.gains(question, AREAS))
            }
        tried = {
            (key, question.name): parts
            for question in self.questions
            for key in self.methods
            if (parts := self._parts(key, question))
        }
        worst = {
            place: max(_bars(parts), key=lambda one: (one.p, one.against == ""))
            for place, parts in tried.items()
        }
        adjusted = dict(zip(worst, holm([one.p for one in worst.values()]), strict=True))
        return {
            place: self._showing(*place, tried[place], worst[place], adjusted[place], len(tried))
            for place in tried
        }

    def gains(self, question: Question, areas: Sequence[str]) -> list[str]:
        """The gains that ask a question on these legs; where the model has no other class, none
        asks for one.
        """
        halves = [half for half in question.halves if not (self.scores.lone and half == "class")]
        return [f"{area}_{half}" for area in areas for half in halves]

    def _parts(self, key: str, question: Question) -> list[Compared]:
        """A method's comparisons on all of a question's gains; none where one gain is missing."""
        by_metric = [compared(self.scores, metric) for metric in self.gains(question, self.areas)]
        return (
            [parts[key] for parts in by_metric] if all(key in parts for parts in by_metric) else []
        )

    def _showing(
        self,
        key: str,
        question: str,
        parts: list[Compared],
        worst: Comparison,
        p: float,
        family: int,
    ) -> Showing:
        gains = tuple(
            Gain(metric, self.scores.of(metric)[key].dropna().to_numpy())
            for metric in self.gains(QUESTIONS[question], self.areas)
        )
        least = min((one.n for part in parts for one in part.comparisons), default=0)
        least_p = smallest_p(least) * (len(self.areas) if worst.against else 1)
        small = min(gains, key=lambda gain: gain.mean)
        opposite = next(
            (one for part in parts for one in part.substrates if one.p <= ALPHA),
            None,
        )
        reason, control, substrate = "", "", ""
        cause: Cause = ""
        if least < ENOUGH:
            cause = "few images"
            reason = f"too few images: {least}"
        elif p > ALPHA and family * least_p > ALPHA:
            cause = "few images"
            reason = f"{least} images are too few for {family} comparisons"
        elif p > ALPHA:
            cause = "not beaten"
            against_zero = [one for part in parts for one in part.comparisons if not one.against]
            decided = max(against_zero, key=lambda one: one.p)
            decided = decided if decided.p > ALPHA else worst
            reason, control = _not_beaten(decided, family, self.areas), decided.against
        elif small.mean < self.least:
            cause = "small effect"
            gained = three_digits(small.mean)
            less = "just under" if gained == three_digits(self.least) else f"{gained}, less than"
            reason = f"in {small.area} it gains {less} the smallest effect of {self.least_words}"
        elif opposite is not None:
            cause = "opposite"
            substrate = opposite.substrate
            reason = f"in {opposite.metric.partition('_')[0]} on {substrate} it does the opposite"
        mark: Mark = "not shown" if reason else "shown"
        level = tuple(
            (one.metric.partition("_")[0], one.against)
            for part in parts
            for one in part.comparisons
            if one.against and one.p > ALPHA and self._gains(one.against, one.metric)
        )
        return Showing(key, question, mark, gains, p, reason, cause, control, substrate, level)

    def _gains(self, control: str, metric: str) -> bool:
        """Whether a control gains by itself, by an effect that matters."""
        gain = estimate(self.scores.of(metric)[control].to_numpy())
        return gain is not None and gain.above_zero and gain.mean >= self.least


def _weakness(one: Showing) -> tuple[bool, bool, float]:
    """What is not shown before what can never be tried, before what is shown; then by p."""
    return one.mark != "shown", not one.untryable, one.p


def _bars(parts: Sequence[Compared]) -> list[Comparison]:
    """What all has to be beaten: zero on each leg, and each control on one of them, whichever it is
    (Bonferroni over the legs).
    """
    every = [one for part in parts for one in part.comparisons]
    by_control: dict[str, list[Comparison]] = {}
    for one in every:
        if one.against:
            by_control.setdefault(one.against, []).append(one)
    easiest = {
        control: (min(legs, key=lambda one: one.p), len(legs))
        for control, legs in by_control.items()
    }
    return [
        *(one for one in every if not one.against),
        *(replace(one, p=min(1.0, legs * one.p)) for one, legs in easiest.values()),
    ]


def _not_beaten(worst: Comparison, family: int, areas: Sequence[str]) -> str:
    area, _, half = worst.metric.partition("_")
    after = f", after correction for {family} comparisons" if worst.p <= ALPHA else ""
    if worst.against:
        where = joined(areas, "or")
        return f"it is not shown to gain more than {title_of(worst.against)}, in {where}{after}"
    return f"in {area} {REFERENCES[half]} are not shown to be worse{after}"
