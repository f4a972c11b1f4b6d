"""Verdicts on planted tables, and the findings that experiments really make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from heatcheck.attribution import METHODS
from heatcheck.judgement.claims import CLAIMS, Claim
from heatcheck.judgement.questions import QUESTIONS
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import Verdict, judge
from heatcheck.tests.doubles.runs import tried

NOTHING = pd.DataFrame(columns=["method", "experiment", "value", "words"])
GRADIENT_METHODS = ("vanilla_gradients", "integrated_gradients", "smoothgrad", "grad_cam")


def findings(*methods: str) -> pd.DataFrame:
    """What the experiments on these methods give."""
    rows = [
        {"method": name, **vars(finding)}
        for name in methods
        for finding in tried(METHODS.build(name))
    ]
    return pd.DataFrame(rows, columns=list(NOTHING.columns)).astype({"value": float})


def judged(
    frame: pd.DataFrame,
    found: pd.DataFrame = NOTHING,
    claims: Sequence[Claim] = CLAIMS,
    moved: Mapping[str, float] | None = None,
) -> list[Verdict]:
    """The verdicts on a table."""
    return judge(Scores(frame), found, claims, moved or {})


def every(frame: pd.DataFrame, found: pd.DataFrame = NOTHING) -> list[Verdict]:
    """All verdicts of the textbook's claims; those on the family by their members."""
    return [one for verdict in judged(frame, found) for one in (verdict.members or (verdict,))]


def marks(frame: pd.DataFrame, found: pd.DataFrame = NOTHING) -> dict[str, str]:
    """The marks of the textbook's claims by `method: words`."""
    return {
        f"{verdict.claim.about}: {verdict.claim.words}": verdict.mark
        for verdict in judged(frame, found)
    }


def card(about: str, question: str) -> Claim:
    """A claim that puts one question to one method."""
    return Claim(about, QUESTIONS[question].title, "card", QUESTIONS[question])
