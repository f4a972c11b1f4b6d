"""Whole runs by the command line, and many writers at once, on each kind of database."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from heatcheck.inputs.images import Image
from heatcheck.review.store import Reviews
from heatcheck.runs import migrations
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.outages import METHODS, METRICS, Measured, small_spec, undisturbed
from heatcheck.tests.doubles.postgresql import Server, skip_where_missing, started
from heatcheck.tests.doubles.sessions import mapped_run
from heatcheck.tests.doubles.waiting import waited

OLD = Path(__file__).parent / "store-of-2026-11-25.sql"
OLD_RUN = "fbe35bb8be80dca3"
MODULE = "network_of_whole_runs"
WRITERS, WRITES = 8, 100


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("small")


@pytest.fixture(scope="module")
def spec(root: Path) -> Iterator[RunSpec]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        yield small_spec(root, MODULE)


@pytest.fixture(scope="module")
def expected(spec: RunSpec, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return undisturbed(spec, tmp_path_factory.mktemp("undisturbed"), InProcess())


@pytest.fixture
def server() -> Iterator[Server]:
    """A PostgreSQL server that may be stopped."""
    skip_where_missing()
    with started() as server:
        yield server


@contextmanager
def command(root: Path, url: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`heatcheck` with a store and the small network."""
    settings = {"HEATCHECK_DATABASE_URL": url, "PYTHONPATH": str(root)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "heatcheck.cli", *words],
        env={**os.environ, **settings, "HEATCHECK_LEASE_SECONDS": "2"},
        stdout=pipe,
        stderr=pipe,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def asked(root: Path) -> tuple[str, ...]:
    """The words of the small run."""
    options = {
        "classifier": f"{MODULE}:make",
        "images": str(root / "images"),
        "methods": ",".join(METHODS),
        "metrics": ",".join(METRICS),
        "points": "9",
    }
    return ("run", *(word for name, value in options.items() for word in (f"--{name}", value)))


@pytest.mark.long
def test_a_whole_run_by_the_command_line_is_the_same_on_each_kind_of_database(
    root: Path, spec: RunSpec, expected: Measured, any_url: str
) -> None:
    with command(root, any_url, *asked(root)) as process:
        output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert output.split()[-1] == spec.id
    store = Store(any_url)
    expected.is_that_of(store, spec.id)
    store.engine.dispose()


def has_done(store: Store, steps: int, process: subprocess.Popen[str]) -> bool:
    """Whether a command that still works has done more than so many steps."""
    assert process.poll() is None, process.communicate()
    return any(run.done > steps for run in store.runs.all())


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_a_server_that_crashes_at_any_moment_of_a_run_by_the_command_line_is_waited_for(
    seed: int, root: Path, spec: RunSpec, expected: Measured, server: Server
) -> None:
    store, draws = Store(server.url), random.Random(seed)
    with command(root, server.url, *asked(root)) as process:
        waited(lambda: has_done(store, seed, process), 300)
        for _ in range(2):
            time.sleep(draws.uniform(0, 0.3))
            server.crash()
            time.sleep(draws.uniform(0, 2))
            server.start()
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    expected.is_that_of(store, spec.id)
    store.engine.dispose()


@pytest.mark.long
def test_a_server_that_stays_away_ends_the_command_in_a_sentence_that_says_how_to_go_on(
    root: Path, spec: RunSpec, expected: Measured, server: Server
) -> None:
    store = Store(server.url)
    with command(root, server.url, *asked(root)) as process:
        waited(lambda: has_done(store, 0, process), 300)
        server.crash()
        _, errors = process.communicate(timeout=180)
    assert process.returncode == 2, errors
    assert "waiting up to 30 s for the store" in errors
    assert errors.strip().endswith(f"Then go on with: heatcheck resume {spec.id}")
    assert "Traceback" not in errors
    server.start()
    with command(root, server.url, "resume", spec.id) as process:
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    expected.is_that_of(store, spec.id)
    store.engine.dispose()


WRITE = """
import sys
import numpy as np
from heatcheck.metrics import Score
from heatcheck.review.store import Reviews
from heatcheck.runs import specs
from heatcheck.runs.cells import CellResult, Scored
from heatcheck.runs.store import Store
url, invitation, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
methods = ["random", "edges", "centre_prior", "vanilla_gradients", "grad_cam"]
spec = specs.ask(methods=methods, metrics=["total_variation"], points=3, seed=number)
store = Store(url)
reviews = Reviews(store)
token = reviews.join(invitation, f"Reviewer {number}")
items = iter(reviews.ballot(token))
sys.stdin.readline()
run = store.runs.open(spec)
with store.runs.claim(run) as lease:
    for place, image in enumerate(spec.images):
        store.results.save_image(lease, image, target=1, target_name="thing", probability=0.5)
        for method in spec.methods:
            value = Score(float(place), None, {})
            heat = np.full((8, 8), place, np.float32)
            result = CellResult(heat, 0.1, 1, 1, scores=(Scored(spec.metrics[0], value),))
            store.results.save_cell(lease, image, spec.keys[method], result)
            reviews.cast(token, next(items).id, ("left", "right", "tie")[place % 3])
    store.runs.end(lease, "finished")
print(run)
"""


