"""A run as rules are held against it, and what comes of it: pass, FAIL, or unknown, with the reason
in plain sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import pandas as pd

from heatcheck.answer.rules import Rule
from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import Verdict, judge

if TYPE_CHECKING:
    from heatcheck.runs.records import Run

Outcome = Literal["pass", "FAIL", "unknown"]
Part = tuple[Outcome, str]  # an outcome with its reason


@dataclass(frozen=True, eq=False)
class Held:
    """A run as rules are held against it: the store's record of it, its scores, its findings
    (`store.results.findings`).
    """

    run: Run
    scores: Scores
    findings: pd.DataFrame

    @cached_property
    def evidence(self) -> Evidence:
        """What its methods show."""
        return Evidence(self.scores)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """On the textbook's claims, in their order."""
        return judge(self.scores, self.findings)

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return self.run.status == "finished"


@dataclass(frozen=True)
class Decision:
    """A rule with what a run says of it."""

    rule: Rule
    outcome: Outcome
    reason: str

    @property
    def line(self) -> str:
        """`FAIL     Grad-CAM has at most 0.2 in Deletion. The mean is ...`."""
        return f"{self.outcome:<7}  {self.rule.words}. {self.reason}"


def joint(rule: Rule, parts: Sequence[Part]) -> Decision:
    """A rule that holds where all its parts hold. One part that fails decides before one that
    cannot be told. The reasons are those of the parts that do not hold; where all hold, of all.
    """
    outcomes = [outcome for outcome, _ in parts]
    outcome: Outcome = (
        "FAIL" if "FAIL" in outcomes else "unknown" if "unknown" in outcomes else "pass"
    )
    order = ("FAIL", "unknown") if outcome != "pass" else ("pass",)
    reasons = [reason for wanted in order for which, reason in parts if which == wanted]
    return Decision(rule, outcome, " ".join(filter(None, reasons)))
