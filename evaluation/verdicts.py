"""Verdicts: a claim held against a run. No mark is written by hand; a sentence holds the numbers that made it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from attribution import METHODS
from evaluation.claims import CLAIMS, FAMILY, THRESHOLDS, Claim, Thresholds
from evaluation.experiments import NETWORKS
from evaluation.leaderboard import is_control, joined, listed, name_of, title_of, values
from evaluation.statistics import ENOUGH, Estimate, estimate, holm, images_to_decide, p_against

Mark = Literal["confirmed", "refuted", "undecided", "not measured in this run"]
NOISE_METRIC = "high_frequency_share"
VANILLA = "vanilla_gradients"
SURE = 0.05


@dataclass(frozen=True, eq=False)
class Verdict:
    """A claim with what a run says of it. `estimate`, `threshold` and `sample` are in `unit`; an experiment has none of them."""

    claim: Claim
    mark: Mark
    sentence: str
    estimate: Estimate | None = None
    threshold: float | None = None
    p: float | None = None  # after Holm's correction over the claims that were measured together
    sample: pd.Series | None = None  # a value an image
    unit: str = ""


@dataclass(frozen=True)
class _Measured:
    """A sample over images, the threshold it is held against, and on which side of it the claim is true."""

    sample: pd.Series
    threshold: float
    below: bool
    show: Callable[[float], float]  # from the sample's unit to the sentence's
    unit: str
    words: Callable[[Estimate], str]  # the measurement in a sentence, from the estimate as shown


@dataclass(frozen=True)
class _Tried:
    """What experiments say: yes, no, or neither; and a sentence."""

    answer: bool | None
    words: str


def judge(
    table: pd.DataFrame,
    findings: pd.DataFrame,
    claims: Sequence[Claim] = CLAIMS,
    thresholds: Thresholds = THRESHOLDS,
) -> list[Verdict]:
    """Every claim with its verdict, in order, from a run's table and its findings (`Store.table`, `Store.findings`).

    Many claims are tested at once: Holm's correction over those with a sample of images.
    """
    found = [_measure(table, findings, claim, thresholds) for claim in claims]
    samples = [one for one in found if isinstance(one, _Measured)]
    adjusted = iter(holm([p_against(one.sample.to_numpy(), one.threshold) for one in samples]))
    return [
        _not_measured(claim)
        if one is None
        else _tried(claim, one, thresholds)
        if isinstance(one, _Tried)
        else _verdict(claim, one, next(adjusted), thresholds)
        for claim, one in zip(claims, found, strict=True)
    ]


def asked(claim: Claim, thresholds: Thresholds = THRESHOLDS) -> str:
    """When the claim holds, in words with its threshold: `at most 3 times one Vanilla gradient`."""
    return claim.asks.asks.format(**asdict(thresholds)).replace("%", " %")


def _not_measured(claim: Claim) -> Verdict:
    return Verdict(claim, "not measured in this run", f"Not measured in this run. It takes {claim.asks.needs}.")


def _tried(claim: Claim, tried: _Tried, thresholds: Thresholds) -> Verdict:
    mark: Mark = "undecided" if tried.answer is None else "confirmed" if tried.answer else "refuted"
    return Verdict(claim, mark, f"{tried.words} The claim asks for {asked(claim, thresholds)}: {mark}.")


def _verdict(claim: Claim, measured: _Measured, p: float, thresholds: Thresholds) -> Verdict:
    raw = estimate(measured.sample.to_numpy())
    assert raw is not None
    low, high = (None if end is None else measured.show(end) for end in (raw.low, raw.high))
    shown = replace(raw, mean=measured.show(raw.mean), low=low, high=high)
    true_side = raw.mean <= measured.threshold if measured.below else raw.mean >= measured.threshold
    mark: Mark = "undecided" if p > SURE else "confirmed" if true_side else "refuted"
    why = ""
    if raw.n < ENOUGH:
        why = f" Fewer than {ENOUGH} images decide nothing."
    elif mark == "undecided" and (wanted := images_to_decide(measured.sample.to_numpy(), measured.threshold)):
        why = f" If these images are typical, about {max(wanted, raw.n + 1):,} would decide it."
    sentence = f"{measured.words(shown)} The claim asks for {asked(claim, thresholds)}: {mark}.{why}"
    sample = measured.sample.dropna().map(measured.show)
    return Verdict(claim, mark, sentence, shown, measured.show(measured.threshold), p, sample, measured.unit)


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


def _sure(shown: Estimate, low: str, high: str) -> str:
    """`95 % interval 24 to 37 %, 20 images`."""
    images = f"{shown.n} image{'' if shown.n == 1 else 's'}"
    return f"95 % interval {low} to {high}, {images}" if shown.sure else f"not enough images for an interval, {images}"


# -- measurements -----------------------------------------------------------------------------------------------------


def _measure(table: pd.DataFrame, findings: pd.DataFrame, claim: Claim, thresholds: Thresholds) -> _Measured | _Tried | None:
    if claim.question == "family_fast":
        return _family_runtime(table, thresholds)
    if claim.asks.test == "runtime":
        return _runtime(table, claim, thresholds)
    if claim.asks.test == "noise":
        return _noise(table, claim, thresholds)
    if claim.about == FAMILY:
        keys = [key for key in dict.fromkeys(findings["method"]) if _in_family(key)]
        tried = _family(findings, keys, claim, thresholds)
    else:
        keys = [key for key in [_among(list(dict.fromkeys(findings["method"])), claim.about)] if key]
        tried = _try(findings, keys[0], claim.question, thresholds) if keys else None
    if tried and claim.question == "saturation":
        return replace(tried, words=f"{tried.words}{_on_the_way(table, keys)}")
    return tried


def _runtime(table: pd.DataFrame, claim: Claim, thresholds: Thresholds) -> _Measured | None:
    times, passes = values(table, "runtime"), values(table, "runtime.backward_passes")
    own, vanilla = _key(times, claim.about), _key(times, VANILLA)
    if own is None or vanilla is None:
        return None
    backward = passes[own].median() if own in passes else np.nan
    cost = f"{title_of(own)} takes {said(times[own].median())} ms"
    if np.isfinite(backward):
        cost += f" and {backward:.0f} backward pass{'' if backward == 1 else 'es'}"

    def words(shown: Estimate) -> str:
        if own == vanilla:
            return f"{cost} a map. It is the unit of this comparison: {_times(shown)} itself by definition."
        return f"{cost} a map: {_times(shown)} one Vanilla gradient."

    threshold = thresholds.fast if claim.question == "fast" else thresholds.slow
    return _logs(times[own] / times[vanilla], threshold, claim.asks.below, "times one Vanilla gradient", words)


def _family_runtime(table: pd.DataFrame, thresholds: Thresholds) -> _Measured | None:
    times, forward = values(table, "runtime"), values(table, "runtime.forward_pass")
    members = [key for key in times.columns if _in_family(key)]
    if not members or forward.empty:
        return None

    def words(shown: Estimate) -> str:
        return f"The median of the {len(members)} gradient methods in this run takes {_times(shown)} one forward pass of one image."

    return _logs((times[members] / forward[members]).median(axis=1), thresholds.family_fast, True, "times one forward pass", words)


def _noise(table: pd.DataFrame, claim: Claim, thresholds: Thresholds) -> _Measured | None:
    noise = values(table, NOISE_METRIC)
    own, other = _key(noise, claim.about), _key(noise, claim.asks.reference)
    if own is None or other is None:
        return None

    scale = _scale(noise, own)

    def words(shown: Estimate) -> str:
        return f"{compared(shown)}{scale}"

    def compared(shown: Estimate) -> str:
        if own == other:
            return f"{title_of(own)} is what this claim holds others against: 0 % more or less by definition, on {shown.n} images."
        if shown.mean > 200:
            times = replace(
                shown, **{end: 1 + value / 100 for end in ("mean", "low", "high") if (value := getattr(shown, end)) is not None}
            )
            return f"{title_of(own)} carries {_times(times)} the high-frequency noise of {title_of(other)}."
        return f"{title_of(own)} carries {_changed(shown)} high-frequency noise than {title_of(other)}."

    limit = 1 - thresholds.noise if claim.question == "less_noise" else 1 + thresholds.noise
    found = _logs(noise[own] / noise[other], limit, claim.asks.below, f"% more noise than {title_of(other)}", words)
    return found and replace(found, show=lambda log: 100 * (float(np.exp(log)) - 1))


def _scale(noise: pd.DataFrame, own: str) -> str:
    """The mean share of a method beside those of the controls that have one to show: where speckle and outlines stand."""
    keys = [key for key in noise if name_of(key) in ("edges", "random")]
    means = ", ".join(f"{title_of(key)} {said(noise[key].mean())}" for key in keys)
    return f" Mean shares: {title_of(own)} {said(noise[own].mean())}, {means}." if keys else ""


def _logs(ratio: pd.Series, threshold: float, below: bool, unit: str, words: Callable[[Estimate], str]) -> _Measured | None:
    """A ratio over images, in logarithms: its mean is geometric. Ratios that are no positive number are left out; None for none."""
    sample = np.log(ratio.where(ratio > 0)).replace([np.inf, -np.inf], np.nan).dropna()
    return _Measured(sample, float(np.log(threshold)), below, lambda log: float(np.exp(log)), unit, words) if len(sample) else None


def _times(shown: Estimate) -> str:
    return f"{said(shown.mean)} times ({_sure(shown, said(shown.low), said(shown.high))})"


def _changed(shown: Estimate) -> str:
    """`31 % less (95 % interval 24 to 37 %, 20 images)`."""
    low, high = (shown.low, shown.high) if shown.low is not None and shown.high is not None else (0.0, 0.0)
    if (low < 0) == (high < 0) == (shown.mean < 0):
        near, far = sorted((abs(low), abs(high)))
        return f"{_change(shown.mean)} ({_sure(shown, said(near), f'{said(far)} %')})"
    return f"{_change(shown.mean)} ({_sure(shown, _change(low), _change(high))})"


def _change(percent: float) -> str:
    return f"{said(abs(percent))} % {'less' if percent < 0 else 'more'}"


def _key(wide: pd.DataFrame, method: str) -> str | None:
    """The column of a method; None where the run does not have it, or has no value of it."""
    return _among([key for key in wide.columns if wide[key].notna().any()], method)


def _among(keys: Sequence[str], method: str) -> str | None:
    """A method among the keys of a run, by its key or its name."""
    return method if method in keys else next((key for key in keys if name_of(key) == method), None)


def _in_family(key: str) -> bool:
    return "gradients" in METHODS[name_of(key)].needs and not is_control(key)


# -- experiments ------------------------------------------------------------------------------------------------------


def _family(findings: pd.DataFrame, members: Sequence[str], claim: Claim, thresholds: Thresholds) -> _Tried | None:
    """What is true of most gradient methods of the run is true of the family; the others are named."""
    tried = {key: one for key in members if (one := _try(findings, key, claim.question, thresholds)) and one.answer is not None}
    if not tried:
        return None
    yes = [key for key, one in tried.items() if one.answer]
    others = " ".join(one.words for one in tried.values() if not one.answer)
    words = f"It holds for {len(yes)} of the {len(tried)} gradient methods in this run" + (f": {listed(yes)}." if yes else ".")
    answer = None if 2 * len(yes) == len(tried) else 2 * len(yes) > len(tried)
    return _Tried(answer, f"{words} {others}".strip())


def _try(findings: pd.DataFrame, key: str, question: str, thresholds: Thresholds) -> _Tried | None:
    """A question that an experiment answers, put to one method of the run; no answer where the experiment could not be made."""
    own = findings[findings["method"] == key].set_index("experiment")
    if question in ("cnn_specific", "model_agnostic"):
        return _on_networks(own, key, question)
    name, tell = {
        "requires_gradients": ("runs_without_gradients", _without_gradients),
        "differentiable": ("derivative", _derivative),
        "saturation": ("missed_when_saturated", _saturation),
    }[question]
    if name not in own.index:
        return None
    value, why = own.loc[name, "value"], str(own.loc[name, "words"])
    if pd.isna(value):
        return _Tried(None, f"{title_of(key)} cannot be tried: {why.rstrip('.')}.")
    return tell(title_of(key), float(value), why, thresholds)


def _on_networks(own: pd.DataFrame, key: str, question: str) -> _Tried | None:
    if any(f"runs_on_{network}" not in own.index for network in NETWORKS):
        return None
    runs = {network: own.loc[f"runs_on_{network}", "value"] == 1 for network in NETWORKS}
    on, off = ([NETWORKS[network] for network, here in runs.items() if here == which] for which in (True, False))
    reasons = dict.fromkeys(str(own.loc[f"runs_on_{network}", "words"]) for network, here in runs.items() if not here)
    reason = "; ".join(one.removeprefix(f"{title_of(key)} does not apply here: ").rstrip(".") for one in reasons)
    where = f"runs on {joined(on)}" if on else "runs on none"
    missing = f", not on {joined(off, 'or')}: {reason}" if off else ""
    words = f"{title_of(key)} {where}{missing}."
    return _Tried(runs["cnn"] and not all(runs.values()) if question == "cnn_specific" else all(runs.values()), words)


def _without_gradients(title: str, value: float, why: str, thresholds: Thresholds) -> _Tried:
    return _Tried(value == 0, f"With gradients cut off {title} {'gives no map' if value == 0 else 'gives a map all the same'}.")


def _derivative(title: str, value: float, why: str, thresholds: Thresholds) -> _Tried:
    if value == 0:
        return _Tried(False, f"The map of {title} has no derivative: {why}.")
    return _Tried(True, f"The map of {title} has a derivative, {said(value)} of its own size {why}.")


def _saturation(title: str, value: float, why: str, thresholds: Thresholds) -> _Tried:
    return _Tried(value > thresholds.missed, f"On 1 - ReLU(1 - x) at x = 2 {title} loses {said(100 * value)} % of its mass.")


def _on_the_way(table: pd.DataFrame, keys: Sequence[str]) -> str:
    """What the saturation probe found on the run's own model and images; nothing where it did not run. It reports and decides nothing."""
    probed = values(table, "saturation")
    own = [key for key in keys if key in probed]
    found = estimate(probed[own].mean(axis=1).to_numpy()) if own else None
    if found is None:
        return ""
    whose, mean = ("its map has", "its") if len(keys) == 1 else (f"the maps of {listed(own)} have", "their")
    return f" On the run's own model and images {whose} {_times(found)} {mean} mean mass on the way there from black."
