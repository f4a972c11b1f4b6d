"""Measures that experiments decide: what the trials of a method on small networks answer, with the
sentence that says it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from heatcheck.judgement.observations import Answer, Observations, variant
from heatcheck.judgement.phrases import joined, listed, three_digits, title_of
from heatcheck.judgement.ratios import in_times
from heatcheck.judgement.statistics import estimate
from heatcheck.runs.experiments import NETWORKS


def cnn_alone(observed: Observations, method: str, threshold: float) -> Answer | None:
    """Whether a method runs on a CNN, and on no other network."""
    return _networks(observed, method, lambda runs: runs == ["cnn"])


def every_network(observed: Observations, method: str, threshold: float) -> Answer | None:
    """Whether a method runs on every network."""
    return _networks(observed, method, lambda runs: runs == list(NETWORKS))


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
    """Whether a method's map has a derivative on a smooth CNN; told beside it, whether it has one
    with ReLUs.
    """

    def answer(key: str, value: float, why: str) -> Answer:
        if value == 0:
            return Answer(False, f"The map of {title_of(key)} has no derivative: {why}.")
        return Answer(
            True,
            f"The map of {title_of(key)} has a derivative, {three_digits(value)} of its own size "
            f"{why}.{_with_relus_too(observed, key)}",
        )

    return _trial(observed, method, "derivative", answer)


def _with_relus_too(observed: Observations, key: str) -> str:
    """Whether a map that has a derivative on a smooth CNN has one with ReLUs too; nothing where
    that was not tried.
    """
    finding = observed.finding(key, "derivative_with_relus")
    if finding is None or np.isnan(finding[0]):
        return ""
    value, why = finding
    return " So it has with ReLUs." if value else f" With ReLUs it has none: {why}."


def derivatives_with_relus(observed: Observations, keys: Sequence[str]) -> str:
    """For how many of these methods the map has a derivative on a CNN with ReLUs too; nothing where
    that was not tried.
    """
    sizes = {
        key: finding[0]
        for key in keys
        if (finding := observed.finding(key, "derivative_with_relus")) and not np.isnan(finding[0])
    }
    having = [key for key, size in sizes.items() if size > 0]
    names = f": {listed(having)}" if having else ""
    return (
        f" With ReLUs, where a gradient jumps, it holds for {len(having)} of {len(sizes)}{names}."
        if sizes
        else ""
    )


def loses_mass(observed: Observations, method: str, threshold: float) -> Answer | None:
    """Whether a method's map loses more than this share of its mass where a network saturates; told
    beside it, what the run's own model and images show.
    """

    def answer(key: str, value: float, why: str) -> Answer:
        lost = f"{title_of(key)} loses {three_digits(100 * value)} % of its mass"
        return Answer(value > threshold, f"On 1 - ReLU(1 - x) at x = 2 {lost}.")

    trial = _trial(observed, method, "missed_when_saturated", answer)
    key = variant(observed.tried, method)
    if trial is None or key is None:
        return None
    return Answer(trial.yes, f"{trial.sentence}{mass_on_the_way(observed, [key])}")


def mass_on_the_way(observed: Observations, keys: Sequence[str]) -> str:
    """What the saturation probe found on the run's own model and images; nothing where it did not
    run. It reports and decides nothing.
    """
    probe = observed.scores.of("saturation")
    probed = [key for key in keys if key in probe]
    mean = estimate(probe[probed].dropna().mean(axis=1).to_numpy()) if probed else None
    if mean is None:
        return ""
    whose, its = (
        ("its map has", "its")
        if len(keys) == 1
        else (f"the maps of {listed(probed)} have", "their")
    )
    return (
        f" On the run's own model and images {whose} {in_times(mean)} {its} mean mass on the "
        "way there from black."
    )
