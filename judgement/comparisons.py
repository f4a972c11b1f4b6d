"""What a method has to beat on a gain: zero, and every control that ran on it, image by image; and
the substrates on which it does the opposite.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from heatcheck.judgement.scores import Scores
from heatcheck.judgement.sign_flips import p_of_pairs
from heatcheck.metrics import METRICS
from heatcheck.metrics.gains import Gain
from heatcheck.runs.keys import is_control

Column = tuple[str, str]  # a metric or side value, and a key


@dataclass(frozen=True)
class Comparison:
    """One thing that a method has to beat: one-sided p that it does not, over `n` images."""

    metric: str
    against: str  # a control's key, or empty for zero
    p: float
    n: int


@dataclass(frozen=True)
class Opposite:
    """A substrate on which a gain may be below zero: one-sided p that it is not."""

    metric: str
    substrate: str
    p: float


@dataclass(frozen=True)
class Compared:
    """A method on one gain: what it has to beat, and on which substrates it may be the opposite."""

    comparisons: tuple[Comparison, ...]
    substrates: tuple[Opposite, ...]


def compared(scores: Scores, metric: str) -> dict[str, Compared]:
    """Each method that has a value on a gain, by its key; controls are what it is held against."""
    return scores.once("compared", lambda: _all_compared(scores)).get(metric, {})


@dataclass(frozen=True)
class _Test:
    """Whether one column of the run, a row of its table and a key, lies above another; None is
    zero.
    """

    metric: str
    method: str
    against: str  # a control, or the substrate where the column is one's
    first: Column | None
    second: Column | None

    @property
    def on_substrate(self) -> bool:
        """Whether it asks for the opposite: zero above the gain on a substrate."""
        return self.first is None


def _all_compared(scores: Scores) -> dict[str, dict[str, Compared]]:
    """Every gain of a run, by its name. All are tested together: each flip of the samples' signs is
    then made once.
    """
    gains = [row for row in rows_of(scores) if row in METRICS and issubclass(METRICS[row], Gain)]
    tests = [test for gain in gains for test in _tests(scores, gain)]
    if not tests:
        return {}
    names = sorted({one[0] for test in tests for one in (test.first, test.second) if one})
    base = pd.concat({name: scores.of(name) for name in names}, axis=1, sort=True)
    values, places = base.to_numpy(), {column: place for place, column in enumerate(base)}
    sides = [(test.first, test.second) for test in tests]
    first, second = (
        np.array([places[one] if one else -1 for one in side], dtype=np.intp)
        for side in zip(*sides, strict=True)
    )
    known = np.isfinite(np.append(values, np.zeros((len(values), 1)), axis=1))
    counts = (known[:, first] & known[:, second]).sum(axis=0)
    comparisons: dict[tuple[str, str], list[Comparison]] = {}
    opposites: dict[tuple[str, str], list[Opposite]] = {}
    for test, p, n in zip(tests, p_of_pairs(values, first, second), counts, strict=True):
        place = test.metric, test.method
        if test.on_substrate:
            opposites.setdefault(place, []).append(Opposite(test.metric, test.against, float(p)))
        else:
            one = Comparison(test.metric, test.against, float(p), int(n))
            comparisons.setdefault(place, []).append(one)
    by_gain: dict[str, dict[str, Compared]] = {}
    for (metric, method), those in comparisons.items():
        turned = tuple(opposites.get((metric, method), ()))
        by_gain.setdefault(metric, {})[method] = Compared(tuple(those), turned)
    return by_gain


def _tests(scores: Scores, gain: str) -> Iterator[_Test]:
    """All that the methods of a gain have to beat, then the substrates."""
    wide = scores.of(gain)
    keys = [key for key in wide if wide[key].notna().any()]
    methods, controls = ([key for key in keys if is_control(key) == so] for so in (False, True))
    for method in methods:
        own = gain, method
        yield _Test(gain, method, "", own, None)
        for control in controls:
            yield _Test(gain, method, control, own, (gain, control))
    for substrate in substrates_of(scores, gain):
        row = f"{gain}.on_{substrate}"
        there = set(scores.of(row))
        for method in methods:
            if method in there:
                yield _Test(gain, method, substrate, None, (row, method))


def substrates_of(scores: Scores, metric: str) -> list[str]:
    """The substrates on which a run tells a metric apart, in the table's order."""
    beginning = f"{metric}.on_"
    return [row.removeprefix(beginning) for row in rows_of(scores) if row.startswith(beginning)]


def rows_of(scores: Scores) -> tuple[str, ...]:
    """The metrics and side values that a run's table has, in its order."""
    return scores.grid.metrics
