"""Verdicts: a claim held against a run's table. No mark is written by hand; a sentence holds the numbers that made it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from attribution import METHODS
from evaluation.claims import CLAIMS, FAMILY_FAST, FAST, NOISE, SLOW, Claim
from evaluation.leaderboard import name_of, title_of, values
from evaluation.statistics import ENOUGH, Estimate, estimate, holm, p_against

Mark = Literal["confirmed", "refuted", "undecided", "not measured in this run"]
NOISE_METRIC = "high_frequency_share"
VANILLA, GRAD_CAM = "vanilla_gradients", "grad_cam"
SURE = 0.05


@dataclass(frozen=True)
class Verdict:
    """A claim with what this run says of it. `estimate` and `threshold` are in the unit that the sentence names."""

    claim: Claim
    mark: Mark
    sentence: str
    estimate: Estimate | None = None
    threshold: float | None = None
    p: float | None = None  # after Holm's correction over the claims that were measured


@dataclass(frozen=True)
class _Measured:
    """A sample over images, the threshold it is held against, and on which side of it the claim is true."""

    sample: np.ndarray
    threshold: float
    below: bool
    show: Callable[[float], float]  # from the sample's unit to the sentence's
    words: str  # "{value}" stands for the estimate with its interval


def judge(table: pd.DataFrame, claims: tuple[Claim, ...] = CLAIMS) -> list[Verdict]:
    """Every claim with its verdict, in order. Many claims are tested at once: Holm's correction over those measured."""
    measured = {
        place: sample for place, claim in enumerate(claims) if (sample := _measure(table, claim)) and np.isfinite(sample.sample).any()
    }
    adjusted = dict(zip(measured, holm([p_against(m.sample, m.threshold) for m in measured.values()]), strict=True))
    return [
        _verdict(claim, measured[place], adjusted[place]) if place in measured else _not_measured(claim)
        for place, claim in enumerate(claims)
    ]


def _not_measured(claim: Claim) -> Verdict:
    return Verdict(claim, "not measured in this run", f"Not measured in this run. It takes {claim.needs}.")


def _verdict(claim: Claim, measured: _Measured, p: float) -> Verdict:
    raw = estimate(measured.sample)
    assert raw is not None
    shown = replace(
        raw,
        mean=measured.show(raw.mean),
        low=None if raw.low is None else measured.show(raw.low),
        high=None if raw.high is None else measured.show(raw.high),
    )
    true_side = raw.mean <= measured.threshold if measured.below else raw.mean >= measured.threshold
    mark: Mark = "undecided" if p > SURE else "confirmed" if true_side else "refuted"
    interval = "not enough images for an interval" if shown.low is None else f"95 % interval {said(shown.low)} to {said(shown.high)}"
    value = f"{said(shown.mean)} ({interval}, {raw.n} image{'' if raw.n == 1 else 's'})"
    why = f" Fewer than {ENOUGH} images decide nothing." if raw.n < ENOUGH else ""
    sentence = f"{measured.words.format(value=value)} The claim asks for {claim.reference}: {mark}.{why}"
    return Verdict(claim, mark, sentence, shown, measured.show(measured.threshold), p)


def said(number: float | None) -> str:
    """A number in three significant digits."""
    if number is None or not np.isfinite(number):
        return "none"
    rounded = float(f"{number:.3g}")
    if rounded == 0 or abs(rounded) < 1e-4:
        return f"{rounded:.1e}" if rounded else "0"
    return f"{rounded:,.{max(0, 2 - int(np.floor(np.log10(abs(rounded)))))}f}"


def interval(estimate: Estimate | None) -> str:
    """`0.18 (0.14 to 0.22)`."""
    if estimate is None:
        return "missing"
    if not estimate.sure:
        return f"{said(estimate.mean)} (n = {estimate.n}: too few)"
    return f"{said(estimate.mean)} ({said(estimate.low)} to {said(estimate.high)})"


# -- measurements -----------------------------------------------------------------------------------------------------


def _measure(table: pd.DataFrame, claim: Claim) -> _Measured | None:
    if claim.test in ("fast", "slow"):
        return _against_vanilla(table, claim)
    if claim.test in ("noisy", "smooth"):
        return _noise(table, claim.about, GRAD_CAM, NOISE, below=claim.test == "smooth")
    if claim.test == "less noise":
        return _noise(table, claim.about, VANILLA, -NOISE, below=True)
    if claim.test == "family fast":
        return _family(table)
    return None


def _against_vanilla(table: pd.DataFrame, claim: Claim) -> _Measured | None:
    times, passes = values(table, "runtime"), values(table, "runtime.backward_passes")
    own, vanilla = _key(times, claim.about), _key(times, VANILLA)
    if own is None or vanilla is None:
        return None
    ratio = (times[own] / times[vanilla]).to_numpy()
    cost = f"{said(times[own].median())} ms and {passes[own].median():.0f} backward pass{'' if passes[own].median() == 1 else 'es'} a map"
    words = f"{title_of(own)} takes {cost}: {{value}} times one Vanilla gradient."
    if own == vanilla:
        words = f"{title_of(own)} takes {cost}. It is the unit of this comparison, so it is {{value}} times itself by definition."
    threshold = FAST if claim.test == "fast" else SLOW
    return _Measured(np.log(ratio), float(np.log(threshold)), claim.test == "fast", lambda log: float(np.exp(log)), words)


def _noise(table: pd.DataFrame, about: str, reference: str, threshold: float, *, below: bool) -> _Measured | None:
    noise = values(table, NOISE_METRIC)
    own, other = _key(noise, about), _key(noise, reference)
    if own is None or other is None:
        return None
    pairs = noise[[own, other]].dropna()
    level = float(pairs[other].mean())
    difference = (pairs[own] - pairs[other]).to_numpy()
    words = (
        f"{title_of(own)}: high-frequency share {said(float(pairs[own].mean()))}; {title_of(other)}: {said(level)}. "
        "The difference is {value}."
    )
    return _Measured(difference, threshold * level, below, float, words)


def _family(table: pd.DataFrame) -> _Measured | None:
    times, forward = values(table, "runtime"), values(table, "runtime.forward_pass")
    members = [key for key in times.columns if "gradients" in METHODS[name_of(key)].needs]
    if not members or forward.empty:
        return None
    ratio = (times[members] / forward[members]).median(axis=1).to_numpy()
    words = f"The median of the {len(members)} gradient methods in this run takes {{value}} times one forward pass of one image."
    return _Measured(np.log(ratio), float(np.log(FAMILY_FAST)), True, lambda log: float(np.exp(log)), words)


def _key(wide: pd.DataFrame, method: str) -> str | None:
    """The column of a method; None where the run does not have it, or has no value of it."""
    return next((key for key in wide.columns if name_of(key) == method and wide[key].notna().any()), None)