@pytest.mark.long
def test_eight_processes_write_a_hundred_cells_and_votes_each_and_nothing_is_lost(
    any_url: str, photographs: list[Image]
) -> None:
    store = Store(any_url)
    reviews = Reviews(store)
    five = ["vanilla_gradients", "grad_cam", "random", "edges", "centre_prior"]
    reviewed = mapped_run(store, photographs, images=20, side=8, methods=five)
    names = [image.name for image in store.results.images(reviewed)]
    host = reviews.open_session(reviewed, "T", "q?", names, five, 5, "Hanna")
    pipe = subprocess.PIPE
    words = [sys.executable, "-c", WRITE, any_url, reviews.invitation(host)]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [*words, str(number)], stdin=pipe, stdout=pipe, stderr=pipe, text=True
                )
            )
            for number in range(1, WRITERS + 1)
        ]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        said = [process.communicate(timeout=1200) for process in processes]
    assert [errors for _, errors in said] == [""] * WRITERS
    runs = [output.strip() for output, _ in said]
    for run in runs:
        known = store.runs.get(run)
        assert (known.status, known.done, known.failures) == ("finished", WRITES, 0)
        table = store.results.table(run)
        assert len(table) == len(table.drop_duplicates(["image", "method"])) == WRITES
        places = {image.name: place for place, image in enumerate(known.spec.images)}
        assert (table["value"] == table["image"].map(places)).all()
    reviews.reveal(host)
    votes = reviews.outcome(host).votes
    assert Counter(vote.reviewer for vote in votes) == {
        f"Reviewer {number}": WRITES for number in range(1, WRITERS + 1)
    }
    assert {vote.choice for vote in votes} == {"left", "right", "tie"}
    reviews.decide(host, "Use one of them.")
    reviews.close(host)
    reviews.delete(host)
    assert reviews.sessions() == []
    store.runs.delete(reviewed)
    store.engine.dispose()


def test_an_older_store_on_postgresql_is_upgraded_as_its_copy_in_sqlite_is(
    server: Server, tmp_path: Path
) -> None:
    old = tmp_path / "old.db"
    with sqlite3.connect(old) as connection:
        connection.executescript(OLD.read_text())
    connection.close()
    copied(old, server.url)
    here, there = Store(f"sqlite:///{old}"), Store(server.url)
    run, other = here.runs.get(OLD_RUN), there.runs.get(OLD_RUN)
    assert (other.spec, other.status, other.done) == (run.spec, run.status, run.done)
    for of in ("table", "curves", "findings"):
        ours, theirs = (getattr(store.results, of)(OLD_RUN) for store in (here, there))
        assert len(ours) > 0 or of != "table"
        pd.testing.assert_frame_equal(ours, theirs)
    ours, theirs = Reviews(here).sessions(), Reviews(there).sessions()
    assert ours == theirs != []
    for store in (here, there):
        store.engine.dispose()


def copied(file: Path, url: str) -> None:
    """Tables of the first version in an empty database, with the rows of a file of that version."""
    script = Config()
    folder = Path(migrations.__file__).parent
    script.set_main_option("script_location", str(folder).replace("%", "%%"))
    script.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(script)
    target, source = sa.create_engine(url), sa.create_engine(f"sqlite:///{file}")
    first = lambda revision, _: scripts._upgrade_revs(migrations.BEFORE, revision)  # noqa: E731
    with target.begin() as connection, EnvironmentContext(script, scripts, fn=first) as context:
        context.configure(connection=connection, transaction_per_migration=False)
        context.run_migrations()
    tables, old = sa.MetaData(), sa.MetaData()
    tables.reflect(target)
    old.reflect(source)
    with target.begin() as connection, source.connect() as from_:
        for table in tables.sorted_tables:
            if table.name in old.tables:
                rows = from_.execute(sa.select(old.tables[table.name])).mappings().all()
                if rows:
                    connection.execute(table.insert(), [dict(row) for row in rows])
    for one in (target, source):
        one.dispose()
