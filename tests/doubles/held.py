"""Runs with planted tables as rules are held against them; decisions whose words are checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from heatcheck.answer.decisions import Decision, Held
from heatcheck.answer.gate import decide
from heatcheck.answer.rules import Rule
from heatcheck.judgement.model_check import ModelCheck
from heatcheck.judgement.scores import Scores
from heatcheck.runs import specs
from heatcheck.runs.leases import Status
from heatcheck.runs.records import Run
from heatcheck.tests.doubles.verdicts import NOTHING


def held(
    frame: pd.DataFrame,
    findings: pd.DataFrame = NOTHING,
    *,
    status: str = "finished",
    problem: str = "",
    methods: Sequence[Any] = (),
    weights: str = "",
    model: ModelCheck | None = None,
    **asked: Any,
) -> Held:
    """A run with this table and these findings; its methods are the table's where none are
    given.
    """
    spec = specs.ask(
        methods=methods or list(dict.fromkeys(frame["method"])),
        **{"metrics": ["total_variation"], **asked},
    )
    done = spec.steps if status == "finished" else spec.steps - 1
    provenance = {"weights_sha256": weights} if weights else {}
    now, failed = datetime(2026, 1, 1, tzinfo=UTC), int((frame["error"] != "").sum())
    state = (Status(status), now, now, None, None, "", problem, provenance, done, failed)
    return Held(Run(spec.id, spec, *state), Scores(frame, model), findings)


def decided(rule: Rule, run: Held, baseline: Held | None = None) -> Decision:
    """A rule held against a run; each sentence of the reason has at most two numbers."""
    (decision,) = decide([rule], run, baseline)
    check_words(decision.reason)
    return decision


def check_words(reason: str) -> None:
    """A reason is made of whole sentences with at most two numbers each."""
    assert reason.strip() == reason
    plain = re.sub(r"heatcheck resume \w+$", "it.", reason)
    assert plain.endswith("."), reason
    for sentence in re.split(r"(?<=[.!?:]) +(?=[“A-Z])", plain):
        numbers = re.findall(r"(?<![\w-])\d[\d.,]*", sentence)
        assert len(numbers) <= 2, sentence
