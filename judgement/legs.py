"""The legs of evidence, deletion and insertion, and which of them can separate anything on a run.

A leg on which Random already scores as well as any map could says nothing of a method. Whether it
counts is decided from Random, the clean images and the fully replaced ones, never from the methods
under test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from heatcheck.judgement.comparisons import rows_of
from heatcheck.judgement.phrases import three_digits
from heatcheck.judgement.score_parts import AREAS
from heatcheck.judgement.scores import Scores
from heatcheck.runs.keys import name_of

# headroom beyond Random below which a leg separates nothing: in probability, and as a share of what
# the class loses from the clean image to the covered one
SEPARABLE, SHARE = 0.02, 0.1


@dataclass(frozen=True)
class Leg:
    """Deletion or insertion, with what is left beyond Random; None where that is not measured."""

    area: str
    headroom: float | None = None
    remark: str = ""  # a sentence where the leg is dropped

    @property
    def counts(self) -> bool:
        """Whether it takes part in evidence."""
        return not self.remark


def legs_of(scores: Scores) -> tuple[Leg, ...]:
    """Both legs of a run."""
    return scores.once("legs", lambda: tuple(_leg(scores, area) for area in AREAS))


def _leg(scores: Scores, area: str) -> Leg:
    clean, covered = (_by_image(scores, f"{area}.{end}") for end in ("clean", "covered"))
    if clean is None or covered is None:
        return Leg(area)
    chance = _random(scores, area)
    title = area.capitalize()
    if chance is None:
        ends = pd.concat([clean, covered], axis=1).dropna().mean()
        headroom = float(np.abs(clean - covered).mean())
        remark = (
            f"{title} separates nothing here: the class has {_of(ends.iloc[0])} in the clean "
            f"image and {_of(ends.iloc[1])} in the covered one."
        )
    elif area == "insertion":
        pairs = pd.concat([chance, clean], axis=1).dropna().mean()
        headroom = float(pairs.iloc[1] - pairs.iloc[0])
        remark = (
            f"{title} separates nothing here: Random already scores {_of(pairs.iloc[0])} of "
            f"{_of(pairs.iloc[1])}."
        )
    else:
        pairs = pd.concat([chance, covered], axis=1).dropna().mean()
        headroom = float(pairs.iloc[0] - pairs.iloc[1])
        remark = (
            f"{title} separates nothing here: Random is already down at {_of(pairs.iloc[0])}, "
            f"and the covered image has {_of(pairs.iloc[1])}."
        )
    if not np.isfinite(headroom):
        return Leg(area)
    needed = max(SEPARABLE * scores.whole, SHARE * float(np.abs(clean - covered).mean()))
    return Leg(area, headroom, remark if headroom < needed else "")


def _of(probability: float) -> str:
    return three_digits(round(float(probability), 4))


def _by_image(scores: Scores, side: str) -> pd.Series | None:
    """A value that an image has whatever the method; None where the run has none."""
    if side not in rows_of(scores):
        return None
    wide = scores.of(side)
    return None if wide.empty or wide.isna().all(axis=None) else wide.mean(axis=1).dropna()


def _random(scores: Scores, area: str) -> pd.Series | None:
    wide = scores.of(area)
    key = next((key for key in wide if name_of(key) == "random"), None)
    return wide[key].dropna() if key is not None and wide[key].notna().any() else None
