"""Stores from before "mean" and "blur" meant the metrics' substrates: their runs keep what they
asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from heatcheck.core.digests import digest_of
from heatcheck.core.errors import RunProblem
from heatcheck.review.store import Reviews
from heatcheck.runs import specs
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.old_stores import insert, make

MEAN = {"name": "integrated_gradients", "steps": 50, "baseline": "mean"}
BLACK = {"name": "integrated_gradients", "steps": 50, "baseline": "black"}
SMOOTH = {
    "name": "smoothgrad",
    "of": "integrated_gradients",
    "samples": 50,
    "sigma": 0.15,
    "reduce": "max_abs",
}
WIDE = {"name": "idgi", "steps": 50, "baseline": "blur"}
SEVERAL = {"name": "guided_ig", "steps": 50, "fraction": 0.25, "apart": 0.02, "baseline": "several"}
RANDOM = {"name": "random"}
UPSIDE = {"name": "inverted", "of": "guided_ig"}
OLD = {
    "classifier": "efficientnet_lite0",
    "images": [["photo_00", "0" * 64, ""], ["photo_01", "1" * 64, ""]],
    "methods": [MEAN, BLACK, SMOOTH, WIDE, SEVERAL, RANDOM, UPSIDE],
    "metrics": [{"name": "sparseness"}],
    "seed": 0,
    "source": "samples",
}
QUIET = {**OLD, "methods": [BLACK, RANDOM]}
KEYS = [
    *(f"integrated_gradients-{digest_of(one)[:6]}" for one in (MEAN, BLACK)),
    *("smoothgrad", "idgi", "guided_ig", "random", "inverted"),
]
SESSION, FOREIGN = "s" * 32, "f" * 16


def old_id(spec: dict[str, Any]) -> str:
    """The id that the version before gave a spec."""
    return digest_of({key: value for key, value in spec.items() if key != "source"})[:16]


@pytest.fixture
def upgraded(any_url: str) -> Iterator[Store]:
    """A store of version 0003 with three runs and a session, opened by this version."""
    at = "2026-11-01T00:00:00+00:00"
    engine = make(any_url, "0003")
    with engine.begin() as connection:
        for run, spec in ((old_id(OLD), OLD), (old_id(QUIET), QUIET), (FOREIGN, {"new": "form"})):
            texts = {"progress": "", "problem": "", "provenance": "{}"}
            insert(
                connection,
                "runs",
                id=run,
                spec=json.dumps(spec),
                status="finished",
                asked_at=at,
                **texts,
            )
        run = old_id(OLD)
        for place, key in enumerate(KEYS):
            cell = {"run": run, "image": "photo_00", "method": key}
            counts = {"seconds": 1.0, "forward_passes": 1, "backward_passes": 1, "error": ""}
            insert(connection, "cells", **cell, **counts)
            insert(connection, "comparisons", **cell)
            score = {
                "metric": "sparseness",
                "place": 0,
                "value": place / 10,
                "unit": "",
                "error": "",
            }
            insert(connection, "scores", **cell, **score, better="higher")
            insert(
                connection,
                "findings",
                run=run,
                method=key,
                experiment="runs_on_cnn",
                place=0,
                value=1.0,
                words="",
            )
        insert(
            connection,
            "review_sessions",
            id=SESSION,
            run=run,
            title="T",
            question="Q",
            images='["photo_00"]',
            methods=json.dumps(KEYS[:2]),
            votes_per_image=1,
            state="voting",
            decision="",
            made_at=at,
            invitations=1,
            invitation="i",
            invitation_until=at,
        )
        insert(
            connection,
            "review_seats",
            id="seat",
            session=SESSION,
            name="Ada",
            folded="ada",
            role="reviewer",
            token="t",
            until=at,
            seen_at=at,
        )
        pair = {"left": KEYS[1], "right": KEYS[0]}
        insert(
            connection, "review_items", id="item", seat="seat", place=0, image="photo_00", **pair
        )
        insert(connection, "review_votes", item="item", choice="right", note="", cast_at=at)
    engine.dispose()
    made = Store(any_url)
    yield made
    made.engine.dispose()


def column(store: Store, query: str) -> list[Any]:
    with store.database.reading() as connection:
        return list(connection.scalars(sa.text(query)))


def test_an_old_run_keeps_its_id_and_what_it_asked(upgraded: Store) -> None:
    run = upgraded.runs.get(old_id(OLD))
    mean, black, smooth, wide, several, random, upside = run.spec.methods
    assert mean.spec == {**MEAN, "baseline": "picture_mean"}
    assert black.spec == BLACK
    assert smooth.spec == {**SMOOTH, "of": "integrated_gradients:black"}
    assert wide.spec == {**WIDE, "baseline": "wide_blur"}
    assert (several.spec, random.spec) == (SEVERAL, RANDOM)
    assert upside.spec == {"name": "inverted", "of": "guided_ig:black"}
    assert not any(method.asked_anew for method in run.spec.methods)


def test_keys_change_with_the_digests_wherever_they_stand(upgraded: Store) -> None:
    run = old_id(OLD)
    keys = list(upgraded.runs.get(run).spec.keyed)
    assert keys[0] != KEYS[0]
    assert keys[1:] == KEYS[1:]
    for table in ("cells", "findings"):
        assert sorted(column(upgraded, f"SELECT method FROM {table}")) == sorted(keys), table
    assert set(column(upgraded, "SELECT method FROM scores")) == set(keys)  # a row a visit
    assert upgraded.results.compared_cells(run) == {("photo_00", key) for key in keys}
    scores = upgraded.results.values(run, "sparseness").sort_values("value")
    assert list(scores["method"]) == keys  # each score is still its method's
    (session,) = Reviews(upgraded).sessions(run)
    assert list(session.methods) == keys[:2]
    assert column(upgraded, 'SELECT "left" FROM review_items') == [keys[1]]
    assert column(upgraded, 'SELECT "right" FROM review_items') == [keys[0]]
    assert column(upgraded, "SELECT choice FROM review_votes") == ["right"]


def test_runs_without_such_methods_are_left_alone(upgraded: Store) -> None:
    run = upgraded.runs.get(old_id(QUIET))
    assert run.id == run.spec.id
    assert run.question == run.spec
    own = f"SELECT text FROM specs JOIN runs ON digest = spec_digest WHERE runs.id = '{run.id}'"
    (stored,) = column(upgraded, own)
    assert json.loads(stored) == QUIET
    assert [run.id for run in upgraded.runs.foreign()] == [FOREIGN]


def test_the_same_words_are_another_question_now_and_never_open_the_old_run(
    upgraded: Store,
) -> None:
    again = RunSpec.from_json(OLD)
    assert again.id != old_id(OLD)
    upgraded.runs.open(again)
    assert len(upgraded.runs.all()) == 3
    assert upgraded.runs.get(old_id(OLD)).status == "finished"
    wrapper = RunSpec.from_json({**OLD, "methods": [SMOOTH]})
    assert wrapper.id != old_id({**OLD, "methods": [SMOOTH]})  # it started from black


def test_an_old_run_under_another_id_is_not_gone_on_with_and_says_so(upgraded: Store) -> None:
    with pytest.raises(RunProblem, match="its question has another id"):
        _ = upgraded.runs.get(old_id(OLD)).question
    spec = specs.ask(methods=[BLACK], metrics=["sparseness"])
    assert spec.methods[0].spec == BLACK
