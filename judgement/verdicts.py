"""Verdicts: a claim held against a run. No mark is written by hand; a sentence holds the numbers
that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from heatcheck.attribution import METHODS
from heatcheck.judgement.claims import CLAIMS, FAMILY, THRESHOLDS, Claim, Thresholds
from heatcheck.judgement.phrases import joined, listed, said, title_of
from heatcheck.judgement.standings import values
from heatcheck.judgement.statistics import (
    ENOUGH,
    Estimate,
    estimate,
    holm,
    images_to_decide,
    p_against,
)
from heatcheck.runs.experiments import NETWORKS
from heatcheck.runs.keys import is_control, key_with_digest, name_of

Mark = Literal["confirmed", "refuted", "undecided", "not measured in this run"]
NOISE_METRIC = "high_frequency_share"
VANILLA = "vanilla_gradients"
SURE = 0.05
# methods that a claim about the family does not hold for are told with their numbers up to here,
# beyond by name
MOST_TOLD = 3


@dataclass(frozen=True, eq=False)
class Verdict:
    """A claim with what a run says of it. `estimate`, `threshold` and `sample` are in `unit`; an
    experiment has none of them.

    A claim about the family has a verdict a method in `members`.
    """

    claim: Claim
    mark: Mark
    sentence: str
    measured: str = ""  # the measurement alone, in a sentence
    estimate: Estimate | None = None
    threshold: float | None = None
    p: float | None = None  # after Holm's correction over the claims that were measured together
    sample: pd.Series | None = None  # a value an image
    unit: str = ""
    members: tuple[Verdict, ...] = ()


@dataclass(frozen=True)
class _Measured:
    """A sample of ratios over images, the threshold it is held against, and on which side of it the
    claim is true; both in logarithms.
    """

    sample: pd.Series
    threshold: float
    below: bool
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
    """Every claim with its verdict, in order, from a run's table and its findings (`Store.table`,
    `Store.findings`).

    A claim about the family is put to each gradient method of the run. Many claims are tested at
    once: Holm's correction runs over all that have a sample of images.
    """
    put = [
        [
            (one, _measure(table, findings, one, thresholds))
            for one in _members(table, findings, claim)
        ]
        for claim in claims
    ]
    samples = [found for members in put for _, found in members if isinstance(found, _Measured)]
    adjusted = iter(holm([p_against(one.sample.to_numpy(), one.threshold) for one in samples]))

    def verdict(claim: Claim, found: _Measured | _Tried | None) -> Verdict:
        if isinstance(found, _Measured):
            return _verdict(claim, found, next(adjusted), len(samples), thresholds)
        return _tried(claim, found, thresholds) if found else _not_measured(claim)

    each = [tuple(verdict(one, found) for one, found in members) for members in put]
    return [
        _together(claim, own, table, findings, thresholds) if claim.about == FAMILY else own[0]
        for claim, own in zip(claims, each, strict=True)
    ]


def _members(table: pd.DataFrame, findings: pd.DataFrame, claim: Claim) -> list[Claim]:
    """The claim itself; one about the family, put to each gradient method of the run."""
    if claim.about != FAMILY:
        return [claim]
    keys = dict.fromkeys([*table["method"], *findings["method"]])
    return [
        replace(claim, about=key)
        for key in keys
        if "gradients" in METHODS[name_of(key)].needs and not is_control(key)
    ]


def asked(claim: Claim, thresholds: Thresholds = THRESHOLDS) -> str:
    """When the claim holds, in words with its threshold: `at most 3 times one Vanilla gradient`."""
    return claim.asks.asks.format(**asdict(thresholds)).replace("%", " %")


def _not_measured(claim: Claim) -> Verdict:
    return Verdict(
        claim, "not measured in this run", f"Not measured in this run. It takes {claim.asks.needs}."
    )


def _tried(claim: Claim, tried: _Tried, thresholds: Thresholds) -> Verdict:
    mark: Mark = "undecided" if tried.answer is None else "confirmed" if tried.answer else "refuted"
    return Verdict(
        claim,
        mark,
        f"{tried.words} The claim asks for {asked(claim, thresholds)}: {mark}.",
        tried.words,
    )


def _verdict(
    claim: Claim, measured: _Measured, p: float, tests: int, thresholds: Thresholds
) -> Verdict:
    raw = estimate(measured.sample.to_numpy())
    assert raw is not None
    low, high = (None if end is None else float(np.exp(end)) for end in (raw.low, raw.high))
    shown = replace(raw, mean=float(np.exp(raw.mean)), low=low, high=high)
    true_side = raw.mean <= measured.threshold if measured.below else raw.mean >= measured.threshold
    mark: Mark = "undecided" if p > SURE else "confirmed" if true_side else "refuted"
    words = measured.words(shown)
    sentence = (
        f"{words} The claim asks for {asked(claim, thresholds)}: "
        f"{mark}.{_why_not(raw, measured, mark, tests)}"
    )
    return Verdict(
        claim,
        mark,
        sentence,
        words,
        shown,
        float(np.exp(measured.threshold)),
        p,
        np.exp(measured.sample),
        measured.unit,
    )


def _why_not(raw: Estimate, measured: _Measured, mark: Mark, tests: int) -> str:
    """What an undecided claim lacks."""
    if raw.n < ENOUGH:
        return f" Fewer than {ENOUGH} images decide nothing."
    if mark != "undecided":
        return ""
    why = (
        f" By itself it would be decided; {tests} claims are tested at once."
        if raw.excludes(measured.threshold)
        else ""
    )
    wanted = images_to_decide(measured.sample.to_numpy(), measured.threshold, alpha=SURE / tests)
    return (
        f"{why} If these images are typical, about {max(wanted, raw.n + 1):,} would "
        "decide it, four times in five."
        if wanted
        else why
    )


def _together(
    claim: Claim,
    members: tuple[Verdict, ...],
    table: pd.DataFrame,
    findings: pd.DataFrame,
    thresholds: Thresholds,
) -> Verdict:
    """What is so for most gradient methods of the run is so for the family; the others are
    named.
    """
    tried = [
        one for one in members if one.mark != "not measured in this run" and not _untryable(one)
    ]
    if not tried:
        return _not_measured(claim)
    yes, no = ([one for one in tried if one.mark == mark] for mark in ("confirmed", "refuted"))
    mark: Mark = (
        "confirmed"
        if 2 * len(yes) > len(tried)
        else "refuted"
        if 2 * len(no) > len(tried)
        else "undecided"
    )
    names = f": {listed([one.claim.about for one in yes])}" if yes else ""
    others = [one for one in tried if one not in yes]
    rest = (
        " ".join(one.measured for one in others)
        if len(others) <= MOST_TOLD
        else f"Not for {listed([one.claim.about for one in others])}."
    )
    keys = [one.claim.about for one in tried]
    more = {
        "saturation": lambda: _on_the_way(table, keys),
        "differentiable": lambda: _with_relus(findings, keys),
    }
    words = (
        f"It holds for {len(yes)} of the {len(tried)} gradient methods in this run{names}. {rest}"
    ).strip()
    words += more.get(claim.question, str)()
    return Verdict(
        claim,
        mark,
        f"{words} The claim asks most of them for {asked(claim, thresholds)}: {mark}.",
        words,
        members=tuple(tried),
    )


def _untryable(verdict: Verdict) -> bool:
    """Whether an experiment could not be made with this method."""
    return verdict.mark == "undecided" and verdict.estimate is None


def _sure(shown: Estimate, low: str, high: str) -> str:
    """`95 % interval 24 to 37 %, 20 images`."""
    images = f"{shown.n} image{'' if shown.n == 1 else 's'}"
    return (
        f"95 % interval {low} to {high}, {images}"
        if shown.sure
        else f"not enough images for an interval, {images}"
    )


# -- measurements ----------------------------------------------------------------------------------


def _measure(
    table: pd.DataFrame, findings: pd.DataFrame, claim: Claim, thresholds: Thresholds
) -> _Measured | _Tried | None:
    if claim.asks.test == "runtime":
        return (
            _passes(table, claim, thresholds)
            if claim.question == "fast_computation"
            else _runtime(table, claim, thresholds)
        )
    if claim.asks.test == "noise":
        return _noise(table, claim, thresholds)
    key = _among(list(dict.fromkeys(findings["method"])), claim.about)
    tried = _try(findings, key, claim.question, thresholds) if key else None
    if tried and key and claim.question == "saturation":
        return replace(tried, words=f"{tried.words}{_on_the_way(table, [key])}")
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
            return (
                f"{cost} a map. It is the unit of this comparison: {_times(shown)} itself by "
                "definition."
            )
        return f"{cost} a map: {_times(shown)} one Vanilla gradient."

    threshold = thresholds.fast if claim.question == "fast" else thresholds.slow
    return _logs(
        times[own] / times[vanilla],
        threshold,
        claim.asks.below,
        "times one Vanilla gradient",
        words,
    )


def _passes(table: pd.DataFrame, claim: Claim, thresholds: Thresholds) -> _Measured | None:
    times, forward = values(table, "runtime"), values(table, "runtime.forward_pass")
    key = _key(times, claim.about)
    if key is None or key not in forward:
        return None

    def words(shown: Estimate) -> str:
        return f"{title_of(key)} takes {_times(shown)} one forward pass of one image."

    return _logs(
        times[key] / forward[key],
        thresholds.fast_computation,
        claim.asks.below,
        "times one forward pass",
        words,
    )


def _noise(table: pd.DataFrame, claim: Claim, thresholds: Thresholds) -> _Measured | None:
    noise = values(table, NOISE_METRIC)
    own, other = _key(noise, claim.about), _key(noise, claim.asks.reference)
    if own is None or other is None:
        return None
    scale = _scale(noise, own, other)

    def words(shown: Estimate) -> str:
        return f"{compared(shown)}{scale}"

    def compared(shown: Estimate) -> str:
        if own == other:
            return (
                f"{title_of(own)} is what this claim holds others against: 0 % more or less "
                f"by definition, on {shown.n} images."
            )
        if shown.mean > 3:
            return (
                f"{title_of(own)} carries {_times(shown)} the high-frequency noise of "
                f"{title_of(other)}."
            )
        percent = {
            end: 100 * (value - 1)
            for end in ("mean", "low", "high")
            if (value := getattr(shown, end)) is not None
        }
        return (
            f"{title_of(own)} carries {_changed(replace(shown, **percent))} high-frequency "
            f"noise than {title_of(other)}."
        )

    limit = 1 - thresholds.noise if claim.question == "less_noise" else 1 + thresholds.noise
    return _logs(
        noise[own] / noise[other],
        limit,
        claim.asks.below,
        f"times the noise of {title_of(other)}",
        words,
    )


def _scale(noise: pd.DataFrame, own: str, other: str) -> str:
    """The shares themselves, beside those of the controls that show where outlines and speckle
    stand; nothing where none of these ran.
    """
    controls = [
        key for key in noise if name_of(key) in ("edges", "random") and noise[key].notna().any()
    ]
    shown = [
        (title_of(key), estimate(noise[key].to_numpy(), "log"))
        for key in dict.fromkeys([own, other, *controls])
    ]
    means = ", ".join(f"{title} {said(one.mean)}" for title, one in shown if one)
    return f" High-frequency shares, geometric means: {means}." if controls else ""


def _logs(
    ratio: pd.Series, threshold: float, below: bool, unit: str, words: Callable[[Estimate], str]
) -> _Measured | None:
    """A ratio over images, in logarithms: its mean is geometric. Ratios that are no positive number
    are left out; None for none.
    """
    sample = np.log(ratio.where(ratio > 0)).replace([np.inf, -np.inf], np.nan).dropna()
    return _Measured(sample, float(np.log(threshold)), below, unit, words) if len(sample) else None


def _times(shown: Estimate) -> str:
    return f"{said(shown.mean)} times ({_sure(shown, said(shown.low), said(shown.high))})"


def _changed(shown: Estimate) -> str:
    """`31 % less (95 % interval 24 to 37 %, 20 images)`."""
    low, high = (
        (shown.low, shown.high) if shown.low is not None and shown.high is not None else (0.0, 0.0)
    )
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
    """A method among the keys of a run, by its key or its name; of several variants the one with
    the default parameters.
    """
    default = key_with_digest(METHODS.build(method)) if method in METHODS else method
    return next((key for key in (method, default) if key in keys), None)


# -- experiments -----------------------------------------------------------------------------------


def _try(findings: pd.DataFrame, key: str, question: str, thresholds: Thresholds) -> _Tried | None:
    """A question that an experiment answers, put to one method of the run; no answer where the
    experiment could not be made.
    """
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
    tried = tell(title_of(key), float(value), why, thresholds)
    return (
        replace(tried, words=f"{tried.words}{_relus_too(own)}")
        if question == "differentiable" and tried.answer
        else tried
    )


def _on_networks(own: pd.DataFrame, key: str, question: str) -> _Tried | None:
    if any(f"runs_on_{network}" not in own.index for network in NETWORKS):
        return None
    runs = {network: own.loc[f"runs_on_{network}", "value"] == 1 for network in NETWORKS}
    on, off = (
        [NETWORKS[network] for network, here in runs.items() if here == which]
        for which in (True, False)
    )
    reasons = dict.fromkeys(
        str(own.loc[f"runs_on_{network}", "words"]) for network, here in runs.items() if not here
    )
    reason = "; ".join(
        one.removeprefix(f"{title_of(key)} does not apply here: ").rstrip(".") for one in reasons
    )
    where = f"runs on {joined(on)}" if on else "runs on none"
    missing = f", not on {joined(off, 'or')}: {reason}" if off else ""
    words = f"{title_of(key)} {where}{missing}."
    return _Tried(
        on == [NETWORKS["cnn"]] if question == "cnn_specific" else all(runs.values()), words
    )


def _without_gradients(title: str, value: float, why: str, thresholds: Thresholds) -> _Tried:
    return _Tried(
        value == 0,
        f"With gradients cut off {title} "
        f"{'gives no map' if value == 0 else 'gives a map all the same'}.",
    )


def _derivative(title: str, value: float, why: str, thresholds: Thresholds) -> _Tried:
    if value == 0:
        return _Tried(False, f"The map of {title} has no derivative: {why}.")
    return _Tried(
        True, f"The map of {title} has a derivative, {said(value)} of its own size {why}."
    )


def _relus_too(own: pd.DataFrame) -> str:
    """Whether a map that has a derivative on a smooth CNN has one with ReLUs too; nothing where
    that was not tried.
    """
    if "derivative_with_relus" not in own.index or pd.isna(
        value := own.loc["derivative_with_relus", "value"]
    ):
        return ""
    return (
        " So it has with ReLUs."
        if value
        else f" With ReLUs it has none: {own.loc['derivative_with_relus', 'words']}."
    )


def _with_relus(findings: pd.DataFrame, keys: Sequence[str]) -> str:
    """For how many of these methods the map has a derivative on a CNN with ReLUs too; nothing where
    that was not tried.
    """
    found = findings[
        (findings["experiment"] == "derivative_with_relus") & findings["method"].isin(keys)
    ].dropna(subset="value")
    yes = [key for key in keys if (found.loc[found["method"] == key, "value"] > 0).any()]
    names = f": {listed(yes)}" if yes else ""
    return (
        f" With ReLUs, where a gradient jumps, it holds for {len(yes)} of {len(found)}{names}."
        if len(found)
        else ""
    )


def _saturation(title: str, value: float, why: str, thresholds: Thresholds) -> _Tried:
    return _Tried(
        value > thresholds.missed,
        f"On 1 - ReLU(1 - x) at x = 2 {title} loses {said(100 * value)} % of its mass.",
    )


def _on_the_way(table: pd.DataFrame, keys: Sequence[str]) -> str:
    """What the saturation probe found on the run's own model and images; nothing where it did not
    run. It reports and decides nothing.
    """
    probed = values(table, "saturation")
    own = [key for key in keys if key in probed]
    found = estimate(probed[own].dropna().mean(axis=1).to_numpy()) if own else None
    if found is None:
        return ""
    whose, mean = (
        ("its map has", "its") if len(keys) == 1 else (f"the maps of {listed(own)} have", "their")
    )
    return (
        f" On the run's own model and images {whose} {_times(found)} {mean} mean mass on the "
        "way there from black."
    )
