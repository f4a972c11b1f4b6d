"""Whether the model knows a run's images at all: what explains a model that guesses explains
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import stats

from heatcheck.attribution import Output
from heatcheck.judgement.phrases import three_digits
from heatcheck.judgement.statistics import ENOUGH, LEVEL
from heatcheck.runs.results import SeenImage

LABELLED = 20  # from so many labelled samples on hits are held against chance
BARRED = "Not shown to know these images."  # before the sentences of a model that is barred
# why labels say nothing of a model's answers
_UNCOUNTED = {
    Output.SCORE: "The model answers with plain scores",
    Output.SIGMOID: "The model's findings may stand side by side",
}
SAME = 1e-6  # probabilities that differ by less are the same


@dataclass(frozen=True)
class ModelCheck:
    """What the model answers on a run's samples, one image of each.

    `answers` and `labels` are class indices of the samples that have both; `targets` and
    `probabilities` are of the explained class, of all samples; `moved` is the most that covering
    an image changed a probability, None where that was not measured.
    """

    answers: tuple[int, ...]
    labels: tuple[int, ...]
    targets: tuple[int, ...]
    probabilities: tuple[float, ...]
    moved: float | None = None
    output: Output = Output.SOFTMAX  # how its answers are read

    @property
    def labelled(self) -> int:
        """How many samples have a label."""
        return len(self.labels)

    @property
    def right(self) -> int:
        """On how many of them the model's class is the label."""
        return sum(answer == label for answer, label in zip(self.answers, self.labels, strict=True))

    @property
    def probability(self) -> float | None:
        """The mean probability of the explained class; None where none is known."""
        return float(np.mean(self.probabilities)) if self.probabilities else None

    @property
    def constant(self) -> bool:
        """Whether all samples get one class with one probability, and covered images get the same:
        a model that sees the same mark in all of them has one probability too.
        """
        return (
            len(self.probabilities) >= ENOUGH
            and len(set(self.targets)) == 1
            and float(np.ptp(self.probabilities)) < self._same
            and self.moved is not None
            and self.moved < self._same
        )

    @property
    def _same(self) -> float:
        """Answers that differ by less are the same; of plain scores as a share of their size."""
        plain = self.output is Output.SCORE
        return SAME * (max(map(abs, self.probabilities)) if plain else 1.0)

    @cached_property
    def chance(self) -> float | None:
        """The share that the same answers would hit if they had nothing to do with the labels
        (Cohen 1960); None with fewer than LABELLED labels, or one label for all.
        """
        if self.labelled < LABELLED or len(set(self.labels)) == 1:
            return None
        answers, labels = Counter(self.answers), Counter(self.labels)
        return sum(answers[name] * count for name, count in labels.items()) / self.labelled**2

    @cached_property
    def p(self) -> float | None:
        """Exact binomial, one-sided: that hits are no more than chance; None where that is not
        known.
        """
        if self.chance is None:
            return None
        test = stats.binomtest(self.right, self.labelled, self.chance, alternative="greater")
        return float(test.pvalue)

    @property
    def _by_chance(self) -> str:
        """On how many it would be right by chance, in words."""
        hits = (self.chance or 0.0) * self.labelled
        return f"about {hits:.0f}" if hits >= 0.5 else "none"

    @property
    def at_chance(self) -> bool:
        """Whether it is not shown to be above chance."""
        return self.p is not None and self.p > 1 - LEVEL

    @property
    def bars(self) -> bool:
        """Whether nothing can be said of any map of this model."""
        return self.constant or self.at_chance

    @property
    def sentences(self) -> list[str]:
        """How often the model is right, against chance, and how sure it is of what is explained."""
        what = "output" if self.output is Output.SCORE else "probability"
        if self.constant:
            return [f"The model gives all images one class with one {what}, covered or not."]
        told = []
        if not self.output.exclusive:
            told.append(f"{_UNCOUNTED[self.output]}, so hits are not counted.")
        elif self.chance is None:
            told.append(
                f"The model is right on {self.right} of {self.labelled} labelled images, all of "
                "one class, so chance is not known."
                if self.labelled >= LABELLED
                else f"How often the model is right is not known: {self.labelled} images have a "
                f"label, and it takes {LABELLED}."
            )
            if 0 < self.labelled < LABELLED:
                told.append(f"It is right on {self.right} of them.")
        else:
            more = ", which is not shown to be more than chance" if self.at_chance else ""
            told += [
                f"The model is right on {self.right} of {self.labelled} labelled images{more}.",
                f"By chance: {self._by_chance}.",
            ]
        if self.labelled >= ENOUGH and not self.right:
            told.append("None is right: check that the labels are in the order of the outputs.")
        if self.probability is not None:
            mean = three_digits(self.probability)
            told.append(f"Its mean {what} for the class that is explained is {mean}.")
        return told


def model_check(
    images: Sequence[SeenImage],
    sample_of: Mapping[str, str],
    moved: float | None = None,
    output: Output = Output.SOFTMAX,
) -> ModelCheck | None:
    """From the images as the model saw them (`store.results.images`): of each sample the first. A
    label is held against the answer only where classes exclude each other.

    None where the model has seen none yet.
    """
    firsts = {sample_of.get(image.name, image.name): image for image in reversed(images)}
    seen = [(image.target, image) for image in firsts.values() if image.target is not None]
    if not seen:
        return None
    judged = [
        (image.answer, image.label)
        for _, image in seen
        if output.exclusive and image.label is not None and image.answer is not None
    ]
    return ModelCheck(
        tuple(target for target, _ in judged),
        tuple(label for _, label in judged),
        tuple(target for target, _ in seen),
        tuple(image.probability for _, image in seen if image.probability is not None),
        moved,
        output,
    )
