"""The textbook's claims as data: who says what about whom, what tests it, and the smallest effect
that matters.

A claim puts a question to a method, or to each of the gradient methods of a run: what is so for
most of them is so for the family. The same questions are put to every method of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from heatcheck.runs.keys import is_control

FAMILY = "gradient methods"
TEXTBOOK = "Textbook page “Gradient-based Methods: Computing Feature Sensitivity”"
ASKED_OF_ALL = "Asked of every method"


@dataclass(frozen=True)
class Thresholds:
    """The smallest effects that matter: the one place where they stand."""

    fast: float = 3.0  # times one Vanilla gradient, at most
    slow: float = 10.0  # times one Vanilla gradient, at least
    fast_computation: float = 10.0  # times one forward pass, at most
    noise: float = 0.10  # of the reference's high-frequency share
    missed: float = 0.10  # of a map's mass


THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class Question:
    """What can be asked of a method. `asks` says when the answer is yes, with `{names}` of
    `Thresholds`.
    """

    words: str
    test: Literal["runtime", "noise", "experiment"]
    asks: str
    needs: str  # what would settle it, in words
    below: bool = True  # whether the answer is yes below the threshold
    reference: str = ""  # the method it is held against


_RUNTIME = "the metric Runtime on the method and on Vanilla Gradients"
_NOISE = "the metric High-frequency share on the method and on {}"
_TRIED = "the experiments of a run made with this version"

QUESTIONS = {
    "fast": Question(
        "Fast",
        "runtime",
        "at most {fast:g} times one Vanilla gradient",
        _RUNTIME,
        reference="vanilla_gradients",
    ),
    "slow": Question(
        "Slow",
        "runtime",
        "at least {slow:g} times one Vanilla gradient",
        _RUNTIME,
        below=False,
        reference="vanilla_gradients",
    ),
    "noisy": Question(
        "Noisy",
        "noise",
        "at least {noise:.0%} more noise than Grad-CAM",
        _NOISE.format("Grad-CAM"),
        below=False,
        reference="grad_cam",
    ),
    "smooth": Question(
        "Smooth",
        "noise",
        "at most {noise:.0%} more noise than Grad-CAM",
        _NOISE.format("Grad-CAM"),
        reference="grad_cam",
    ),
    "less_noise": Question(
        "Less noise",
        "noise",
        "at least {noise:.0%} less noise than Vanilla Gradients",
        _NOISE.format("Vanilla Gradients"),
        reference="vanilla_gradients",
    ),
    "cnn_specific": Question(
        "CNN specific",
        "experiment",
        "a method that runs on a CNN, and on neither a transformer nor an MLP",
        _TRIED,
    ),
    "model_agnostic": Question(
        "Model-agnostic",
        "experiment",
        "a method that runs on a CNN, a transformer and an MLP",
        _TRIED,
    ),
    "fast_computation": Question(
        "Fast computation",
        "runtime",
        "at most {fast_computation:g} times one forward pass",
        "the metric Runtime on the method",
    ),
    "differentiable": Question(
        "Differentiable",
        "experiment",
        "a derivative of the map that is finite and not zero",
        _TRIED,
    ),
    "saturation": Question(
        "Saturation issue",
        "experiment",
        "a map that loses more than {missed:.0%} of its mass where 1 - ReLU(1 - x) is flat",
        _TRIED,
    ),
    "requires_gradients": Question(
        "Requires gradients", "experiment", "no map where gradients are cut off", _TRIED
    ),
}


@dataclass(frozen=True)
class Claim:
    """One claim: that the answer to a question is yes."""

    about: str  # a method's name, or FAMILY
    words: str
    kind: Literal["comparison", "strength", "limitation", "card"]
    question: str  # a key of QUESTIONS
    source: str = TEXTBOOK

    @property
    def asks(self) -> Question:
        """The question behind it."""
        return QUESTIONS[self.question]


CLAIMS = (
    Claim("vanilla_gradients", "Fast", "comparison", "fast"),
    Claim("vanilla_gradients", "Noisy", "comparison", "noisy"),
    Claim("integrated_gradients", "Smooth", "comparison", "smooth"),
    Claim("integrated_gradients", "Slow", "comparison", "slow"),
    Claim("smoothgrad", "Less noise", "comparison", "less_noise"),
    Claim("grad_cam", "CNN specific", "comparison", "cnn_specific"),
    Claim(FAMILY, "Model-agnostic", "strength", "model_agnostic"),
    Claim(FAMILY, "Fast computation", "strength", "fast_computation"),
    Claim(FAMILY, "Differentiable", "strength", "differentiable"),
    Claim(FAMILY, "Saturation issue", "limitation", "saturation"),
    Claim("vanilla_gradients", "Noise in vanilla", "limitation", "noisy"),
    Claim(FAMILY, "Requires gradients", "limitation", "requires_gradients"),
)


def cards(methods: Sequence[str]) -> tuple[Claim, ...]:
    """The same questions put to each of these methods, by their keys in a run; a control explains
    nothing and is asked nothing.
    """
    asked = [key for key in methods if not is_control(key)]
    return tuple(
        Claim(key, QUESTIONS[name].words, "card", name, ASKED_OF_ALL)
        for key in asked
        for name in QUESTIONS
    )
