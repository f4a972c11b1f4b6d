"""Which method to use: the wishes of a reader held against a run. The advice names its evidence, or
says that the run has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from heatcheck.judgement.evidence import Gains, gains, gains_more
from heatcheck.judgement.observations import Observations
from heatcheck.judgement.phrases import interval, joined, listed, three_digits, title_of
from heatcheck.judgement.ratios import NOISE_METRIC
from heatcheck.judgement.score_parts import AREAS
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import ENOUGH, estimate
from heatcheck.runs.keys import is_control

Detail = Literal["either", "fine", "region"]
FINE = 0.1  # high-frequency share above which a map counts as fine, below it as regions


@dataclass(frozen=True)
class Wish:
    """What a reader needs: milliseconds of one map at most, whether gradients can be had, and how
    fine the map should be.
    """

    budget: float | None = None
    without_gradients: bool = False
    detail: Detail = "either"


@dataclass(frozen=True)
class Advice:
    """A method's key in the run, or None; why, in sentences that hold their numbers; and why not
    each other method.
    """

    method: str | None
    sentence: str
    others: tuple[tuple[str, str], ...]


def advise(scores: Scores, findings: pd.DataFrame, wish: Wish) -> Advice:
    """The method that fits the wish and shows most evidence: its gain leaves zero out in deletion
    and in insertion, and is largest in their sum.

    Exchange gains count where the run has them, else placement gains. Methods that cannot be told
    from the advised one, and controls that it is not shown to beat, are named beside it. A control
    is never advised.
    """
    observed = Observations(scores, findings)
    methods = [key for key in scores.methods if not is_control(key)]
    reasons = {key: reason for key in methods if (reason := _misfit(observed, key, wish))}
    gained = gains(scores)
    if gained is None:
        return Advice(
            None,
            "This run has not measured exchange or placement gains, so it cannot say "
            "whose maps can be trusted.",
            (),
        )
    fitting = [key for key in methods if key not in reasons and gained.shown(key)]
    for key in methods:
        if key not in reasons and key not in fitting:
            reasons[key] = f"Its {gained.word} is not shown: {_both(gained, key)}."
    if not fitting:
        others = tuple((key, reasons[key]) for key in methods)
        return Advice(
            None,
            f"No method of this run fits and shows its {gained.word} in deletion and in insertion.",
            others,
        )
    best = _first(gained, fitting)
    for key in fitting:
        if key != best:
            beside = (
                "It fits too, and cannot be told from the first"
                if gained.level(best, key)
                else "It fits too, and gains less"
            )
            reasons[key] = f"{beside}. Its {gained.word} is {_both(gained, key)}."
    images = min(gain.n for gain in gained.of(best) if gain)
    sentence = (
        f"{title_of(best)}: its {gained.word} is {_both(gained, best)}, over {images} "
        f"images{_cost(scores, best)}."
    )
    level = [key for key in fitting if key != best and gained.level(best, key)]
    if level:
        sentence += f" It cannot be told from {listed(level)}."
    return Advice(
        best,
        f"{sentence}{_unbeaten(gained, best)}",
        tuple((key, reasons[key]) for key in methods if key in reasons),
    )


def _first(gained: Gains, fitting: list[str]) -> str:
    """The method with the largest sum of gains, on the images that all of these have."""
    shared = (gained.deletion[fitting] + gained.insertion[fitting]).dropna()
    total = (
        shared if len(shared) >= ENOUGH else gained.deletion[fitting] + gained.insertion[fitting]
    )
    return str(total.mean().idxmax())


def _both(gained: Gains, key: str) -> str:
    deletion, insertion = gained.of(key)
    return f"{interval(deletion)} in deletion and {interval(insertion)} in insertion"


def _unbeaten(gained: Gains, best: str) -> str:
    """The controls that gain, and that the method is not shown to beat: what they gain needs no
    model.
    """
    unbeaten = []
    for key in gained.controls:
        areas = [
            f"{interval(gain)} in {area}"
            for area, wide, gain in zip(AREAS, gained.both, gained.of(key), strict=True)
            if gain is not None and gain.above_zero and not gains_more(wide, best, key)
        ]
        if areas:
            unbeaten.append(f"{title_of(key)} gains {joined(areas)}")
    return (
        f" Mind the controls, which know nothing of the model: {joined(unbeaten)}, and it is "
        "not shown to gain more."
        if unbeaten
        else ""
    )


def _misfit(observed: Observations, key: str, wish: Wish) -> str | None:
    """Why a method does not do what is wished; None where it does."""
    if wish.budget is not None:
        times = observed.scores.of("runtime")
        if key not in times or times[key].isna().all():
            return "This run has not measured how long it takes."
        if (median := float(times[key].median())) > wish.budget:
            return (
                f"It takes {three_digits(median)} ms a map; at most {wish.budget:g} ms were wished."
            )
    if wish.without_gradients:
        finding = observed.finding(key, "runs_without_gradients")
        if finding is None:
            return "This run has not tried it without gradients."
        if finding[0] != 1:
            return "With gradients cut off it gives no map."
    if wish.detail != "either":
        noise = observed.scores.of(NOISE_METRIC)
        share = estimate(noise[key].to_numpy()) if key in noise else None
        if share is None:
            return "This run has not measured how fine its maps are."
        if (share.mean > FINE) != (wish.detail == "fine"):
            kind = "regions" if wish.detail == "fine" else "fine detail"
            return f"Its maps are {kind}: a high-frequency share of {interval(share)}."
    return None


def _cost(scores: Scores, key: str) -> str:
    times = scores.of("runtime")
    return (
        f"; {three_digits(float(times[key].median()))} ms a map"
        if key in times and times[key].notna().any()
        else ""
    )
