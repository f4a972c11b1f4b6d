"""A page that watches a large run looks at its scores now and then, and reads them once a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from heatcheck.inputs.images import Image
from heatcheck.runs.leases import Status
from heatcheck.runs.results import Results
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.pages import opened, text
from heatcheck.tests.doubles.runs import fill, put_in_state
from heatcheck.ui.shared import growth
from heatcheck.ui.shared.answer import summary_of


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs whose table was read, one after the other."""
    known: list[str] = []
    whole = Results.table

    def table(results: Results, run: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        known.append(run)
        return whole(results, run, columns)

    monkeypatch.setattr(Results, "table", table)
    return known


def test_a_large_run_under_way_is_looked_at_a_hundred_times_and_not_fifty_thousand(
    shared_store: Store, photographs: list[Image]
) -> None:
    run = replace(shared_store.runs.get(fill(shared_store, photographs, 3)), status=Status.RUNNING)
    states = {growth.state(replace(run, done=done, failures=done)) for done in range(501, 50_001)}
    assert 90 <= len(states) <= 110
    few = {growth.state(replace(run, done=done)) for done in range(1, 501)}
    assert len(few) == 500  # a small one at each step
    stages = [growth.stage(replace(run, done=done)) for done in range(1, 50_001)]
    assert stages == sorted(stages)


def test_a_run_that_has_ended_is_looked_at_once_more(
    shared_store: Store, photographs: list[Image]
) -> None:
    run = shared_store.runs.get(fill(shared_store, photographs, 3))
    large = replace(run, status=Status.RUNNING, done=9_999)
    ended = [
        replace(large, status=Status.FINISHED, done=10_000),
        replace(large, status=Status.CANCELLED),
        replace(large, asked_at=run.asked_at - timedelta(1)),
    ]
    states = {growth.state(one) for one in (large, *ended)}
    assert len(states) == 4


def test_looks_between_two_stages_read_no_table(
    shared_store: Store, photographs: list[Image], reads: list[str]
) -> None:
    run = replace(shared_store.runs.get(fill(shared_store, photographs, 3)), status=Status.RUNNING)
    for done in range(10_000, 10_200):
        assert summary_of(replace(run, done=done)).scores.images == 3
    assert len(reads) == 1


def test_a_moved_threshold_reads_no_table(
    shared_store: Store, photographs: list[Image], reads: list[str]
) -> None:
    run = shared_store.runs.get(fill(shared_store, photographs, 3))
    assert summary_of(run) is summary_of(run)
    assert summary_of(run, 0.05).smallest == 0.05
    assert summary_of(run).scores is summary_of(run, 0.1).scores
    assert reads == [run.id]


def test_a_page_says_that_its_numbers_follow_in_steps(
    shared_store: Store, photographs: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "EACH", 5)
    run = fill(shared_store, photographs, 3)
    put_in_state(shared_store, run, "running")
    assert "The numbers are made anew each time 5 % more is done." in text(opened("leaderboard"))
    put_in_state(shared_store, run, "finished")
    assert "made anew" not in text(opened("leaderboard"))
