"""A run that an older version finished lacks experiments of today: it is tried anew, and what it
found is read as it was.
"""

from __future__ import annotations

import sqlalchemy as sa

from heatcheck.inputs.images import Image
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.verdicts import judge
from heatcheck.runs import engine, worker
from heatcheck.runs.experiments import EXPERIMENTS
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.schema import findings_table
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import fill

NEW = ("hits_on_transformer", "derivative_on_own", "lost_when_saturated")
OLD = "missed_when_saturated"


def as_it_was(store: Store, run: str) -> None:
    """The findings of a run as the version before wrote them."""
    with store.database.writing() as connection:
        connection.execute(
            findings_table.update()
            .where(findings_table.c.run == run, findings_table.c.experiment == NEW[2])
            .values(experiment=OLD, value=1.0)
        )
        connection.execute(
            findings_table.delete().where(
                findings_table.c.run == run, findings_table.c.experiment.in_(NEW)
            )
        )


def test_an_older_runs_findings_are_read_as_they_were_and_it_is_not_complete(
    store: Store, photographs: list[Image]
) -> None:
    run = fill(store, photographs)
    spec = store.runs.get(run).spec
    assert engine.is_complete(spec, store)
    as_it_was(store, run)
    verdicts = {
        one.claim.words: one
        for one in judge(Scores(store.results.table(run)), store.results.findings(run))
    }
    saturation = verdicts["Saturation issue"]
    assert saturation.mark == "not measured in this run"
    assert "loses" not in saturation.sentence
    assert verdicts["Requires gradients"].mark == "confirmed"
    assert "On a small network the map of" in verdicts["Differentiable"].members[0].measured
    assert not engine.is_complete(spec, store)
    assert set(engine._untried(spec, store)) == set(spec.keyed)


def test_a_method_that_is_tried_anew_loses_what_the_older_version_found(
    store: Store, photographs: list[Image]
) -> None:
    run = fill(store, photographs)
    as_it_was(store, run)
    method = store.runs.get(run).spec.keyed["random"]
    with store.runs.claim(run) as lease:
        tries = InProcess().submit(worker.try_out, method, None, 0).result()
        store.results.save_findings(lease, "random", tries)
        store.runs.end(lease, "finished")
    rows = store.results.findings(run)
    assert set(rows[rows["method"] == "random"]["experiment"]) == set(EXPERIMENTS)
    with store.database.reading() as connection:
        left = connection.execute(
            sa.select(findings_table.c.method).where(findings_table.c.experiment == OLD)
        )
        assert "random" not in {row.method for row in left}
