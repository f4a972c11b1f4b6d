"""What has retired is read where it is stored, and offered nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from heatcheck.core.errors import UnknownName
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import mean_of, standings
from heatcheck.metrics import METRICS
from heatcheck.runs import specs
from heatcheck.runs.cells import Scored
from heatcheck.runs.packing import columns_of, packed
from heatcheck.runs.specs import STANDARD_METRICS, RunSpec
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.tables import table

OLD = "high_frequency_share"
REFUSED = rf"'{OLD}', whose place 'fineness' has taken\. Name that one; stored runs"


def test_it_is_in_no_list() -> None:
    assert OLD not in METRICS
    assert OLD not in list(METRICS)
    assert OLD not in STANDARD_METRICS
    assert len(METRICS) == len(list(METRICS)) == len(METRICS.readable) - 1
    assert OLD in METRICS.readable
    with pytest.raises(UnknownName) as told:
        METRICS.build("high_frequency_shar")
    assert OLD not in str(told.value)
    assert OLD not in [metric.name for metric in specs.ask(metrics=["all"]).metrics]


@pytest.mark.parametrize("asked", [OLD, {"name": OLD, "cutoff": 0.25}])
def test_it_cannot_be_asked_for(asked: str | dict[str, object]) -> None:
    with pytest.raises(UnknownName, match=REFUSED):
        METRICS.build(asked)
    with pytest.raises(UnknownName, match=REFUSED):
        specs.ask(metrics=["deletion", asked])


def test_a_stored_run_that_has_it_is_read_with_its_id(any_store: Store) -> None:
    old = METRICS.read({"name": OLD, "cutoff": 0.25})
    spec = replace(specs.ask(methods=["random"], metrics=["sparseness"]), metrics=(old,))
    run = any_store.runs.open(spec)
    stored = any_store.runs.get(run)
    assert stored.spec == spec == RunSpec.from_json(spec.as_json())
    assert stored.question.id == run
    assert any_store.runs.foreign() == []
    assert "--metrics" in stored.spec.command
    (column,) = columns_of(packed([Scored(old, None, "failed")]).columns)
    assert (column.name, column.unit, column.better) == (OLD, "share", "lower")


def test_its_scores_are_shown_as_they_were() -> None:
    shares = {"grad_cam": 0.001, "random": 0.8, "smoothgrad": 0.4}
    scores = Scores(table(deletion=shares, high_frequency_share=shares, runtime=shares))
    assert scores.metrics == ("deletion", OLD, "runtime")
    rows = [row for row in standings(scores) if row.metric == OLD]
    assert {row.method for row in rows if row.best} == {"grad_cam"}
    mean = mean_of(OLD, scores.of(OLD)["grad_cam"])
    assert mean is not None
    assert mean.low == 0  # within the metric's bounds
    assert (METRICS[OLD].title, METRICS[OLD].unit) == ("High-frequency share", "share")
