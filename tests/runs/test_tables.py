"""The tidy table in part: the same values, texts as categories."""

from __future__ import annotations

from heatcheck.judgement.scores import READ
from heatcheck.runs.store import Store
from heatcheck.runs.tables import COLUMNS
from heatcheck.tools import large_store


def test_some_columns_are_those_of_the_whole(store: Store) -> None:
    run = large_store.fill(store, large_store.question(5, 4), failing=0.2)
    whole = store.results.table(run)
    assert (whole["error"] != "").any()
    for wanted in (READ, COLUMNS):
        part = store.results.table(run, wanted)
        assert list(part.columns) == list(wanted)
        for name in wanted:
            told, known = part[name], whole[name]
            assert told.isna().equals(known.isna()), name
            there = known.notna()
            assert list(told[there]) == list(known[there]), name
    part = store.results.table(run, READ)
    texts = [name for name in READ if name != "value"]
    assert set(part[texts].dtypes.astype(str)) == {"category"}
    assert part.memory_usage(deep=True).sum() < whole[list(READ)].memory_usage(deep=True).sum() / 3


def test_a_run_without_scores_has_the_columns_all_the_same(store: Store) -> None:
    run = store.runs.open(large_store.question(2, 2))
    assert list(store.results.table(run, ("image", "value")).columns) == ["image", "value"]
