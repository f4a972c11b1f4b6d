"""A report as JSON: by its schema, and every number equal to the table's."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from heatcheck import cli
from heatcheck.answer.summary import Summary
from heatcheck.metrics import METRICS
from heatcheck.report import document
from heatcheck.report.subject import Subject
from heatcheck.runs.store import Store

VALIDATOR = jsonschema.Draft202012Validator(
    document.schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


@pytest.fixture
def made(store: Store, run: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(document.text(document.document(Subject.of(store, run))))
    return read


def test_the_document_holds_what_its_schema_says(made: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(document.schema())
    VALIDATOR.validate(made)


@pytest.mark.parametrize(
    "broken",
    [
        lambda made: made.pop("answer"),
        lambda made: made.update(version=2),
        lambda made: made.update(more=1),
        lambda made: made["leaderboard"][0].update(better="left"),
        lambda made: made["leaderboard"][0]["estimate"].update(mean="0.5"),
        lambda made: made["claims"][0].update(mark="true"),
        lambda made: made["run"].update(id="936"),
        lambda made: made["glance"][0]["cells"][0].pop("words"),
        lambda made: made["provenance"]["facts"].update(threads=2),
    ],
)
def test_a_broken_document_is_seen(made: dict[str, Any], broken: Any) -> None:
    bad = copy.deepcopy(made)
    broken(bad)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(bad)


def test_every_mean_is_the_tables_at_full_precision(
    store: Store, run: str, made: dict[str, Any]
) -> None:
    table = store.results.table(run)
    rows = {(one["method"], one["metric"]): one["estimate"] for one in made["leaderboard"]}
    seen = 0
    for (method, metric), values in table[table["metric"].isin(list(METRICS))].groupby(
        ["method", "metric"]
    ):
        sample = values["value"].dropna().to_numpy()
        mean = np.exp(np.log(sample).mean()) if metric == "runtime" else sample.mean()
        got = rows[method, metric]
        assert got["mean"] == pytest.approx(float(mean), rel=1e-13)
        assert got["n"] == len(sample)
        seen += 1
    assert seen == len([one for one in rows.values() if one is not None])


def test_answer_verdicts_and_provenance_are_the_runs(
    store: Store, run: str, made: dict[str, Any]
) -> None:
    summary, known = Summary.of_run(store, run), store.runs.get(run)
    assert made["answer"]["text"] == summary.headline.answer
    assert [one["sentence"] for one in made["claims"]] == [
        verdict.sentence for verdict in summary.verdicts
    ]
    assert [[cell["words"] for cell in row["cells"]] for row in made["glance"]] == [
        [cell.words for cell in row.cells] for row in summary.glance
    ]
    assert made["provenance"]["command"] == known.spec.command
    assert made["provenance"]["facts"] == known.provenance
    assert [one["digest"] for one in made["provenance"]["images"]] == [
        image.digest for image in known.spec.images
    ]
    gains = {
        (one["method"], gain["metric"]): gain["mean"]
        for one in made["evidence"]
        for gain in one["gains"]
    }
    for (method, metric), mean in gains.items():
        assert mean == float(summary.scores.of(metric)[method].dropna().mean())


def test_a_number_that_is_none_becomes_null() -> None:
    assert document.number(float("nan")) is None
    assert document.number(float("inf")) is None
    assert document.number(None) is None
    assert document.number(np.float64(0.1)) == 0.1  # type: ignore[arg-type]


def test_hostile_texts_stay_what_they_are(store: Store, hostile_run: str, tmp_path: Path) -> None:
    out = tmp_path / "r.json"
    assert cli.main(["report", hostile_run, "--store", store.url, "--out", str(out)]) == 0
    made = json.loads(out.read_text())
    VALIDATOR.validate(made)
    assert [one["name"] for one in made["provenance"]["images"]] == [
        image.name for image in store.runs.get(hostile_run).spec.images
    ]
