"""What a run observed, as a question reads it, and what a measure gives back: a sample of images,
an answer, or that the method is the unit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from heatcheck.attribution import METHODS
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import Estimate, estimate, p_against
from heatcheck.runs.keys import is_control, key_with_digest, kind_of


@dataclass(frozen=True, eq=False)
class Observations:
    """A run's scores, and what its experiments found (`store.results.findings`)."""

    scores: Scores
    findings: pd.DataFrame

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The keys of methods and controls that have a score or a finding."""
        return tuple(dict.fromkeys([*self.scores.methods, *self.tried]))

    @cached_property
    def tried(self) -> tuple[str, ...]:
        """The keys of those that experiments were made with."""
        return tuple(dict.fromkeys(self.findings["method"]))

    @cached_property
    def gradient_methods(self) -> tuple[str, ...]:
        """The keys of the methods that need gradients; no control is among them."""
        return tuple(
            key for key in self.methods if "gradients" in kind_of(key).needs and not is_control(key)
        )

    def finding(self, key: str, experiment: str) -> tuple[float, str] | None:
        """The value of an experiment (NaN where it could not be made) and its words; None where the
        run did not try.
        """
        return self._findings.get((key, experiment))

    @cached_property
    def _findings(self) -> dict[tuple[str, str], tuple[float, str]]:
        rows = self.findings.astype({"value": float})
        columns = (rows[name] for name in ("method", "experiment", "value", "words"))
        return {
            (str(method), str(experiment)): (value, str(words))
            for method, experiment, value, words in zip(*columns, strict=True)
        }


Rows = tuple[tuple[str, str], ...]  # what stands behind a sentence: a name and a text each


@dataclass(frozen=True)
class Part:
    """The same measurement at one scale of the map: its mean, and whether the answer is yes there,
    by Holm's correction over the scales.
    """

    pixels: int  # a side, that were pooled before
    estimate: Estimate
    holds: bool


@dataclass(frozen=True, eq=False)
class Sample:
    """A value an image, the limit that their mean is held against, and on which side of it the
    answer is yes. Ratios are given as logarithms, so that their mean is geometric.
    """

    values: pd.Series
    limit: float
    below: bool
    unit: str
    sentence: Callable[[Estimate], str]  # the measurement in words, from the mean as it is told
    ratio: bool = True  # whether the values are logarithms of ratios
    parts: tuple[Part, ...] = ()
    rows: Rows = ()

    @property
    def p(self) -> float:
        """Two-sided p-value that the mean is the limit."""
        return p_against(self.values.to_numpy(), self.limit)

    @property
    def tested(self) -> Estimate:
        """The mean on the scale on which it is tested."""
        mean = estimate(self.values.to_numpy())
        assert mean is not None
        return mean

    @property
    def mean(self) -> Estimate:
        """The mean as it is told: of ratios, the geometric one."""
        told = estimate(np.exp(self.values.to_numpy()), "log") if self.ratio else self.tested
        assert told is not None
        return told

    @property
    def shown(self) -> pd.Series:
        """Each image's value as it is told."""
        return np.exp(self.values) if self.ratio else self.values

    @property
    def threshold(self) -> float:
        """The limit as it is told."""
        return float(np.exp(self.limit)) if self.ratio else self.limit

    @property
    def yes(self) -> bool:
        """Whether the mean lies on the side of the limit on which the answer is yes."""
        mean = float(self.values.mean())
        return mean <= self.limit if self.below else mean >= self.limit


@dataclass(frozen=True)
class Answer:
    """What experiments or counts say: yes, no, or neither where they could not be made; and in a
    sentence.
    """

    yes: bool | None
    sentence: str
    rows: Rows = ()


@dataclass(frozen=True)
class Unit:
    """The method is what others are measured by: there is nothing to test."""

    sentence: str


Measurement = Sample | Answer | Unit


def sample_of(
    ratios: pd.Series, limit: float, below: bool, unit: str, sentence: Callable[[Estimate], str]
) -> Sample | None:
    """A sample from a ratio an image. Ratios that are no positive number are left out; None where
    no other is there.
    """
    logs = np.log(ratios.where(ratios > 0)).replace([np.inf, -np.inf], np.nan).dropna()
    return Sample(logs, float(np.log(limit)), below, unit, sentence) if len(logs) else None


def variant(keys: Sequence[str], method: str) -> str | None:
    """A method among the keys of a run, by its key or its name; of several variants the one with
    the default parameters.
    """
    default = key_with_digest(METHODS.build(method)) if method in METHODS else method
    return next((key for key in (method, default) if key in keys), None)


def scored(wide: pd.DataFrame, method: str) -> str | None:
    """The column of a method in images x methods; None where it has no value there."""
    return variant(list(wide.columns[wide.notna().any()]), method)
