"""What a run knows of each of its pictures: whether the model was right, how sure it was, and how
far the run's methods differ there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from heatcheck.attribution.outputs import Output
from heatcheck.runs.keys import is_control
from heatcheck.runs.results import SeenImage
from heatcheck.runs.target_rules import CONTRAST, RATHER, TOPMOST, TargetRule

JUDGED_BY = ("deletion", "insertion")  # the first of them that a run has


@dataclass(frozen=True)
class Known:
    """What a run knows of a picture."""

    right: bool | None  # whether the model's class is the label; None where neither can be said
    answer: str  # the name of the model's class
    probability: float | None  # of the model's class; None where the run has another one's
    spread: float | None  # see `spreads`


def known_of(
    seen: Iterable[SeenImage],
    spread: Mapping[str, float],
    output: Output = Output.SOFTMAX,
    target: TargetRule = TOPMOST,
) -> dict[str, Known]:
    """What is known of each picture, by its name; `output` is how the run's network is read, and
    `target` its rule for the class that is explained. Findings that do not exclude each other are
    neither right nor wrong.
    """
    contrast = target.word == CONTRAST
    return {
        one.name: Known(
            one.right if output.exclusive else None,
            one.answer_name.partition(RATHER)[0] if contrast else one.answer_name,
            one.probability if one.target == one.answer and not contrast else None,
            spread.get(one.name),
        )
        for one in seen
    }


def judging(metrics: Collection[str]) -> str | None:
    """The metric whose spread tells how far methods differ; None where a run has none of them."""
    return next((metric for metric in JUDGED_BY if metric in metrics), None)


def spreads(values: pd.DataFrame) -> dict[str, float]:
    """How far methods differ on each picture: the largest minus the smallest value of the metric
    among the run's methods, in the metric's unit. Controls do not count; a picture on which fewer
    than two methods have a value is left out.

    It misleads where one method fails on a picture and the others agree: they differ by that one.

    Args:
        values: columns image, method (key in the run) and value; missing values are left out.
    """
    explains = [key for key in values["method"].unique() if not is_control(key)]
    scored = values[values["method"].isin(explains)].dropna(subset=["value"])
    by_picture = scored.groupby("image")["value"].agg(["min", "max", "count"])
    several = by_picture[by_picture["count"] > 1]
    return (several["max"] - several["min"]).to_dict()
