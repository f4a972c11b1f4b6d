"""Which method to use: the wishes of a reader held against a run. The advice names its evidence, or
says that the run has none.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from heatcheck.core.numbers import in_full
from heatcheck.judgement.evidence import ALPHA, QUESTIONS, SMALLEST, Evidence
from heatcheck.judgement.observations import Observations
from heatcheck.judgement.phrases import joined, listed, three_digits, title_of
from heatcheck.judgement.ratios import BACKWARD
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.sign_flips import p_values
from heatcheck.judgement.standings import milliseconds, passes
from heatcheck.judgement.statistics import ENOUGH, estimate, holm

Detail = Literal["either", "fine", "region"]
FINE = 0.1  # share of fine detail above which a map counts as fine, below it as regions
# the metric that tells it, the newer first, and what it is called
FINENESS = {"fineness": "fineness", "high_frequency_share": "high-frequency share"}
SAME_PLACE = "the model may read the same place in every picture"


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
    less: tuple[str, ...] = ()  # the methods that fit and gain less


def advise(
    scores: Scores, findings: pd.DataFrame, wish: Wish, smallest: float = SMALLEST
) -> Advice:
    """Of the methods that fit the wish and show evidence in every measured question, the cheapest
    of those that no other is shown to gain more than.

    Gains are compared on the sum of the picture's gains over the legs that count, image by image,
    all pairs at once (Holm). A control is never advised.
    """
    evidence, observed = Evidence(scores, smallest), Observations(scores, findings)
    reasons = {key: reason for key in evidence.methods if (reason := _misfit(observed, key, wish))}
    if scores.model is not None and scores.barred:
        return Advice(None, f"{scores.model.sentences[0]} No advice.", tuple(reasons.items()))
    if not evidence.areas:
        return Advice(
            None,
            "Neither deletion nor insertion separates anything here: no advice.",
            tuple(reasons.items()),
        )
    if QUESTIONS["picture"] not in evidence.questions:
        return Advice(
            None,
            f"This run has not measured evidence of this picture{scores.yet}, so it cannot say "
            "whose maps can be trusted.",
            tuple(reasons.items()),
        )
    trusted = evidence.shown_in_all()
    fitting = [key for key in trusted if key not in reasons]
    for key in evidence.methods:
        if key not in reasons and key not in trusted:
            reasons[key] = _not_shown(evidence, key)
    asked = joined([question.title for question in evidence.questions])
    if not fitting:
        return Advice(
            None,
            f"No method of this run fits and shows evidence {asked}.",
            tuple((key, reasons[key]) for key in evidence.methods),
        )
    beaten = _beaten(evidence, fitting)
    level = [key for key in fitting if key not in beaten] or fitting
    best = _cheapest(scores, level) or _largest(evidence, level)
    for key in fitting:
        if key != best:
            beside = (
                "It fits too, and cannot be told from the best by its gains."
                if key in level
                else "It fits too, and gains less."
            )
            reasons[key] = f"{beside} {_gains(evidence, key)}"
    return Advice(
        best,
        f"{title_of(best)}: it shows evidence {asked}. {_gains(evidence, best)}"
        f"{_beside(scores, best, level)}{_unmeasured(evidence)}",
        tuple((key, reasons[key]) for key in evidence.methods if key in reasons),
        tuple(key for key in fitting if key not in level),
    )


def _totals(evidence: Evidence, keys: Sequence[str]) -> pd.DataFrame:
    """The sum of the picture's gains over the legs that count, images x methods."""
    gains = [
        evidence.scores.of(metric)[list(keys)]
        for area in evidence.areas
        for metric in QUESTIONS["picture"].metrics(area)
    ]
    total = gains[0]
    for gain in gains[1:]:
        total = total + gain
    return total


def _beaten(evidence: Evidence, keys: Sequence[str]) -> set[str]:
    """The methods that some other is shown to gain more than: two-sided sign-flip tests of all
    pairs, Holm over the pairs.
    """
    totals = _totals(evidence, keys)
    pairs = list(itertools.combinations(keys, 2))
    if not pairs:
        return set()
    leads = np.stack([(totals[one] - totals[other]).to_numpy() for one, other in pairs], axis=1)
    adjusted = holm([float(p) for p in p_values(leads, two_sided=True)])
    return {
        pair[1] if np.nansum(lead) > 0 else pair[0]
        for pair, lead, p in zip(pairs, leads.T, adjusted, strict=True)
        if p <= ALPHA
    }


