"""The questions that claims put to methods. Each is one record: how it is measured, from which
threshold on the answer is yes, and the words for both.

A new question is a new record here; claims, cards, verdicts, the thresholds on the Strengths page
and the tables of docs/claims.md follow from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from heatcheck.core.errors import BadParameter, unknown
from heatcheck.core.numbers import in_full
from heatcheck.judgement import noise, ratios, trials
from heatcheck.judgement.observations import Measurement, Observations

# observations of a run, a method, and the threshold (NaN where the question has none); None where
# the run has not measured it
Measure = Callable[[Observations, str, float], Measurement | None]


@dataclass(frozen=True)
class Threshold:
    """The smallest effect that matters. A reader may move it, within its range."""

    name: str
    default: float
    low: float
    high: float
    step: float
    label: str  # what a reader moves, in words


def nothing_more(observed: Observations, keys: Sequence[str]) -> str:
    """A verdict on the family that says no more than its members do."""
    return ""


@dataclass(frozen=True)
class Question:
    """What can be asked of a method."""

    name: str
    title: str  # what a card calls it
    asks: str  # when the answer is yes, with `{threshold}` or `{percent}` where it has one
    needs: str  # what would settle it
    decided_by: Literal["images", "counted passes", "an experiment"]
    measure: Measure
    threshold: Threshold | None = None
    of_family: Callable[[Observations, Sequence[str]], str] = nothing_more
    good: bool = True  # whether yes speaks for the method

    def limit(self, moved: Mapping[str, float]) -> float:
        """The threshold's value: as the reader moved it, else its default; NaN for none."""
        if self.threshold is None:
            return math.nan
        return moved.get(self.threshold.name, self.threshold.default)

    def asked(self, moved: Mapping[str, float]) -> str:
        """When the answer is yes: `at most 3 times one Vanilla gradient`."""
        limit = self.limit(moved)
        return self.asks.format(threshold=in_full(limit), percent=f"{100 * limit:.0f} %")


_LESS = Threshold(
    "noise",
    0.10,
    0.0,
    0.99,
    0.05,
    "Less noise: at least … of Vanilla Gradients' less (0.1 is 10 %)",
)
_NOISY = Threshold(
    "noisy",
    0.10,
    0.0,
    0.99,
    0.05,
    "Noisy: at least … of the map does not repeat (0.1 is 10 %)",
)
_TRIED = "the experiments of a run made with this version"

_RECORDS = (
    Question(
        "fast",
        "Fast",
        "at most {threshold} times one Vanilla gradient",
        "the metric Runtime on the method and on Vanilla Gradients",
        "counted passes",
        partial(ratios.cost_in_gradients, below=True),
        Threshold("fast", 3.0, 0.1, 1000.0, 1.0, "Fast: at most … times one Vanilla gradient"),
    ),
    Question(
        "slow",
        "Slow",
        "at least {threshold} times one Vanilla gradient",
        "the metric Runtime on the method and on Vanilla Gradients",
        "counted passes",
        partial(ratios.cost_in_gradients, below=False),
        Threshold("slow", 10.0, 0.1, 1000.0, 1.0, "Slow: at least … times one Vanilla gradient"),
        good=False,
    ),
    Question(
        "noisy",
        "Noisy",
        "at least {percent} of a map that does not repeat",
        "the metric Repeatability on the method",
        "images",
        noise.noisy,
        _NOISY,
        good=False,
    ),
    Question(
        "less_noise",
        "Less noise than Vanilla Gradients",
        "at least {percent} less of what does not repeat than Vanilla Gradients",
        "the metric Repeatability on the method and on Vanilla Gradients",
        "images",
        noise.less_noise,
        _LESS,
    ),
    Question(
        "cnn_specific",
        "CNN specific",
        "a method that runs on a CNN, and on neither a transformer nor an MLP",
        _TRIED,
        "an experiment",
        trials.cnn_alone,
        good=False,
    ),
    Question(
        "model_agnostic",
        "Model-agnostic, among differentiable networks",
        "a method that runs on a CNN, a transformer and an MLP",
        _TRIED,
        "an experiment",
        trials.every_network,
    ),
    Question(
        "fast_computation",
        "Fast computation",
        "at most {threshold} times one forward pass",
        "the metric Runtime on the method",
        "counted passes",
        partial(ratios.cost_in_forward_passes, below=True),
        Threshold(
            "fast_computation",
            10.0,
            0.1,
            1000.0,
            1.0,
            "Fast computation: at most … times one forward pass",
        ),
    ),
    Question(
        "differentiable",
        "Differentiable",
        "a derivative of the map that is finite and not zero",
        _TRIED,
        "an experiment",
        trials.has_derivative,
    ),
    Question(
        "saturation",
        "Saturation issue",
        "a map that loses more than {percent} of its mass where a small network is flat",
        _TRIED,
        "an experiment",
        trials.loses_mass,
        Threshold(
            "missed",
            0.10,
            0.0,
            0.99,
            0.05,
            "Saturation: more than … of the map's mass lost (0.1 is 10 %)",
        ),
        of_family=trials.mass_on_the_way,
        good=False,
    ),
    Question(
        "requires_gradients",
        "Requires gradients",
        "no map where gradients are cut off",
        _TRIED,
        "an experiment",
        trials.needs_gradients,
        good=False,
    ),
)
QUESTIONS: dict[str, Question] = {question.name: question for question in _RECORDS}


def thresholds() -> dict[str, Threshold]:
    """The thresholds of all questions by name; several questions may share one.

    Raises:
        BadParameter: two questions have different thresholds of one name.
    """
    by_name: dict[str, Threshold] = {}
    for question in QUESTIONS.values():
        if question.threshold is None:
            continue
        known = by_name.setdefault(question.threshold.name, question.threshold)
        if known != question.threshold:
            raise BadParameter(
                f"Expected one threshold {known.name!r}. Got another one in the question "
                f"{question.name!r}. Give it a name of its own, or share the record."
            )
    return by_name


def check_moved(moved: Mapping[str, float]) -> None:
    """Refuse a moved threshold that no question has, or that lies outside its range.

    Raises:
        UnknownName: no question has a threshold of this name.
        BadParameter: the value is no number within the threshold's range.
    """
    known = thresholds()
    for name, value in moved.items():
        if name not in known:
            raise unknown("threshold", name, known)
        low, high = known[name].low, known[name].high
        if not low <= value <= high:
            raise BadParameter(
                f"Expected the threshold {name!r} between {in_full(low)} and {in_full(high)}. "
                f"Got {in_full(value)}. Choose a value in that range."
            )
