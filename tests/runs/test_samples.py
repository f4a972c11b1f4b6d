"""A whole run in which a picture stands twice, pictures belong together, and maps are blank."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from heatcheck.judgement import blanks
from heatcheck.judgement.scores import Scores
from heatcheck.metrics import OTHER_IMAGES
from heatcheck.metrics.base import BLANK
from heatcheck.runs import worker
from heatcheck.runs.cells import Cell, CellResult, Scored, is_blank
from heatcheck.runs.store import Store
from heatcheck.runs.tables import COLUMNS
from heatcheck.tests.doubles.small_runs import mixed_run


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, str]:
    return mixed_run(tmp_path_factory.mktemp("samples"), "network_of_samples")


@pytest.fixture
def table(measured: tuple[Store, str]) -> pd.DataFrame:
    store, run = measured
    return store.results.table(run)


def test_the_table_says_which_sample_an_image_belongs_to(table: pd.DataFrame) -> None:
    assert list(table.columns) == COLUMNS
    found = dict(zip(table["image"], table["sample"], strict=True))
    assert found == {
        "one/a": "one/a",
        "twin/again": "one/a",
        "one/b": "film",
        "one/c": "film",
        "one/d": "one/d",
        "one/grey": "one/grey",
    }


def test_scores_are_means_of_samples(table: pd.DataFrame) -> None:
    scores = Scores(table)
    assert (scores.images, scores.samples) == (6, 4)
    assert (scores.size, scores.unit) == ("6 images, 4 samples", "samples")
    wide, images = scores.of("deletion"), scores.of_images("deletion")
    assert (len(wide), len(images)) == (4, 6)
    for method in wide:
        assert wide.loc["film", method] == pytest.approx(
            images.loc[["one/b", "one/c"], method].mean()
        )
        assert wide.loc["one/d", method] == images.loc["one/d", method]


def test_the_same_picture_is_no_partner_of_itself(table: pd.DataFrame) -> None:
    rows = table[
        (table["metric"] == "deletion_exchange") & (table["method"] == "vanilla_gradients")
    ]
    gains = rows.set_index("image")["value"]
    assert gains["one/a"] > 0.01
    assert gains["one/a"] == pytest.approx(gains["twin/again"], abs=0.05)


def test_a_blank_map_is_counted_and_never_scored(table: pd.DataFrame) -> None:
    own = table[(table["image"] == "one/grey") & (table["method"] == "vanilla_gradients")]
    by_metric = own[~own["metric"].str.contains(".", regex=False)].set_index("metric")
    assert by_metric["value"].isna().to_dict() == {
        name: name != "runtime" for name in by_metric.index
    }
    assert set(by_metric.loc[by_metric.index != "runtime", "error"]) == {BLANK}
    scores = Scores(table)
    assert scores.blanks == {"vanilla_gradients": 1}
    assert blanks.blank_maps(scores) == ["Vanilla Gradients: 1 of 6 maps is blank"]
    assert blanks.told(scores).startswith("Vanilla Gradients: 1 of 6 maps is blank. All pixels")
    assert blanks.told(Scores(table[table["image"] != "one/grey"])) == ""
    assert "one/grey" not in scores.of("deletion")["vanilla_gradients"].dropna().index


def test_a_blank_map_is_lent_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Cell] = []
    plain = worker.score_map

    def watched(cell: Cell, made: CellResult) -> tuple[Scored, ...]:
        compared.append(cell)
        return plain(cell, made)

    monkeypatch.setattr(worker, "score_map", watched)
    store, run = mixed_run(tmp_path, "network_of_lenders")
    heat = store.results.map(run, "one/grey", "vanilla_gradients")
    assert heat is not None
    assert is_blank(heat)
    second = [cell for cell in compared if all(OTHER_IMAGES in one.needs for one in cell.metrics)]
    cells = [cell for cell in second if cell.method.name == "vanilla_gradients"]
    assert [len(cell.partners) for cell in cells] == [2] * 6
    assert not any(is_blank(partner.map) for cell in cells for partner in cell.partners)
