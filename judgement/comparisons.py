"""What a method has to beat on a gain: zero, and every control that ran on it, image by image; and
the substrates on which it does the opposite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heatcheck.judgement.scores import Scores
from heatcheck.judgement.sign_flips import p_values
from heatcheck.runs.keys import is_control


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
    return scores.once(("compared", metric), lambda: _compared(scores, metric))


def _compared(scores: Scores, metric: str) -> dict[str, Compared]:
    if metric not in rows_of(scores):
        return {}
    wide = scores.of(metric)
    values = wide.to_numpy()
    columns = {key: values[:, place] for place, key in enumerate(wide)}
    keys = [key for key, column in columns.items() if np.isfinite(column).any()]
    methods = [key for key in keys if not is_control(key)]
    if not methods:
        return {}
    controls = [key for key in keys if is_control(key)]
    own = np.stack([columns[key] for key in methods], axis=1)
    against = [("", own), *((key, own - columns[key][:, None]) for key in controls)]
    tested = _tested([differences for _, differences in against])
    opposites = _opposites(scores, metric, methods)
    return {
        key: Compared(
            tuple(
                Comparison(metric, control, float(p[place]), int(np.isfinite(d[:, place]).sum()))
                for (control, d), p in zip(against, tested, strict=True)
            ),
            tuple(opposites.get(key, ())),
        )
        for place, key in enumerate(methods)
    }


def _tested(blocks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """One-sided p for every column of blocks `[samples, m]` that stand side by side."""
    edges = np.cumsum([block.shape[1] for block in blocks])[:-1]
    return np.split(p_values(np.concatenate(blocks, axis=1)), edges)


def _opposites(scores: Scores, metric: str, methods: Sequence[str]) -> dict[str, list[Opposite]]:
    by_method: dict[str, list[Opposite]] = {}
    for substrate in substrates_of(scores, metric):
        wide = scores.of(f"{metric}.on_{substrate}")
        keys = [key for key in methods if key in wide]
        for key, p in zip(keys, p_values(-wide[keys].to_numpy()), strict=True):
            by_method.setdefault(key, []).append(Opposite(metric, substrate, float(p)))
    return by_method


def substrates_of(scores: Scores, metric: str) -> list[str]:
    """The substrates on which a run tells a metric apart, in the table's order."""
    beginning = f"{metric}.on_"
    return [row.removeprefix(beginning) for row in rows_of(scores) if row.startswith(beginning)]


def rows_of(scores: Scores) -> tuple[str, ...]:
    """The metrics and side values that a run's table has, in its order."""
    return scores.grid.metrics
