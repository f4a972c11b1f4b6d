"""Measures that experiments decide: what the trials of a method on small networks answer, with the
sentence that says it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from heatcheck.judgement.observations import Answer, Observations, variant
from heatcheck.judgement.phrases import joined, listed, three_digits, title_of
from heatcheck.judgement.ratios import doubt, in_times
from heatcheck.judgement.statistics import Estimate, estimate
from heatcheck.runs.experiments import NETWORKS
from heatcheck.runs.trained_transformer import CELLS


def cnn_alone(observed: Observations, method: str, threshold: float) -> Answer | None:
    """Whether a method runs on a CNN, and on no other network; told beside it, what its maps on a
    transformer are worth.
    """
    answer = _networks(observed, method, lambda runs: runs == ["cnn"])
    return answer and Answer(answer.yes, f"{answer.sentence}{_worth(observed, method)}")


def every_network(observed: Observations, method: str, threshold: float) -> Answer | None:
    """Whether a method runs on every network; told beside it, whether it does so without their
    gradients: the word has both senses.
    """
    answer = _networks(observed, method, lambda runs: runs == list(NETWORKS))
    return answer and Answer(answer.yes, f"{answer.sentence}{_without_gradients(observed, method)}")


def _worth(observed: Observations, method: str) -> str:
    """How often a map on the trained transformer points at the patch; nothing where that was not
    tried.
    """
    finding = _finding_of(observed, method, "hits_on_transformer")
    if finding is None or np.isnan(finding[0]):
        return ""
    return (
        " On a transformer that has learned to name the colour of a bright patch, the map's "
        f"maximum lies on the patch in {finding[1]}. Chance is 1 in {CELLS}."
    )


def _without_gradients(observed: Observations, method: str) -> str:
    """The stricter sense of model-agnostic; nothing where it was not tried."""
    finding = _finding_of(observed, method, "runs_without_gradients")
    if finding is None or np.isnan(finding[0]):
        return ""
    return (
        " It needs no gradients either: model-agnostic in the stricter sense too."
        if finding[0] == 1
        else " In the stricter sense it is not: it gives no map without gradients."
    )


def _finding_of(observed: Observations, method: str, experiment: str) -> tuple[float, str] | None:
    key = variant(observed.tried, method)
    return observed.finding(key, experiment) if key else None


def _networks(
    observed: Observations, method: str, answer: Callable[[list[str]], bool]
) -> Answer | None:
    """On which networks a method runs, and what that answers; None where some was not tried."""
    key = variant(observed.tried, method)
    if key is None:
        return None
    trials = {
        network: finding
        for network in NETWORKS
        if (finding := observed.finding(key, f"runs_on_{network}"))
    }
    if len(trials) < len(NETWORKS):
        return None
    if untried := next((why for value, why in trials.values() if np.isnan(value)), ""):
        return Answer(None, f"{title_of(key)} cannot be tried: {untried.rstrip('.')}.")
    runs = [network for network, (value, _) in trials.items() if value == 1]
    fails = [network for network in NETWORKS if network not in runs]
    reasons = dict.fromkeys(trials[network][1] for network in fails)
    why = "; ".join(
        reason.removeprefix(f"{title_of(key)} does not apply here: ").rstrip(".")
        for reason in reasons
    )
    where = f"runs on {joined([NETWORKS[network] for network in runs])}" if runs else "runs on none"
    missing = (
        f", not on {joined([NETWORKS[network] for network in fails], 'or')}: {why}" if fails else ""
    )
    return Answer(answer(runs), f"{title_of(key)} {where}{missing}.")


def _trial(
    observed: Observations,
    method: str,
    experiment: str,
    answer: Callable[[str, float, str], Answer],
) -> Answer | None:
    """What `answer` makes of a method's key and of the experiment's value and words; neither yes
    nor no where the experiment could not be made, None where the run did not try.
    """
    key = variant(observed.tried, method)
    finding = observed.finding(key, experiment) if key else None
    if key is None or finding is None:
        return None
    value, why = finding
    if np.isnan(value):
        return Answer(None, f"{title_of(key)} cannot be tried: {why.rstrip('.')}.")
    return answer(key, value, why)


def needs_gradients(observed: Observations, method: str, threshold: float) -> Answer | None:
    """Whether a method gives no map where gradients are cut off."""

    def answer(key: str, value: float, why: str) -> Answer:
        gives = "gives no map" if value == 0 else "gives a map all the same"
        return Answer(value == 0, f"With gradients cut off {title_of(key)} {gives}.")

    return _trial(observed, method, "runs_without_gradients", answer)


def has_derivative(observed: Observations, method: str, threshold: float) -> Answer | None:
    """Whether a method's map has a derivative on the run's own network, or on a smooth CNN where
    it could not be tried there; told beside it, what it has on the small networks.
    """
    key, own = variant(observed.tried, method), _finding_of(observed, method, "derivative_on_own")
    if key is None or own is None or np.isnan(own[0]):

        def answer(key: str, value: float, why: str) -> Answer:
            has = (
                f"has a derivative, {three_digits(value)} of its own size {why}"
                if value
                else f"has no derivative: {why}"
            )
            return Answer(value > 0, f"On a small network the map of {title_of(key)} {has}.")

        return _trial(observed, method, "derivative", answer)
    value, why = own
    has = (
        f"has a derivative, {three_digits(value)} of its own size"
        if value
        else f"has no derivative: {why}"
    )
    return Answer(
        value > 0,
        f"On the run's own network the map of {title_of(key)} {has}.{_on_small(observed, key)}",
    )


def _on_small(observed: Observations, key: str) -> str:
    """Whether a map has a derivative on the small networks; nothing where that was not tried."""
    parts = [
        f"one on {where}" if finding[0] else f"none on {where} ({finding[1]})"
        for experiment, where in (
            ("derivative", "a smooth CNN"),
            ("derivative_with_relus", "one with ReLUs"),
        )
        if (finding := observed.finding(key, experiment)) and not np.isnan(finding[0])
    ]
    return f" On small networks it has {joined(parts)}." if parts else ""


def loses_mass(observed: Observations, method: str, threshold: float) -> Answer | None:
    """Whether a method's map loses more than this share of its mass where a network saturates; told
    beside it, what the run's own model and images show.
    """

    def answer(key: str, value: float, why: str) -> Answer:
        lost = f"{title_of(key)} loses {three_digits(100 * value)} % of its mass"
        beside = mass_on_the_way(observed, [key])
        rows = doubt(probe) if (probe := _mass(observed, [key])) else ()
        return Answer(value > threshold, f"Where a small network is flat, {lost}.{beside}", rows)

    return _trial(observed, method, "lost_when_saturated", answer)


def mass_on_the_way(observed: Observations, keys: Sequence[str]) -> str:
    """What the saturation probe found on the run's own model and images; nothing where it did not
    run. It reports and decides nothing.
    """
    mean = _mass(observed, keys)
    if mean is None:
        return ""
    probe = observed.scores.of("saturation")
    whose, its = (
        ("its map has", "its")
        if len(keys) == 1
        else (f"the maps of {listed([key for key in keys if key in probe])} have", "their")
    )
    return (
        f" On the run's own model and images {whose} {in_times(mean)} {its} mean mass on the "
        "way there from black."
    )


def _mass(observed: Observations, keys: Sequence[str]) -> Estimate | None:
    """The probe's mean over methods, with its interval over images; None where it did not run."""
    probe = observed.scores.of("saturation")
    probed = [key for key in keys if key in probe]
    return estimate(probe[probed].dropna().mean(axis=1).to_numpy()) if probed else None
