"""All that a run says at a glance, made once for pages, report, files and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from heatcheck.answer.glance import Row, glance
from heatcheck.answer.headline import Headline, headline
from heatcheck.answer.strengths import Profile, profile
from heatcheck.judgement.advice import Advice, Wish, advise
from heatcheck.judgement.claims import CLAIMS, cards
from heatcheck.judgement.evidence import SMALLEST, Evidence
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import Standing, standings
from heatcheck.judgement.verdicts import DEFAULTS, Verdict, judge_tables
from heatcheck.runs.store import Store


@dataclass(frozen=True, eq=False)
class Summary:
    """A run's answer and table, from its scores and findings (`store.results.findings`).

    `smallest` is the least mean gain that counts, `moved` the thresholds of verdicts that are not
    the default, by name. Raises BadParameter, UnknownName: one of them is out of its range.
    """

    scores: Scores
    findings: pd.DataFrame
    smallest: float = SMALLEST
    moved: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def of_run(
        store: Store, run: str, smallest: float = SMALLEST, moved: Mapping[str, float] = DEFAULTS
    ) -> Summary:
        """From a store; `run` is the whole id."""
        return Summary(Scores.of_run(store, run), store.results.findings(run), smallest, moved)

    @cached_property
    def evidence(self) -> Evidence:
        """What each method shows on each question."""
        return Evidence(self.scores, self.smallest)

    @cached_property
    def headline(self) -> Headline:
        """The answer in a line, how sure it is, what would change it."""
        return headline(self.evidence)

    @cached_property
    def model(self) -> tuple[str, ...]:
        """How good the model is on these images, in sentences."""
        return tuple(self.scores.model.sentences) if self.scores.model else ()

    @cached_property
    def glance(self) -> tuple[Row, ...]:
        """The table, methods first, controls last."""
        return glance(self.evidence, self.findings, self.asked)

    @cached_property
    def _judged(self) -> list[list[Verdict]]:
        tables = (CLAIMS, cards(self.scores.methods))
        return judge_tables(self.scores, self.findings, tables, self.moved)

    @property
    def verdicts(self) -> list[Verdict]:
        """Of the textbook's claims."""
        return self._judged[0]

    @property
    def asked(self) -> list[Verdict]:
        """Of the textbook's questions, as they are put to every method."""
        return self._judged[1]

    @cached_property
    def profiles(self) -> tuple[Profile, ...]:
        """Each method's strengths and limitations; controls have none."""
        return tuple(
            profile(row, self.evidence, self.verdicts, self.asked)
            for row in self.glance
            if not row.control
        )

    @cached_property
    def standing(self) -> tuple[Standing, ...]:
        """A row a method and metric."""
        return tuple(standings(self.scores))

    @cached_property
    def advice(self) -> Advice:
        """Which method to use, where nothing is wished for."""
        return advise(self.scores, self.findings, Wish(), self.smallest)
