"""Outputs: what a network's raw answer means, so that a probability is the network's own.

A network returns numbers, and only whoever trained it knows how they are read: by a softmax over
classes, by a sigmoid each, as one logit of two classes, or as they are.
"""

from __future__ import annotations

from enum import StrEnum

import torch
import torch.nn.functional as F
from torch import Tensor

from heatcheck.core.errors import BadParameter, DoesNotApply, shown


class Output(StrEnum):
    """How the raw outputs `[N,K]` of a network are read.

    Every reading has classes; of each class a *score*, which methods explain, and a *probability*,
    which curves follow.
    """

    SOFTMAX = "softmax"  # logits of classes that exclude each other
    SIGMOID = "sigmoid"  # logits of findings that do not: each has a probability of its own
    BINARY = "binary"  # one logit z: p of class 1 is sigmoid(z), of class 0 the rest
    SCORE = "score"  # numbers in a unit of their own, as of a regression

    @staticmethod
    def read(word: object) -> Output:
        """An output by its word. Raises BadParameter."""
        try:
            return Output(str(word))
        except ValueError as error:
            raise BadParameter(
                f"Expected an output of {', '.join(Output)}. Got {shown(word)}. See "
                "docs/your-model.md for which is whose."
            ) from error

    def classes(self, outputs: int) -> int:
        """How many classes a network of so many outputs has. Raises BadParameter where it cannot be
        read so.
        """
        if self is Output.BINARY:
            if outputs != 1:
                raise BadParameter(
                    f"Expected one logit from a network with output binary. Got {outputs} outputs. "
                    "Say softmax where its classes exclude each other, sigmoid where not."
                )
            return 2
        if self is Output.SOFTMAX and outputs == 1:
            raise BadParameter(
                "Expected at least two logits from a network with output softmax. Got one: its "
                "softmax is 1 whatever the picture. Say binary, or score for a plain number."
            )
        return outputs

    def scores(self, raw: Tensor) -> Tensor:
        """What methods explain, a class each: `[N,K]` -> `[N,classes]`, in logits; of `score` in
        its own unit.
        """
        return torch.cat([-raw, raw], 1) if self is Output.BINARY else raw

    def probabilities(self, raw: Tensor) -> Tensor:
        """What curves follow, a class each: `[N,K]` -> `[N,classes]`; of `score` the numbers
        themselves.
        """
        if self is Output.SOFTMAX:
            return raw.softmax(1)
        return self.scores(raw) if self is Output.SCORE else self.scores(raw).sigmoid()

    def contrast(self, scores: Tensor) -> Tensor:
        """The probability of a class where another is the only choice, from the difference of their
        scores `[N]`; of `score` the difference.
        """
        return scores if self is Output.SCORE else scores.sigmoid()

    def why_no_contrast(self) -> str | None:
        """Why two classes cannot be held against each other, in a sentence; None where they can."""
        return {
            Output.SIGMOID: "its outputs are independent: two findings may both be there. Name one "
            "class.",
            Output.BINARY: "its two classes are one logit, so either alone is the contrast. Name "
            "one class.",
        }.get(self)

    def energy(self, raw: Tensor) -> Tensor:
        """What the network finds in a picture for any class, in nats: `[N,K]` -> `[N]`. NaN for
        `score`, which has none.

        Of a softmax the logarithm of the summed exponentials (Liu 2020, arXiv:2010.03759); of
        independent sigmoids the sum of each one's own (Wang 2021, arXiv:2109.14162); one logit is
        held against zero.
        """
        if self is Output.SOFTMAX:
            return raw.logsumexp(1)
        if self is Output.SCORE:
            return raw.new_full((len(raw),), torch.nan)
        return F.softplus(raw).sum(1)

    @property
    def exclusive(self) -> bool:
        """Whether one class at most is there, so that an answer can be right or wrong."""
        return self in (Output.SOFTMAX, Output.BINARY)

    def lone(self, classes: int) -> bool:
        """Whether all its classes are one number: no other class can be asked for its own map."""
        return self is Output.BINARY or classes == 1

    @property
    def unit(self) -> str:
        """Of a curve and its area."""
        return "output" if self is Output.SCORE else "probability"

    def words(self, classes: int) -> str:
        """For people: `softmax over 1000 classes`. `of_words` is the inverse."""
        return {
            Output.SOFTMAX: f"softmax over {classes} classes",
            Output.SIGMOID: f"sigmoid of each of {classes} classes",
            Output.BINARY: "binary, one logit of two classes",
            Output.SCORE: "score, a number in a unit of its own"
            if classes == 1
            else f"score, {classes} numbers in units of their own",
        }[self]

    @staticmethod
    def of_words(text: str) -> Output:
        """The output in such words; softmax where there are none, as in runs of before."""
        return Output(text.split(maxsplit=1)[0].rstrip(",")) if text else Output.SOFTMAX


def why_no_logits(raw: Tensor, output: Output) -> str | None:
    """Why the outputs `[N,K]` of a network, for N different pictures, cannot be read so, in a
    sentence; None where nothing speaks against it.

    Raises:
        DoesNotApply: they are no table of numbers.
    """
    if raw.ndim != 2:
        raise DoesNotApply(f"expected outputs [N,K]. Got {list(raw.shape)}.")
    raw = raw[torch.isfinite(raw).all(1)]
    if output is Output.SCORE or not len(raw):
        return None
    within = bool(((raw >= 0) & (raw <= 1)).all())
    if raw.shape[1] > 1 and within and bool(((raw.sum(1) - 1).abs() < 1e-4).all()):
        return (
            "the model's outputs already are probabilities, and methods explain logits. "
            "Take the softmax off its end."
        )
    if raw.shape[1] > 1 and output is Output.SOFTMAX and _log_softmax(raw):
        return (
            "the model's outputs are logarithms of probabilities: a log-softmax is at its end. "
            "Take it off: methods explain logits."
        )
    # a class that is zero on every picture comes from no sigmoid
    if within and bool((raw != raw[0]).any()) and bool((raw != 0).any(0).all()):
        return (
            "all outputs lie within 0 and 1 on every picture tried: a sigmoid is at the model's "
            "end, and methods explain logits. Take it off and say output sigmoid, or binary where "
            "it has one; or say output score, to explain the numbers as they are."
        )
    return None


def _log_softmax(raw: Tensor) -> bool:
    """Whether each row's exponentials sum to one, which logits do by no chance on several."""
    return bool((raw <= 0).all()) and bool((raw.logsumexp(1).abs() < 1e-4).all())
