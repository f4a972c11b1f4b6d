"""Skimming: what a map costs, found out without paying for all of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from heatcheck.attribution.base import Method, attribute
from heatcheck.attribution.passes import Passes
from heatcheck.attribution.target import BATCH, Target
from heatcheck.core.errors import DoesNotApply

LOOKED_AT = BATCH  # pictures of each kind of pass that do go through the model


@dataclass(frozen=True, eq=False)
class Cost:
    """What one map costs: seconds, passes, and a plane like it, whose numbers mean nothing."""

    seconds: float
    passes: Passes
    plane: Tensor  # [H,W]


def cost_of(method: Method, target: Target, x: Tensor) -> Cost:
    """What a map of `x` `[1,C,H,W]` by a method costs.

    Its first pictures go through the model. Then each further one gets the answer of an earlier
    one, is counted, and is taken to last as long as those did. So the passes are exact where they
    do not depend on what the model answers.

    Raises:
        DoesNotApply: the method cannot explain this model.
    """
    if reason := method.check(target):
        raise DoesNotApply(f"{method.title} does not apply here: {reason}")
    skimmed = _Skimmed.of(target, x)
    made = attribute(method, skimmed, x)
    return Cost(made.seconds + skimmed.saved, made.passes, made.map)


class _Skimmed(Target):
    """A target that soon answers with what it answered before."""

    @staticmethod
    def of(target: Target, x: Tensor) -> _Skimmed:
        """The same question about the same model."""
        made = _Skimmed(
            target.model,
            target.class_index,
            x,
            mean=target.mean.flatten().tolist(),
            std=target.std.flatten().tolist(),
            references=target.references,
            output=target.output,
            against=target.against,
        )
        made.forward, made.gradients = _Pace(), _Pace()
        return made

    forward: _Pace
    gradients: _Pace

    @property
    def saved(self) -> float:
        """Seconds that the passes which were left out would have lasted."""
        return self.forward.saved + self.gradients.saved

    def _raw(self, x: Tensor) -> Tensor:
        if self.forward.answer is None or self.forward.done < LOOKED_AT:
            self.synchronise()
            start = time.monotonic()
            self.forward.answer = super()._raw(x)
            self.synchronise()
            self.forward.lasted(len(x), time.monotonic() - start)
            return self.forward.answer
        self.passes += Passes(forward=len(x))
        self.forward.left += len(x)
        return _repeated(self.forward.answer, len(x))

    def _gradient(self, x: Tensor, *, guided: bool = False) -> tuple[Tensor, Tensor]:
        pace = self.gradients
        if pace.both is None or pace.done < LOOKED_AT:
            self.synchronise()
            start = time.monotonic()
            pace.both = super()._gradient(x, guided=guided)
            self.synchronise()
            pace.lasted(len(x), time.monotonic() - start)
            return pace.both
        self.passes += Passes(len(x), len(x))
        pace.left += len(x)
        gradients, scores = pace.both
        return _repeated(gradients, len(x)), _repeated(scores, len(x))


class _Pace:
    """How long pictures of one kind of pass lasted, and how many were left out."""

    def __init__(self) -> None:
        self.done = self.left = 0
        self.seconds = 0.0
        self.answer: Tensor | None = None
        self.both: tuple[Tensor, Tensor] | None = None

    def lasted(self, pictures: int, seconds: float) -> None:
        """So many pictures went through the model."""
        self.done += pictures
        self.seconds += seconds

    @property
    def saved(self) -> float:
        """Seconds that those which were left out would have lasted."""
        return self.left * self.seconds / self.done if self.done else 0.0


def _repeated(known: Tensor, count: int) -> Tensor:
    """The rows of an answer, again and again until there are so many."""
    return known[torch.arange(count, device=known.device) % len(known)]
