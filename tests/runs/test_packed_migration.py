"""Stores from before scores were packed say the same as before, to the last bit."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from heatcheck.runs import specs
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.runs.tables import COLUMNS
from heatcheck.tests.doubles import old_stores

METHODS = ["edges", "random", {"name": "smoothgrad", "samples": 3}, {"name": "smoothgrad"}]
METRICS = ["runtime", "deletion", "insertion", "deletion_exchange", "repeatability", "sparseness"]


@pytest.fixture
def spec() -> RunSpec:
    return specs.ask(methods=METHODS, metrics=METRICS, points=3)


@pytest.fixture
def before(any_url: str, spec: RunSpec) -> dict[str, Any]:
    """What a store of version 0005 says, read by the code of then."""
    engine = old_stores.make(any_url, "0005")
    other = specs.ask(methods=["random"], metrics=["deletion"], points=5)
    with engine.begin() as connection:
        old_stores.fill(connection, spec)
        old_stores.fill(connection, other, seed=1)
        rows = {
            name: connection.execute(sa.text(f"{query} WHERE run = :run"), {"run": spec.id}).all()
            for name, query in {
                "maps": "SELECT image, method, map FROM cells",
                "pictures": "SELECT image, picture FROM images",
                "compared": "SELECT image, method FROM comparisons",
            }.items()
        }
        said = {
            "table": old_stores.tidy_table(connection, spec),
            "other": old_stores.tidy_table(connection, other),
            "curves": old_stores.curve_table(connection, spec.id),
            "counts": connection.execute(
                sa.text("SELECT done, failures FROM runs WHERE id = :run"), {"run": spec.id}
            ).one(),
            "other id": other.id,
            "maps": rows["maps"],
            "pictures": dict(rows["pictures"]),
            "compared": {(image, method) for image, method in rows["compared"]},
        }
    engine.dispose()
    return said


def test_an_upgraded_store_has_the_same_table_curves_maps_and_pictures(
    any_url: str, spec: RunSpec, before: dict[str, Any]
) -> None:
    store = Store(any_url)
    results, run = store.results, spec.id
    for key, name in (("table", run), ("other", before["other id"])):
        table = results.table(name)
        pd.testing.assert_frame_equal(
            table.drop(columns="machine"), before[key][COLUMNS[:-1]], check_exact=True
        )
        assert set(table["machine"]) == {""}
        assert (table["error"] != "").any()
        assert table["value"].isna().sum() > (table["error"] != "").sum()
    pd.testing.assert_frame_equal(results.curves(run), before["curves"], check_exact=True)
    assert results.curves(run)["energy_gap"].isna().any()
    for image, method, stored in before["maps"]:
        heat = np.frombuffer(zlib.decompress(stored), "<f4").reshape(4, 4)
        np.testing.assert_array_equal(results.map(run, image, method), heat)
    assert {seen.name: seen.picture for seen in results.images(run)} == before["pictures"]
    assert results.compared_cells(run) == before["compared"]
    assert results.done_cells(run) == {(image, method) for image, method, _ in before["maps"]}
    known = store.runs.get(run)
    assert (known.done, known.failures) == tuple(before["counts"])
    assert known.spec == spec
    store.engine.dispose()


def test_the_values_and_the_curves_of_a_cell_agree_with_the_table(
    any_url: str, spec: RunSpec, before: dict[str, Any]
) -> None:
    store = Store(any_url)
    results, run, table = store.results, spec.id, before["table"]
    for metric in ("deletion", "runtime.forward_pass", "deletion_exchange"):
        wide = results.values(run, metric).set_index(["image", "method"])["value"].sort_index()
        rows = table[table["metric"] == metric].set_index(["image", "method"])["value"]
        pd.testing.assert_series_equal(wide, rows.sort_index())
    curves = before["curves"]
    image, method = curves["image"].iloc[0], curves["method"].iloc[0]
    own = curves[(curves["image"] == image) & (curves["method"] == method)]
    found = results.curves_of(run, image, method, set(own["metric"]))
    for metric, points in own.groupby("metric"):
        assert found[str(metric)].fractions == tuple(points["fraction"])
        assert found[str(metric)].probabilities == tuple(points["probability"])
    store.engine.dispose()
