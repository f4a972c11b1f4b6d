"""Which method to use: the wishes of a reader held against a run. The advice names its evidence, or says that the run has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from evaluation.leaderboard import is_control, title_of, values
from evaluation.splits import EXCHANGES, PLACEMENTS
from evaluation.statistics import Estimate, estimate
from evaluation.verdicts import NOISE_METRIC, interval, said

Detail = Literal["either", "fine", "region"]
FINE = 0.1  # high-frequency share above which a map counts as fine, below it as regions
GAINS = (EXCHANGES, PLACEMENTS)
KINDS = {"deletion_exchange": "exchange gain", "deletion_placement": "placement gain"}


@dataclass(frozen=True)
class Wish:
    """What a reader needs: milliseconds of one map at most, whether gradients can be had, and how fine the map should be."""

    budget: float | None = None
    without_gradients: bool = False
    detail: Detail = "either"


@dataclass(frozen=True)
class Advice:
    """A method's key in the run, or None; why, in sentences that hold their numbers; and why not each other method."""

    method: str | None
    sentence: str
    others: tuple[tuple[str, str], ...]


def advise(table: pd.DataFrame, findings: pd.DataFrame, wish: Wish) -> Advice:
    """The method that fits the wish and shows most evidence: its gain leaves zero out in deletion and in insertion, and is largest in their mean.

    Exchange gains count where the run has them, else placement gains. A control is never advised.
    """
    methods = [key for key in dict.fromkeys(table["method"]) if not is_control(key)]
    reasons = {key: reason for key in methods if (reason := _misfit(table, findings, key, wish))}
    pair = next((pair for pair in GAINS if all(values(table, metric).notna().any(axis=None) for metric in pair)), None)
    if pair is None:
        return Advice(None, "This run has not measured exchange or placement gains, so it cannot say whose maps can be trusted.", ())
    wides = [values(table, metric) for metric in pair]
    gains: dict[str, tuple[Estimate, Estimate]] = {}
    for key in methods:
        if key in reasons:
            continue
        deletion, insertion = (estimate(wide[key].to_numpy()) if key in wide else None for wide in wides)
        if deletion is None or insertion is None or not (deletion.above_zero and insertion.above_zero):
            reasons[key] = f"Its {KINDS[pair[0]]} is not shown: {interval(deletion)} in deletion, {interval(insertion)} in insertion."
        else:
            gains[key] = deletion, insertion
    order = sorted(gains, key=lambda key: -(gains[key][0].mean + gains[key][1].mean))
    for key in order[1:]:
        reasons[key] = (
            f"It fits too. Its {KINDS[pair[0]]} is {interval(gains[key][0])} in deletion, {interval(gains[key][1])} in insertion."
        )
    others = tuple((key, reasons[key]) for key in methods if key in reasons)
    if not order:
        return Advice(None, f"No method of this run fits and shows a {KINDS[pair[0]]} in deletion and in insertion.", others)
    best = order[0]
    sentence = (
        f"{title_of(best)}: its {KINDS[pair[0]]} is {interval(gains[best][0])} in deletion and {interval(gains[best][1])} in insertion, over "
        f"{gains[best][0].n} images{_cost(table, best)}."
    )
    return Advice(best, sentence, others)


def _misfit(table: pd.DataFrame, findings: pd.DataFrame, key: str, wish: Wish) -> str | None:
    """Why a method does not do what is wished; None where it does."""
    if wish.budget is not None:
        times = values(table, "runtime")
        if key not in times or times[key].isna().all():
            return "This run has not measured how long it takes."
        if (median := float(times[key].median())) > wish.budget:
            return f"It takes {said(median)} ms a map; wished were at most {said(wish.budget)}."
    if wish.without_gradients:
        own = findings[(findings["method"] == key) & (findings["experiment"] == "runs_without_gradients")]["value"]
        if own.empty:
            return "This run has not tried it without gradients."
        if own.iloc[0] != 1:
            return "With gradients cut off it gives no map."
    if wish.detail != "either":
        noise = values(table, NOISE_METRIC)
        share = estimate(noise[key].to_numpy()) if key in noise else None
        if share is None:
            return "This run has not measured how fine its maps are."
        if (share.mean > FINE) != (wish.detail == "fine"):
            kind = "regions" if wish.detail == "fine" else "fine detail"
            return f"Its maps are {kind}: a high-frequency share of {interval(share)}."
    return None


def _cost(table: pd.DataFrame, key: str) -> str:
    times = values(table, "runtime")
    return f"; {said(float(times[key].median()))} ms a map" if key in times and times[key].notna().any() else ""
