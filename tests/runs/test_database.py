"""What can go wrong with a database, each a sentence that says what was expected and what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa

from heatcheck.core.errors import StoreProblem
from heatcheck.runs import database, specs
from heatcheck.runs.database import Database
from heatcheck.runs.schema import runs_table
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import put_in


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///", "names no file"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("no url", "Expected the URL of a database"),
        ("sqlite:////nowhere/at/all/store.db", "Expected a folder for the store"),
        ("unheard-of://host/name", "Check --store"),
        ("postgresql+psycopg://u:secret@127.0.0.1:1/none", "does not answer"),
        ("postgresql+psycopg://u:secret@host:port/none", "Expected the URL of a database"),
        ("postgresql+psycopg://127.0.0.1:1/none?password=secret", "does not answer"),
    ],
)
def test_a_url_that_opens_nothing_is_a_sentence_without_its_password(url: str, words: str) -> None:
    with pytest.raises(StoreProblem) as told:
        Database(url)
    assert words in str(told.value)
    assert "secret" not in str(told.value)


def test_a_missing_driver_is_named_with_the_extra_that_brings_it() -> None:
    with pytest.raises(StoreProblem, match=r"pip install 'heatcheck\[postgresql\]'"):
        Database("postgresql+asyncpg://u:p@127.0.0.1/none")


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no database, and longer than the header of one" * 10)
    with pytest.raises(StoreProblem, match="The file is something else"):
        Database(f"sqlite:///{file}")
    assert file.read_text().startswith("no database")


def test_a_folder_in_place_of_the_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreProblem, match="cannot be opened or made"):
        Database(f"sqlite:///{tmp_path}")


def test_a_full_disk_is_a_sentence_and_loses_nothing(store: Store) -> None:
    with store.database.writing() as connection:
        put_in(connection, "a")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreProblem, match="is full"), store.database.writing() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        put_in(connection, "b", problem="x" * 1_000_000)
    with store.database.reading() as connection:
        assert connection.scalars(sa.select(runs_table.c.id)).all() == ["a"]


def test_a_lock_that_is_held_too_long_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    here = Database(f"sqlite:///{tmp_path / 'store.db'}")
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreProblem, match="has held the store"), here.writing():
            pass
        with here.reading() as connection:  # readers do not wait
            assert connection.scalars(sa.select(runs_table.c.id)).all() == []
    finally:
        other.close()
        here.engine.dispose()


def test_a_store_that_was_removed_is_not_read_on(store: Store) -> None:
    store.runs.open(specs.ask(methods=["random"], metrics=["deletion"], points=3))
    file = Path(str(store.engine.url.database))
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    for look in (store.runs.all, lambda: store.runs.get("a"), lambda: store.results.table("a")):
        with pytest.raises(StoreProblem, match="It is gone"):
            look()
    assert not file.exists()


def test_a_store_that_was_replaced_is_read_anew(store: Store, tmp_path: Path) -> None:
    run = store.runs.open(specs.ask(methods=["random"], metrics=["deletion"], points=3))
    file = Path(str(store.engine.url.database))
    other = Store(f"sqlite:///{tmp_path / 'other.db'}")
    other.engine.dispose()
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
    (tmp_path / "other.db").rename(file)
    assert store.runs.all() == []
    assert store.runs.open(specs.ask(methods=["random"], metrics=["deletion"], points=3)) == run


AS_NOBODY = """
import os, sys
from heatcheck.runs.database import Database
from heatcheck.core.errors import StoreProblem
import sqlalchemy as sa
from heatcheck.runs.schema import runs_table
sa.create_engine("sqlite://").connect().close()  # its modules, while they can be read
os.setgid(65534); os.setuid(65534)
here = Database(sys.argv[1])
with here.reading() as connection:
    print(connection.scalars(sa.select(runs_table.c.id)).all())
try:
    with here.writing():
        pass
except StoreProblem as problem:
    print(problem)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to look as somebody else")
@pytest.mark.parametrize(
    ("closed", "mode"),
    [(True, 0o644), (False, 0o644), (True, 0o666)],
    ids=["a file", "a file that another process has open", "a folder"],
)
def test_a_store_that_can_only_be_read_is_listed(closed: bool, mode: int) -> None:
    # in none of pytest's folders: other tests that begin close those to all but their owner
    with TemporaryDirectory(prefix="heatcheck-shared-") as folder:
        url = f"sqlite:///{folder}/store.db"
        mine = Database(url)
        with mine.writing() as connection:
            put_in(connection, "a")
        if closed:
            mine.engine.dispose()
        Path(folder).chmod(0o755)
        for path in Path(folder).iterdir():
            path.chmod(mode)
        shown = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, url],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            cwd="/",
        )
        assert shown.returncode == 0, shown.stderr
        assert shown.stdout.startswith("['a']\nExpected a store that can be written")
        mine.engine.dispose()


OPEN = """
import sys
from heatcheck.runs.database import Database
sys.stdin.readline()
Database(sys.argv[1])
"""


def test_processes_that_open_a_fresh_store_at_once_are_all_content(any_url: str) -> None:
    """Of eight that made the tables at once, seven failed."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", OPEN, any_url]
    processes = [
        subprocess.Popen(command, stdin=pipe, stderr=pipe, text=True, cwd="/") for _ in range(8)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        assert process.communicate(timeout=120)[1] == ""
        assert process.returncode == 0


def test_threads_that_each_open_a_fresh_store_are_all_content(tmp_path: Path) -> None:
    """Of four that made the tables of their own stores at once, all failed."""
    urls = [f"sqlite:///{tmp_path}/{name}.db" for name in "abcd"]
    together, failures = threading.Barrier(len(urls)), []

    def make(url: str) -> None:
        try:
            together.wait()
            Store(url).engine.dispose()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=make, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_threads_that_read_and_write_at_once_all_come_through(any_store: Store) -> None:
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for turn in range(10):
                with any_store.database.writing() as connection:
                    count = connection.scalar(sa.select(sa.func.count()).select_from(runs_table))
                    put_in(connection, f"{name}{turn}", progress=str(count))
                any_store.runs.foreign()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(any_store.runs.foreign()) == 80


def test_a_relative_file_means_the_same_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert database.absolute("sqlite:///store.db") == f"sqlite:///{tmp_path / 'store.db'}"
    assert database.absolute("postgresql://u:p@h/n") == "postgresql://u:p@h/n"
