"""What stands beside evidence and is no condition of it: maps of another trained network, and of
the second class, scored under this model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from heatcheck.judgement.comparisons import compared
from heatcheck.judgement.evidence import ALPHA, Evidence
from heatcheck.judgement.phrases import listed
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.sign_flips import p_values
from heatcheck.judgement.statistics import holm


@dataclass(frozen=True)
class Beside:
    """Methods whose own maps are better on every leg that counts, whose own are worse on each, and
    those for which it cannot be told.
    """

    better: tuple[str, ...]
    worse: tuple[str, ...]
    level: tuple[str, ...]


def beside(evidence: Evidence, half: str) -> Beside | None:
    """A method's own maps against those of `network` or `second_class`; None where the run has not
    measured it. Paired, one-sided either way, the larger p of the legs, Holm over methods and ways.
    """
    metrics = [f"{area}_{half}" for area in evidence.areas]
    by_metric = {metric: compared(evidence.scores, metric) for metric in metrics}
    keys = [
        key for key in evidence.methods if metrics and all(key in by_metric[m] for m in metrics)
    ]
    if not keys:
        return None
    gains = [evidence.scores.of(metric)[keys].to_numpy() for metric in metrics]
    up, down = (
        [max(ps) for ps in zip(*(p_values(sign * gain) for gain in gains), strict=True)]
        for sign in (1, -1)
    )
    adjusted = holm([*up, *down])
    better = tuple(key for key, p in zip(keys, adjusted, strict=False) if p <= ALPHA)
    worse = tuple(key for key, p in zip(keys, adjusted[len(keys) :], strict=True) if p <= ALPHA)
    return Beside(better, worse, tuple(key for key in keys if key not in (*better, *worse)))


def network_sentences(evidence: Evidence) -> list[str]:
    """Whether this model's own maps are better than those of the named network, scored under this
    model; nothing where none was named.
    """
    told = beside(evidence, "network")
    if told is None:
        return []
    network = named_network(evidence.scores)
    parts = []
    if told.better:
        parts.append(
            f"On these images this model's own maps are better than those of {network} for "
            f"{listed(told.better)}."
        )
    if told.worse:
        parts.append(
            f"For {listed(told.worse)} the maps of {network} are better than this model's own."
        )
    of_picture = [key for key in told.level if evidence.of(key, "picture").mark == "shown"]
    for keys, so in (
        (of_picture, "what is shown may be of the picture, not of this network alone"),
        (
            [key for key in told.level if key not in of_picture],
            "they say nothing of this network that the other's do not say",
        ),
    ):
        if keys:
            parts.append(
                f"For {listed(keys)} this model's own maps and those of {network} cannot be "
                f"told apart: {so}."
            )
    return parts


def second_class_sentences(evidence: Evidence) -> list[str]:
    """Whether a method's maps are better than its maps of the second class; nothing where that was
    not measured.
    """
    told = beside(evidence, "second_class")
    if told is None:
        return []
    if not told.better:
        return ["No method's maps are shown to be better than its maps of the second class."]
    rest = [*told.level, *told.worse]
    return [
        f"Maps of the class are better than maps of the second class for {listed(told.better)}"
        + (f"; for {listed(rest)} that is not shown." if rest else ".")
    ]


def named_network(scores: Scores) -> str:
    """The network whose maps were compared, from the metric's parameters."""
    table = scores.table
    if "metric_params" in table:
        rows = table.loc[table["metric"].isin(("deletion_network", "insertion_network"))]
        for params in rows["metric_params"].dropna().unique():
            if name := json.loads(params).get("network"):
                return str(name)
    return "the other network"
