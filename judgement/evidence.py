"""Which methods show evidence: the gains that a run has, who shows them, and who shows more than
the controls.

An exchange gain says that an image's own map scores better than the maps of other images; where a
run did not exchange maps, a placement gain says that a map scores better where it lies than moved
away. Both are there for deletion and for insertion, and only a gain in both counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from heatcheck.judgement.score_parts import EXCHANGES, PLACEMENTS
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import better_by
from heatcheck.judgement.statistics import Estimate, estimate
from heatcheck.runs.keys import is_control


@dataclass(frozen=True, eq=False)
class Gains:
    """Two metrics that speak of one thing, in deletion and in insertion, each as images x
    methods.
    """

    metrics: tuple[str, str]
    deletion: pd.DataFrame
    insertion: pd.DataFrame

    @property
    def exchanged(self) -> bool:
        """Whether these are exchange gains."""
        return self.metrics == EXCHANGES

    @property
    def word(self) -> str:
        """What they are called."""
        return "exchange gain" if self.exchanged else "placement gain"

    @property
    def measured(self) -> list[str]:
        """Methods and controls that have a value in both."""
        return [
            key
            for key in self.deletion
            if key in self.insertion and all(wide[key].notna().any() for wide in self.both)
        ]

    @property
    def controls(self) -> list[str]:
        """The controls among them."""
        return [key for key in self.measured if is_control(key)]

    @property
    def both(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Deletion, then insertion."""
        return self.deletion, self.insertion

    def of(self, key: str) -> tuple[Estimate | None, Estimate | None]:
        """A method's gains."""
        deletion, insertion = (
            estimate(wide[key].to_numpy()) if key in wide else None for wide in self.both
        )
        return deletion, insertion

    def shown(self, key: str) -> bool:
        """Whether both intervals lie above zero."""
        return all(gain is not None and gain.above_zero for gain in self.of(key))

    def level(self, key: str, other: str) -> bool:
        """Whether the two cannot be told apart by the sum of both gains, image by image."""
        difference = better_by(self.deletion + self.insertion, key, other)
        return difference is None or not difference.excludes(0.0)


def gains_more(wide: pd.DataFrame, key: str, other: str) -> bool:
    """Whether a method is shown to gain more than another, image by image."""
    difference = better_by(wide, key, other)
    return difference is not None and difference.above_zero


def gains(
    scores: Scores, pairs: Sequence[tuple[str, str]] = (EXCHANGES, PLACEMENTS)
) -> Gains | None:
    """The first of these pairs for which the run has values in deletion and in insertion: exchange
    gains before placement gains.
    """
    for pair in pairs:
        deletion, insertion = (scores.of(metric) for metric in pair)
        if all(wide.notna().any(axis=None) for wide in (deletion, insertion)):
            return Gains(pair, deletion, insertion)
    return None
