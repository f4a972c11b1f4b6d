"""Small networks whose truth is known, on pictures made for them: what a run says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from heatcheck.answer.summary import Summary
from heatcheck.attribution import Method, Target
from heatcheck.core.registry import Citation
from heatcheck.judgement.advice import Advice, Wish, advise
from heatcheck.judgement.conclusion import answer
from heatcheck.judgement.evidence import QUESTIONS, Evidence
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import judge
from heatcheck.tests.doubles.small_runs import SIDE, run_on

AREAS = ("deletion", "insertion")
GAINS = tuple(
    f"{area}_{half}" for half in ("placement", "exchange", "model", "class") for area in AREAS
)
MEASURED = (*AREAS, *GAINS)
READER = "vanilla_gradients"
CONTROLS = ("random", "edges", "centre_prior")
HEAD = """
import torch
import torch.nn.functional as F
from torch import nn
"""
# Red is seen by a convolution, its places by a table of weights: both can be drawn anew. The mark
# is learned at `PLACES`, rows and columns of 4 x 4 pixels each.
MARK = """
class Network(nn.Module):
    '''Class 0 where red is at the places that it has learned; it sees nothing else.'''

    def __init__(self):
        super().__init__()
        self.red = nn.Conv2d(3, 1, 1)
        self.red.weight.data = torch.tensor([2.0, -2.0, -2.0]).reshape(1, 3, 1, 1)
        self.red.bias.data = torch.tensor([-2.0])
        self.act = nn.ReLU()
        self.places = nn.Linear(64, 2)
        weight = torch.zeros(2, 8, 8)
        weight[0, {places}] = {strength}
        self.places.weight.data = weight.flatten(1)
        self.places.bias.data = torch.tensor([0.0, {other}])

    def forward(self, x):
        return self.places(F.avg_pool2d(self.act(self.red(x)), 4).flatten(1))
"""


# Class 0 the redder the whole picture is, wherever the red is.
COLOUR = """
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.red = nn.Conv2d(3, 1, 1, bias=False)
        self.red.weight.data = torch.tensor([2.0, -1.0, -1.0]).reshape(1, 3, 1, 1)
        self.act = nn.ReLU()
        self.head = nn.Linear(1, 2)
        self.head.weight.data = torch.tensor([[{first}], [{second}]])
        self.head.bias.data = torch.tensor([{bias}, 2.0])

    def forward(self, x):
        return self.head(self.act(self.red(x)).mean((2, 3)))
"""


def textured(seed: int) -> np.ndarray:
    """Black and white boxes on grey: strong edges that mean nothing."""
    draws = np.random.default_rng(seed)
    pixels = np.full((SIDE, SIDE, 3), 128, np.uint8)
    for box in range(8):
        top, left = draws.integers(0, SIDE - 4, 2)
        pixels[top : top + 4, left : left + 4] = 255 * (box % 2)
    return pixels


def in_the_corner(count: int) -> dict[str, np.ndarray]:
    """Pictures that all have a red mark in one corner."""
    pictures = {f"{number:02}": textured(number) for number in range(count)}
    for pixels in pictures.values():
        pixels[:8, :8] = (230, 30, 30)
    return pictures


def moving(count: int) -> dict[str, np.ndarray]:
    """Pictures with a pale red mark, each in another place as far from the middle as from a
    corner, so that Centre Prior gains nothing.
    """
    pictures = {}
    for number in range(count):
        pixels, draws = textured(number), np.random.default_rng((number, 1))
        corner = (5, 21)[number % 2], (5, 21)[number // 2 % 2]
        top, left = np.add(corner, draws.integers(-2, 3, 2))
        pixels[top : top + 6, left : left + 6] = (200, 80, 80)
        pictures[f"{number:02}"] = pixels
    return pictures


@dataclass(frozen=True, eq=False)
class Told:
    """All that is said of a run."""

    scores: Scores
    findings: pd.DataFrame

    @property
    def summary(self) -> Summary:
        return Summary(self.scores, self.findings)

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.scores)

    @property
    def answer(self) -> str:
        return answer(self.scores)

    @property
    def advice(self) -> Advice:
        return advise(self.scores, self.findings, Wish())

    @property
    def verdicts(self) -> dict[str, str]:
        return {one.claim.words: one.mark for one in judge(self.scores, self.findings)}

    def words(self, key: str) -> list[str]:
        """What is said of a method on place, picture, model and class."""
        return [self.evidence.of(key, question).words for question in QUESTIONS]


def told_of(
    root: Path,
    module: str,
    network: str,
    pictures: Mapping[str, np.ndarray],
    methods: Sequence[str] = (READER, *CONTROLS),
    metrics: Sequence[str] = MEASURED,
    **asked: Any,
) -> Told:
    """What is said of a network on pictures, by a whole run in this thread."""
    store, run = run_on(
        root, pictures, module, HEAD + network, methods=methods, metrics=metrics, **asked
    )
    return Told(Scores.of_run(store, run), store.results.findings(run))


@dataclass(frozen=True)
class Blank(Method):
    """The same map for all: one value."""

    name = "blank"
    title = "Blank"
    family = "gradient"
    cite = Citation("A", 2020, "B")

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        return torch.ones(x.shape[-2:])


@dataclass(frozen=True)
class Constant(Method):
    """The same map for all: brighter to the right and below."""

    name = "constant"
    title = "Constant"
    family = "gradient"
    cite = Citation("A", 2020, "B")

    def attribute(self, target: Target, x: Tensor, generator: torch.Generator) -> Tensor:
        down, right = (torch.linspace(0, 1, side) for side in x.shape[-2:])
        return down[:, None] + right
