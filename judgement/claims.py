"""The textbook's claims as data: who says what about whom, and the question behind it.

A claim puts a question to a method, or to each of the gradient methods of a run: what is so for
all of them is so for the family. The same questions are put to every method of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from heatcheck.judgement.questions import QUESTIONS, Question
from heatcheck.runs.keys import is_control

FAMILY = "gradient methods"
TEXTBOOK = "Textbook page “Gradient-based Methods: Computing Feature Sensitivity”"
ASKED_OF_ALL = "Asked of every method"

Kind = Literal["comparison", "strength", "limitation", "card"]


@dataclass(frozen=True)
class Claim:
    """One claim: that the answer to a question is yes."""

    about: str  # a method's name or key, or FAMILY
    words: str
    kind: Kind
    question: Question
    source: str = TEXTBOOK


def _claim(about: str, words: str, kind: Kind, question: str) -> Claim:
    return Claim(about, words, kind, QUESTIONS[question])


CLAIMS = (
    _claim("vanilla_gradients", "Fast", "comparison", "fast"),
    _claim("vanilla_gradients", "Noisy", "comparison", "noisy"),
    _claim("integrated_gradients", "Smooth", "comparison", "less_noise"),
    _claim("integrated_gradients", "Slow", "comparison", "slow"),
    _claim("smoothgrad", "Less noise", "comparison", "less_noise"),
    _claim("grad_cam", "CNN specific", "comparison", "cnn_specific"),
    _claim(FAMILY, "Model-agnostic, among differentiable networks", "strength", "model_agnostic"),
    _claim(FAMILY, "Fast computation", "strength", "fast_computation"),
    _claim(FAMILY, "Differentiable", "strength", "differentiable"),
    _claim(FAMILY, "Saturation issue", "limitation", "saturation"),
    _claim("vanilla_gradients", "Noise in vanilla", "limitation", "noisy"),
    _claim(FAMILY, "Requires gradients", "limitation", "requires_gradients"),
)


def cards(methods: Sequence[str]) -> tuple[Claim, ...]:
    """The same questions put to each of these methods, by their keys in a run; a control explains
    nothing and is asked nothing.
    """
    return tuple(
        Claim(key, question.title, "card", question, ASKED_OF_ALL)
        for key in methods
        if not is_control(key)
        for question in QUESTIONS.values()
    )
