"""What travels between processes: a subject, a cell (one image x one method), and what came of it;
and how its map orders pixels.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from heatcheck.attribution import Method, Output
from heatcheck.core.digests import digest_of
from heatcheck.core.randomness import generator
from heatcheck.inputs.images import Picture
from heatcheck.inputs.sizes import CROP, Frame
from heatcheck.metrics import Curve, Metric, Score
from heatcheck.metrics.orders import ranks
from heatcheck.metrics.walks import Walk


@dataclass(frozen=True, eq=False)
class Subject:
    """One image under one classifier, ready to explain."""

    classifier: str
    picture: Picture  # [H,W,C], uint8 or float32 in [0, 1]
    image_digest: str
    mask: np.ndarray | None = (
        None  # [H,W] bool: where the object is, for the image sets that know it
    )
    fit: str = CROP  # how the file's picture was brought to the input
    why_no_mask: str = ""  # of an image whose mask is missing or wrong

    @cached_property
    def seen(self) -> str:
        """sha256 of the picture. The same file gives another one in a set of another depth."""
        about = f"{self.picture.dtype.str} {self.picture.shape} ".encode()
        return hashlib.sha256(about + self.picture.tobytes()).hexdigest()


@dataclass(frozen=True, eq=False)
class Unseen:
    """A file of a run that a worker is to read: its bytes travel, so that it need not be there."""

    classifier: str
    name: str
    encoded: bytes
    digest: str  # sha256 of the bytes
    bits: int  # the depth of its set, as `Image.bits`
    frame: Frame
    mask: np.ndarray | None = None  # as of a `Subject`
    why_no_mask: str = ""


@dataclass(frozen=True)
class Machine:
    """What a step was computed on, as far as times depend on it: names and words, in order."""

    facts: tuple[tuple[str, str], ...]

    @cached_property
    def id(self) -> str:
        """Sixteen hex digits of its digest: the same for all machines of a kind."""
        return digest_of([list(fact) for fact in self.facts])[:16]


@dataclass(frozen=True)
class Prediction:
    """What the classifier sees in the clean image."""

    classes: tuple[int, ...]  # most probable first
    probabilities: tuple[float, ...]
    reading: str = ""  # how its outputs are read, as `Output.words`

    @property
    def output(self) -> Output:
        """How its outputs are read."""
        return Output.of_words(self.reading)


@dataclass(frozen=True)
class Aim:
    """What is explained on an image, and what the classifier itself answers."""

    class_index: int
    probability: float  # of what is explained
    answer: int


@dataclass(frozen=True, eq=False)
class Sighted:
    """A run's image as its classifier sees it; what is explained, where that was asked."""

    subject: Subject
    png: bytes
    aim: Aim | None = None


@dataclass(frozen=True, eq=False)
class Partner:
    """Another image of the run with its map by the same method: what a cell is compared with."""

    picture: Picture
    class_index: int
    map: np.ndarray  # [H,W] float32


@dataclass(frozen=True, eq=False)
class Cell:
    """One image x one method: what a worker needs to make the map and its scores.

    Metrics that compare a map with those of other images get `partners`, and the curves that were
    walked before.
    """

    subject: Subject
    class_index: int
    method: Method
    metrics: tuple[Metric, ...]
    seed: int
    interactive: bool = False
    partners: tuple[Partner, ...] = ()
    curves: tuple[tuple[Walk, Curve], ...] = ()
    against: int | None = None  # the class that it is held against
    given: np.ndarray | str | None = None  # of maps from elsewhere: the map, or why there is none


@dataclass(frozen=True, eq=False)
class Scored:
    """A metric's answer, or why there is none."""

    metric: Metric
    score: Score | None
    error: str = ""


@dataclass(frozen=True, eq=False)
class CellResult:
    """A cell, done: the map or why there is none, and an answer a metric."""

    map: np.ndarray | None  # [H,W] float32
    seconds: float = 0.0
    forward_passes: int = 0
    backward_passes: int = 0
    warm: bool = False
    error: str = ""
    scores: tuple[Scored, ...] = ()
    drew: bool = False
    machine: Machine | None = None  # None where nothing was computed


def is_blank(heat: np.ndarray) -> bool:
    """Whether all pixels of a map `[H,W]` are equal: it ranks nothing."""
    return heat.size > 1 and bool(heat.min() == heat.max())


def pixel_places(heat: np.ndarray, method: Method, image_digest: str, seed: int) -> np.ndarray:
    """Each pixel's place `[H,W]` in the curves' own seeded order, 0 strongest: what a viewer masks
    by.
    """
    return (
        ranks(torch.from_numpy(heat.copy()), generator(seed, image_digest, method.stream, "ties"))
        .numpy()
        .astype(np.int32)
    )
