"""Stores of other versions: older ones are brought up to date, newer ones are refused."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from heatcheck.core.errors import RunProblem, StoreProblem
from heatcheck.review.schema import schema as review_schema
from heatcheck.review.store import Reviews
from heatcheck.runs import specs
from heatcheck.runs.database import Database
from heatcheck.runs.migrations import newest
from heatcheck.runs.schema import schema
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import put_in

OLD = Path(__file__).parent / "store-of-2026-11-25.sql"  # made by the last version without numbers
RUN = "fbe35bb8be80dca3"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store as the version before this one left it: a run, a session with a vote."""
    file = tmp_path / "old.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(OLD.read_text())
    connection.close()
    return file


def test_the_migrations_make_the_tables_that_the_code_declares(any_store: Store) -> None:
    whole = sa.MetaData()
    for table in (*schema.tables.values(), *review_schema.tables.values()):
        table.to_metadata(whole)
    with any_store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [
            one for one in compare_metadata(context, whole) if "alembic_version" not in str(one)
        ]
    assert differences == []


def test_an_older_store_is_upgraded_after_a_backup_and_keeps_everything(old: Path) -> None:
    before = rows(old)
    store = Store(f"sqlite:///{old}")
    (backup,) = old.parent.glob("old.db.0001-*.backup")
    assert rows(backup) == before
    (run,) = store.runs.all()
    assert run.id == run.spec.id == RUN
    assert run.status == "interrupted"
    assert (run.done, run.failures) == (8, 1)
    assert run.seconds == pytest.approx(2.5)
    assert list(store.results.table(RUN)["method"].unique()) == ["random", "centre_prior"]
    (session,) = Reviews(store).sessions(RUN)
    assert session.title == "An old session"
    store.engine.dispose()
    again = Store(f"sqlite:///{old}")  # nothing left to do, and no second backup
    assert [run.id for run in again.runs.all()] == [RUN]
    assert len(list(old.parent.glob("*.backup"))) == 1
    again.engine.dispose()


def rows(file: Path) -> dict[str, int]:
    with sqlite3.connect(file) as connection:
        names = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        counts = {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names
        }
    connection.close()
    return counts


def test_a_store_from_before_there_were_spans_stops_or_sessions_gains_them(old: Path) -> None:
    with sqlite3.connect(old) as connection:
        for table in ("review_votes", "review_items", "review_seats", "review_sessions"):
            connection.execute(f"DROP TABLE {table}")
        for table in ("spans", "stops", "comparisons", "findings"):
            connection.execute(f"DROP TABLE {table}")
    connection.close()
    store = Store(f"sqlite:///{old}")
    assert store.runs.get(RUN).done == 4
    assert Reviews(store).sessions() == []
    store.engine.dispose()


def test_a_newer_store_is_refused_and_left_as_it_is(any_store: Store) -> None:
    with any_store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreProblem, match="A newer one has written this store") as told:
        Database(any_store.url)
    assert "9999" in str(told.value)
    assert newest() in str(told.value)
    with any_store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").all() == [
            ("9999",)
        ]


@pytest.mark.parametrize(
    "change",
    [
        {"methods": [{"name": "method_of_the_future"}]},
        {"methods": [{"name": "random", "dial": 11}]},
        {"metrics": [{"name": "metric_of_the_future"}]},
        {"metrics": [{"name": "deletion", "points": 9, "substrate": "plaid"}]},
        {"images": [["a"]]},
        {"methods": None},
        {},
    ],
)
def test_a_run_of_another_version_spoils_no_list_and_can_be_deleted(
    any_store: Store, change: dict[str, object]
) -> None:
    mine = any_store.runs.open(specs.ask(methods=["random"], metrics=["deletion"], points=3))
    spec = {**any_store.runs.get(mine).spec.as_json(), **change} if change else {"new": "form"}
    with any_store.database.writing() as connection:
        put_in(connection, "f" * 16, json.dumps(spec))
    assert [run.id for run in any_store.runs.all()] == [mine]
    (foreign,) = any_store.runs.foreign()
    assert (foreign.id, foreign.status) == ("f" * 16, "finished")
    assert foreign.reason.endswith(".")
    with pytest.raises(RunProblem, match="made by another version"):
        any_store.runs.get("ffff")
    assert any_store.runs.id_of("ffff") == foreign.id
    any_store.runs.delete(foreign.id)
    assert any_store.runs.foreign() == []


def test_an_older_store_that_can_only_be_read_is_refused_in_a_sentence(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heatcheck.runs.database._only_readable", lambda file: True)
    with pytest.raises(StoreProblem, match="an older version and can only be read"):
        Database(f"sqlite:///{old}")
    assert list(old.parent.glob("*.backup")) == []