def _largest(evidence: Evidence, keys: Sequence[str]) -> str:
    """The method with the largest sum of gains, on the images that all of these have."""
    totals = _totals(evidence, keys)
    shared = totals.dropna()
    return str((shared if len(shared) >= ENOUGH else totals).mean().idxmax())


def _passes(scores: Scores, key: str) -> float | None:
    """The passes of one map in forward passes; None where they were not counted."""
    sides = [
        scores.of(f"runtime.{way}_passes").get(key, pd.Series(dtype=float)).mean()
        for way in ("forward", "backward")
    ]
    passes = sides[0] + BACKWARD * sides[1]
    return float(passes) if np.isfinite(passes) else None


def _costs(scores: Scores, keys: Sequence[str]) -> tuple[dict[str, float], str]:
    """What each method costs, and its unit: passes where they are counted for all, else
    milliseconds; empty where neither is measured for all.
    """
    for cost, unit in ((_passes, "passes"), (milliseconds, "ms")):
        costs = {key: value for key in keys if (value := cost(scores, key)) is not None}
        if len(costs) == len(keys):
            return costs, unit
    return {}, ""


def _cheapest(scores: Scores, keys: Sequence[str]) -> str | None:
    costs, _ = _costs(scores, keys)
    return min(costs, key=lambda key: costs[key]) if costs else None


def _gains(evidence: Evidence, key: str) -> str:
    """A method's gains on the picture, a number a leg."""
    gains = [
        f"{three_digits(gain.mean)} in {gain.area}" for gain in evidence.of(key, "picture").gains
    ]
    return f"Over maps of other pictures it gains {joined(gains)}."


def _beside(scores: Scores, best: str, level: Sequence[str]) -> str:
    """Who cannot be told from the advised method, and what it costs."""
    others = [key for key in level if key != best]
    costs, unit = _costs(scores, level)
    told = passes(scores, best) if unit == "passes" else three_digits(costs.get(best))
    cost = f"{told} {unit} a map" if costs else ""
    if not others:
        return f" It costs {cost}." if cost else ""
    if not cost:
        return f" It cannot be told from {listed(others)}."
    weighed = f" A backward pass counts as {BACKWARD}." if unit == "passes" else ""
    return (
        f" It cannot be told from {listed(others)}, and is the cheapest of them with {cost}."
        f"{weighed}"
    )


def _unmeasured(evidence: Evidence) -> str:
    missing = [q.title for q in QUESTIONS.values() if q not in evidence.questions]
    yet = evidence.scores.yet
    return f" Evidence {joined(missing)} is not measured in this run{yet}." if missing else ""


def _not_shown(evidence: Evidence, key: str) -> str:
    weakest = evidence.weakest(key)
    if weakest is not None and weakest.untryable:
        return f"Evidence {QUESTIONS[weakest.question].title} {weakest.reason}."
    if weakest is None or weakest.mark == "not measured":
        return "Its evidence is not measured."
    why = f"Evidence {QUESTIONS[weakest.question].title} is not shown: {weakest.reason}."
    if weakest.question == "picture" and key in evidence.shared_place:
        return f"{why} Its places matter: {SAME_PLACE}, and then it need not be wrong."
    return why


def _misfit(observed: Observations, key: str, wish: Wish) -> str | None:
    """Why a method does not do what is wished; None where it does."""
    if wish.budget is not None:
        time = milliseconds(observed.scores, key)
        if time is None:
            return "This run has not measured how long it takes."
        if time > wish.budget:
            most = in_full(wish.budget)
            return f"It takes {three_digits(time)} ms a map; at most {most} ms were wished."
    if wish.without_gradients:
        finding = observed.finding(key, "runs_without_gradients")
        if finding is None:
            return "This run has not tried it without gradients."
        if np.isnan(finding[0]):
            return f"It cannot be tried without gradients: {finding[1]}"
        if finding[0] != 1:
            return "With gradients cut off it gives no map."
    if wish.detail != "either":
        metric, share = next(
            (
                (metric, share)
                for metric in FINENESS
                if key in (wide := observed.scores.of(metric))
                and (share := estimate(wide[key].to_numpy()))
            ),
            ("", None),
        )
        if share is None:
            return "This run has not measured how fine its maps are."
        if (share.mean > FINE) != (wish.detail == "fine"):
            kind = "regions" if wish.detail == "fine" else "fine detail"
            return f"Its maps are {kind}: a {FINENESS[metric]} of {three_digits(share.mean)}."
    return None
