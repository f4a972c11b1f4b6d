"""The table by places: held against pandas, which does the same with names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from heatcheck.judgement.grid import Grid
from heatcheck.judgement.scores import Scores
from heatcheck.tests.doubles.tables import table

METRICS = {
    "insertion": {"smoothgrad": 0.5, "edges": 0.2, "grad_cam": 0.3},
    "runtime__forward_passes": {"grad_cam": 1.0, "smoothgrad": 50.0},
    "deletion": {"edges": 0.2, "smoothgrad": 0.5},
}


@pytest.fixture
def frame() -> pd.DataFrame:
    """Rows in no order, some missing, some without a value, some failed."""
    plain = table(n=12, **METRICS)
    kept = plain.sample(frac=0.8, random_state=np.random.RandomState(0), ignore_index=True)
    kept.loc[::7, ["value", "error"]] = [np.nan, "planted"]
    return kept


def by_name(frame: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The same by pandas: images by name, methods in the table's order."""
    rows = frame[frame["metric"] == metric]
    wide = rows.pivot(index="image", columns="method", values="value")
    return wide[list(dict.fromkeys(rows["method"]))]


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_a_metric_is_pivoted_as_pandas_does_it(frame: pd.DataFrame, kind: str) -> None:
    names = ["image", "method", "metric"]
    grid = Grid(frame.astype(dict.fromkeys(names, kind)))
    assert grid.metrics == tuple(dict.fromkeys(frame["metric"]))
    assert grid.methods == tuple(dict.fromkeys(frame["method"]))
    assert grid.images == tuple(dict.fromkeys(frame["image"]))
    for metric in grid.metrics:
        wide = grid.wide(metric)
        pd.testing.assert_frame_equal(wide, by_name(frame, metric))
        assert (wide.index.name, wide.columns.name) == ("image", "method")
    assert grid.wide("fineness").shape == (0, 0)
    assert grid.rows("fineness").size == 0


def test_rows_are_counted_by_method_an_image_once(frame: pd.DataFrame) -> None:
    grid, failed = Grid(frame), (frame["error"] != "").to_numpy()
    expected = frame[failed].groupby("method")["image"].nunique()
    assert grid.counts(failed) == expected.to_dict()
    assert grid.counts(np.zeros(len(frame), dtype=bool)) == {}


def test_each_image_has_what_its_first_row_says(frame: pd.DataFrame) -> None:
    told = frame.assign(sample=[f"s{place}" for place in range(len(frame))])
    assert dict(Grid(told).first("sample")) == told.groupby("image")["sample"].first().to_dict()


def test_two_values_in_one_place_are_refused(frame: pd.DataFrame) -> None:
    twice = pd.concat([frame, frame[frame["metric"] == "deletion"].iloc[:1]])
    assert len(Grid(twice).wide("insertion"))
    with pytest.raises(ValueError, match="Expected one value of deletion an image and method"):
        Grid(twice).wide("deletion")


def test_scores_that_differ_in_their_model_share_what_the_table_gives(frame: pd.DataFrame) -> None:
    scores = Scores(frame)
    wide = scores.of("deletion")
    known = replace(scores, model=None, under_way=True)
    assert known.grid is scores.grid
    assert known.of("deletion") is wide
    assert known.once("asked", lambda: 1) == scores.once("asked", lambda: 2) == 1
    assert Scores(frame).grid is not scores.grid
