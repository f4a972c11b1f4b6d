"""What can never be said of maps from elsewhere, in words: nobody here can make a second one."""

from __future__ import annotations

from collections.abc import Sequence

from heatcheck.attribution.given import ELSEWHERE, Given
from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.phrases import joined, listed
from heatcheck.judgement.scores import Scores
from heatcheck.metrics import METRICS
from heatcheck.runs.keys import is_given


def _given(keys: Sequence[str]) -> list[str]:
    return [key for key in keys if is_given(key)]


def untried(evidence: Evidence) -> str:
    """For which methods evidence of this model can never be asked; empty where all make their maps
    here.
    """
    keys = _given(evidence.methods)
    if not keys:
        return ""
    whose = "its" if len(keys) == 1 else "their"
    return (
        f"For {listed(keys)} evidence of this model and class cannot be tried: {whose} maps come "
        "from elsewhere."
    )


def left_out(scores: Scores) -> str:
    """Which metrics of the run say nothing of such maps, and why; empty where there are none."""
    keys = _given(scores.methods)
    metrics = [
        METRICS[name].title for name in scores.metrics if METRICS[name].why_not(Given()) is not None
    ]
    if not keys or not metrics:
        return ""
    return f"{listed(keys)} {_have(keys)} no value for {joined(metrics)}: {ELSEWHERE}."


def _have(keys: Sequence[str]) -> str:
    return "has" if len(keys) == 1 else "have"
