"""Copies of a run's rows: shards become one, cells serve a larger run, nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from heatcheck.core.errors import RunProblem
from heatcheck.runs.copying import Copied, copied
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.tools.large_store import fill, question

METRICS = ("deletion", "deletion_exchange", "sparseness")


@pytest.fixture
def spec() -> RunSpec:
    return question(6, 4, METRICS)


@pytest.fixture
def source(tmp_path: Path, spec: RunSpec) -> Iterator[Store]:
    """A store with a finished run, some of whose scores have failed."""
    made = Store(f"sqlite:///{tmp_path / 'source.db'}")
    fill(made, spec, failing=0.2)
    yield made
    made.engine.dispose()


def same(one: Store, other: Store, run: str) -> None:
    """Two stores say the same of a run."""
    for name in ("table", "curves", "findings"):
        left, right = (getattr(store.results, name)(run) for store in (one, other))
        pd.testing.assert_frame_equal(left, right, check_exact=True)
    for name in ("images", "compared_cells", "mapped_cells", "machines"):
        assert getattr(one.results, name)(run) == getattr(other.results, name)(run)
    for left, right in zip(one.results.maps(run), other.results.maps(run), strict=True):
        assert left[:2] == right[:2]
        assert (left[2] == right[2]).all()
    counts = [(run.done, run.failures) for run in (one.runs.get(run), other.runs.get(run))]
    assert counts[0] == counts[1]


def test_shards_that_overlap_become_the_whole_run(
    source: Store, any_store: Store, spec: RunSpec
) -> None:
    names = [image.name for image in spec.images]
    first = copied(source, any_store, spec.id, images=names[:4])
    known = any_store.runs.get(spec.id)
    assert (known.done, known.failures) == (2 * 4 * 4, first.failures)
    second = copied(source, any_store, spec.id, images=names[2:])
    assert (first.images, first.cells, first.comparisons) == (4, 16, 16)
    assert (second.images, second.cells, second.comparisons) == (2, 8, 8)
    assert first.failures + second.failures == source.runs.get(spec.id).failures > 0
    same(source, any_store, spec.id)
    assert copied(source, any_store, spec.id) == Copied()
    same(source, any_store, spec.id)


def test_second_visits_are_left_out_and_come_later(
    source: Store, any_store: Store, spec: RunSpec
) -> None:
    copied(source, any_store, spec.id, compared=False)
    results = any_store.results
    assert results.compared_cells(spec.id) == set()
    assert set(results.table(spec.id)["metric"].str.partition(".")[0]) == {"deletion", "sparseness"}
    failed = (results.table(spec.id)["error"] != "").sum()
    assert any_store.runs.get(spec.id).failures == failed
    assert copied(source, any_store, spec.id).comparisons == 24
    same(source, any_store, spec.id)


def test_cells_serve_a_larger_run_of_the_same_store_under_its_own_keys(
    source: Store, spec: RunSpec
) -> None:
    larger = question(8, 25, METRICS)
    larger = replace(
        larger,
        methods=(*spec.methods, replace(larger.methods[4], samples=3), larger.methods[4]),
        images=larger.images[2:],
    )
    source.runs.open(larger)
    names = [image.name for image in spec.images[2:]]
    got = copied(source, source, spec.id, into=larger.id, compared=False)
    assert (got.images, got.cells) == (4, 16)
    assert source.results.done_cells(larger.id) == {
        (name, key) for name in names for key in spec.keyed
    }
    assert source.runs.get(larger.id).done == 16
    one, other = (source.results.table(run) for run in (spec.id, larger.id))
    one = one[one["image"].isin(names) & ~one["metric"].str.startswith("deletion_exchange")]
    columns = ["image", "method", "metric", "value", "error", "seconds"]
    pd.testing.assert_frame_equal(
        one[columns].reset_index(drop=True), other[columns], check_exact=True
    )


def test_another_image_or_method_of_the_same_name_is_refused(
    source: Store, any_store: Store, spec: RunSpec
) -> None:
    changed = replace(spec.images[0], digest="f" * 64)
    other = any_store.runs.open(replace(spec, images=(changed, *spec.images[1:])))
    with pytest.raises(RunProblem, match="Got another in run"):
        copied(source, any_store, spec.id, into=other)
    first, second = list(spec.keyed)[:2]
    with pytest.raises(RunProblem, match="to be the same method"):
        copied(source, any_store, spec.id, methods={first: second})
    assert any_store.results.done_cells(other) == set()
