"""From the tidy table to one row a method x metric: mean, interval, and who cannot be told from the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from attribution import METHODS
from evaluation.statistics import ENOUGH, Estimate, estimate
from metrics import METRICS, Curve
from metrics.base import mean_curve


def name_of(key: str) -> str:
    """A method's registered name, from its key in a run."""
    return key.partition("-")[0]


def title_of(key: str) -> str:
    """What people call a method, from its key in a run; a word that is no key stays as it is, capitalised."""
    name, _, digest = key.partition("-")
    return METHODS[name].title + (f" ({digest})" if digest else "") if name in METHODS else key.capitalize()


def listed(keys: Sequence[str]) -> str:
    """Methods by their titles: `SmoothGrad, Edges and Random`."""
    return joined([title_of(key) for key in keys])


def joined(words: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


@dataclass(frozen=True)
class Standing:
    """A method under a metric."""

    method: str  # the key in the run
    metric: str
    estimate: Estimate | None  # None where no image has a value: all failed, or none was reached
    failed: int
    best: bool  # best mean, or not distinguishable from it
    beats_random: bool | None = None  # None for controls, for metrics on which random maps are no measure, and where Random did not run


def values(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One metric as images x methods; a failed score is NaN."""
    rows = table[table["metric"] == metric]
    return rows.pivot(index="image", columns="method", values="value").reindex(columns=list(dict.fromkeys(rows["method"])))


def standings(table: pd.DataFrame, metrics: list[str]) -> list[Standing]:
    """Every method of the table under every metric that has a value; in a run that is under way some have none yet.

    `best` marks the best and all whose paired 95 % interval against it holds zero. With too few images for an interval none is marked.
    Controls take part: a table in which a control is best should say so.
    """
    found = []
    everyone = list(dict.fromkeys(table["method"]))
    failures = table[table["error"] != ""].groupby(["method", "metric"]).size()
    for metric in metrics:
        if not (table["metric"] == metric).any():
            continue
        wide = values(table, metric).reindex(columns=everyone)
        better = str(table.loc[table["metric"] == metric, "better"].iloc[0])
        means = (np.log(wide) if _log(metric) else wide).mean() * (1 if better == "higher" else -1)
        leader = means.idxmax() if means.notna().any() else None
        for method in wide.columns:
            found.append(
                Standing(
                    method, metric, estimate(wide[method].to_numpy(), log=_log(metric)), int(failures.get((method, metric), 0)),
                    leader is not None and len(wide[leader].dropna()) >= ENOUGH and _level_with(np.log(wide) if _log(metric) else wide, method, leader),
                    _beats_random(wide, method, metric, better),
                )
            )  # fmt: skip
    return found


def is_control(key: str) -> bool:
    """Whether a key of a run is a control's."""
    return METHODS[name_of(key)].family == "control"


def against_controls(metric: str) -> bool:
    """Whether a map that explains nothing is a measure for others under this metric."""
    return METRICS[metric].family in ("faithfulness", "placement")


def skills(table: pd.DataFrame, metric: str) -> dict[str, dict[str, Estimate]]:
    """For each control of the run, how much better each method is, image by image, in the metric's unit; above zero the method is better."""
    wide = values(table, metric)
    methods, controls = ([key for key in wide if is_control(key) == which] for which in (False, True))
    better = METRICS[metric].better
    found = {control: {key: _better_by(wide, key, control, better) for key in methods} for control in controls}
    return {control: {key: one for key, one in own.items() if one} for control, own in found.items() if any(own.values())}


def _better_by(wide: pd.DataFrame, method: str, other: str, better: str) -> Estimate | None:
    return estimate(((wide[method] - wide[other]) * (1 if better == "higher" else -1)).to_numpy())


def _beats_random(wide: pd.DataFrame, method: str, metric: str, better: str) -> bool | None:
    """Whether the paired 95 % interval of the difference from Random lies on the better side of zero."""
    chance = next((key for key in wide.columns if name_of(key) == "random"), None)
    if chance is None or is_control(method) or not against_controls(metric):
        return None
    difference = _better_by(wide, method, chance, better)
    return difference.above_zero if difference and difference.sure else None


def _log(metric: str) -> bool:
    return metric in METRICS and METRICS[metric].scale == "log"


def _level_with(wide: pd.DataFrame, method: str, leader: str) -> bool:
    if method == leader:
        return True
    difference = estimate((wide[method] - wide[leader]).to_numpy())
    if difference is None or difference.n < ENOUGH:
        return False
    return not difference.excludes(0.0) and not np.isnan(difference.mean)


def mean_curves(curves: pd.DataFrame, metric: str, methods: Sequence[str]) -> dict[str, Curve]:
    """Each method's mean curve over images, from `Store.curves`, in the order of `methods`.

    Adaptive curves have their own points: each is read on the lines between them, so the mean's area is the mean of the areas.
    """
    found: dict[str, Curve] = {}
    for method in methods:
        rows = curves[(curves["metric"] == metric) & (curves["method"] == method)]
        if not rows.empty:
            found[method] = mean_curve(
                [Curve(tuple(one["fraction"]), tuple(one["probability"]), tuple(one["energy_gap"])) for _, one in rows.groupby("image")]
            )
    return found
