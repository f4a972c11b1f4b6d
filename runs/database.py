"""The database: where it is, how it is opened, read and written; and what goes wrong with it.

SQLite in the user's data folder by default (WAL, synchronous FULL, so what was acknowledged is
there after a power cut); another database by a SQLAlchemy URL in HEATCHECK_DATABASE_URL.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from platformdirs import user_data_path
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect

from heatcheck.core.errors import StoreProblem
from heatcheck.runs.migrations import bring_up_to_date, refuse_other_versions
from heatcheck.runs.outages import DAMAGED, DAMAGES, Patience

PATIENCE = 30.0  # seconds for which a statement waits for another process's lock
HURRY = 2.0  # and what can be done another time
LONGEST = 64 * 2**20  # bytes that SQLite may keep beside its file
LIMITS = {  # of PostgreSQL; a host that has vanished is noticed as soon as a lock is
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "tcp_user_timeout": round(1000 * PATIENCE),
    "options": f"-c lock_timeout={PATIENCE:.0f}s -c idle_in_transaction_session_timeout=120s",
}
PRAGMAS = (
    "foreign_keys=ON",
    "synchronous=FULL",
    "journal_mode=WAL",
)
CHECK = "Check --store or HEATCHECK_DATABASE_URL."
GONE = "Expected the store at {file}. It is gone, or something else is in its place. Put it back."
HEADER = b"SQLite format 3\0"  # how a file of SQLite begins


def default_url() -> str:
    """HEATCHECK_DATABASE_URL, or SQLite in the user's data folder."""
    file = user_data_path("heatcheck", ensure_exists=True) / "heatcheck.db"
    return os.environ.get("HEATCHECK_DATABASE_URL") or f"sqlite:///{file}"


def absolute(url: str) -> str:
    """The same URL, a relative SQLite file made absolute, so that it means the same file from
    another folder.

    Raises:
        StoreProblem: it is no URL of a database that outlives the process.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise StoreProblem(
            "Expected the URL of a database, say sqlite:///heatcheck.db. Got something else. "
            + CHECK
        ) from error
    if parsed.get_backend_name() != "sqlite":
        return url
    if not parsed.database or parsed.database.startswith((":memory:", "file:")):
        raise StoreProblem(
            f"Expected sqlite:///FILE. Got {url!r}, which names no file: it would be lost at once. "
            + CHECK
        )
    try:
        path = Path(parsed.database).expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise StoreProblem(f"Expected a file for the store. Got none: {error}. {CHECK}") from error
    return parsed.set(database=str(path)).render_as_string(hide_password=False)


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for one that a server keeps."""
    parsed = sa.make_url(absolute(url))
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


class Database:
    """An open database with the tables of this version.

    A new one is made, an older one is brought up to date after a backup of its file; a file that
    cannot be written is opened for reading.

    Raises:
        StoreProblem: it cannot be opened, or a newer Heatcheck has written it.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = absolute(url or default_url())
        parsed = sa.make_url(self.url)
        self.shown = _without_secrets(parsed)
        self.patience = Patience()
        self._file = Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None
        self._identity: tuple[int, int] | None = None
        self._longest = LONGEST
        self._beside: tuple[int, int] | None = None  # what SQLite keeps beside the file
        with self._told():
            self.read_only = self._file is not None and _only_readable(self._file)
            self.engine = self._made(parsed)
            try:
                if self.read_only:
                    refuse_other_versions(self.engine)
                else:
                    bring_up_to_date(self.engine, self._file)
            except BaseException:
                self.engine.dispose()
                raise
            if self._file is not None:
                self._identity = _identity(self._file)

    def _made(self, parsed: sa.URL) -> sa.Engine:
        if self._file is None:
            given = parsed.get_backend_name() == "postgresql" and "options" not in parsed.query
            limits = {"connect_args": LIMITS} if given else {}
            return sa.create_engine(parsed, pool_pre_ping=True, **limits)
        file = self._file
        if not file.parent.is_dir():
            raise StoreProblem(
                f"Expected a folder for the store at {file.parent}. There is none. "
                f"Make it, or {CHECK[0].lower()}{CHECK[1:]}"
            )
        # Who can only read looks anew each time whether somebody writes.
        pool = {"poolclass": sa.pool.NullPool} if self.read_only else {}
        engine = sa.create_engine(parsed, creator=lambda: self._connected(file), **pool)
        sa.event.listen(engine, "begin", _begin)
        return engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read by; all that it reads is of one moment. Raises StoreProblem where
        the database fails.
        """
        engine = self._present()
        if engine.dialect.name == "postgresql":  # SQLite's transactions are so by themselves
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with self._told(), engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction, committed at its end. It has the write lock from its beginning, so that
        what it reads stays true until it is committed.

        Raises:
            StoreProblem: the database fails; nothing of the transaction is kept.
        """
        if self.read_only:
            raise StoreProblem(
                f"Expected a store that can be written at {self.shown}. It can only be read. "
                "Change its permissions, or name another with --store."
            )
        engine = self._present().execution_options(heatcheck_writes=True)
        ending = False
        with (
            self._told(lambda: ending),
            engine.connect() as connection,
            connection.begin() as transaction,
        ):
            yield connection
            ending = True
            transaction.commit()
        if self._file is not None:
            if _identity(self._file) != self._identity:  # it went into what is no longer here
                raise _unsure(StoreProblem(GONE.format(file=self._file)))
            self._shorten(self._file)

    def compact(self) -> None:
        """Write a SQLite file anew without the room of what was deleted. Raises StoreProblem."""
        if self._file is None or self.read_only:
            return
        self._present()
        with self._told(), closing(self._connected(self._file)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _present(self) -> sa.Engine:
        """The engine; a file that is gone or was replaced is not read on in silence."""
        if self._file is not None and self._identity is not None:
            there, beside = _identity(self._file), _identity(Path(f"{self._file}-wal"))
            if there != self._identity:
                self.engine.dispose()
                # Beside an empty file SQLite would delete what was committed and not yet moved into
                # the store that has gone; beside another store it would write that into it.
                left = beside is not None and beside == self._beside
                if there is None or left or not _is_sqlite(self._file):
                    raise StoreProblem(GONE.format(file=self._file))
                with self._told():  # another store took its place
                    bring_up_to_date(self.engine, self._file)
                self._identity = there
            self._beside = beside
        return self.engine

    def _shorten(self, file: Path) -> None:
        """Move what is committed from beside the file into it where that has become long. SQLite
        does so by itself, but for as long as readers overlap it begins nowhere anew.
        """
        with suppress(OSError, sqlite3.Error):  # another time
            size = Path(f"{file}-wal").stat().st_size
            if size > self._longest:
                with closing(_connected(file, "rw", HURRY)) as connection:
                    moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                self._longest = LONGEST + (size if moved[0] else 0)

    def _connected(self, file: Path) -> sqlite3.Connection:
        """A new connection; only one that opens the store may make its file."""
        if self.read_only:
            return _connected_to_read(file)
        return _connected(file, "rwc" if self._identity is None else "rw")

    @contextmanager
    def _told(self, ending: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """Errors of the database as sentences; `ending` says whether a commit was on its way."""
        try:
            yield
        except sa.exc.IntegrityError:
            raise  # a fact about rows, which the caller knows how to read
        except DAMAGES as error:
            raise StoreProblem(DAMAGED) from error
        except (sa.exc.SQLAlchemyError, sqlite3.Error, ImportError, OSError) as error:
            problem = StoreProblem(_sentence(self.shown, error))
            raise (_unsure(problem) if ending() else problem) from error


def add_once(connection: sa.Connection, table: sa.Table, **row: Any) -> bool:
    """Add a row unless its key is there, whoever writes at the same time; whether it was added."""
    made = sqlite_dialect.insert if connection.dialect.name == "sqlite" else postgresql.insert
    (key, *_) = table.primary_key
    adding = made(table).values(row).on_conflict_do_nothing().returning(key)
    return connection.execute(adding).first() is not None


def _without_secrets(url: sa.URL) -> str:
    """A URL as it may be shown: no password, in its place or in the query."""
    query = {key: "***" if "pass" in key.lower() else value for key, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


def _unsure(problem: StoreProblem) -> StoreProblem:
    problem.unsure = True
    return problem


def _sentence(shown: str, error: Exception) -> str:
    text = str(getattr(error, "orig", None) or error)
    if isinstance(error, ImportError):
        return (
            f"Expected the driver of the database at {shown}. It is not installed ({text}). "
            "For PostgreSQL: pip install 'heatcheck[postgresql]'."
        )
    for words, sentence in FAULTS.items():
        if words in text.lower():
            return sentence.format(shown=shown)
    kind = type(getattr(error, "orig", None) or error).__name__
    reason = text.splitlines()[0] if text.strip() and "@" not in text else kind
    return f"Expected a database at {shown}. It does not answer: {reason}. {CHECK}"


FULL = "The disk of the store at {shown} is full. What was saved before is kept. Make room."
FAULTS = {
    "database or disk is full": FULL,
    "no space left on device": FULL,
    "disk i/o error": "The disk of the store at {shown} cannot be read or written; it may be full. "
    "What was saved before is kept. Make room, or look after the disk.",
    "lock timeout": "Another process has held a run in the store at {shown} for too long. What was "
    "saved before is kept. Look for a process that hangs, then try again.",
    "database is locked": "Another process has held the store at {shown} for too long. Expected it "
    f"within {PATIENCE:.0f} s. What was saved before is kept. Look for a process that hangs, then "
    "try again.",
    "readonly database": "Expected a store that can be written at {shown}. It can only be read. "
    "Change its permissions, or name another with --store.",
    "file is not a database": "Expected a store of Heatcheck at {shown}. The file is something "
    f"else. {CHECK}",
    "malformed": DAMAGED,
    "could not decode": DAMAGED,
    "unable to open database file": "Expected a store at {shown}. Its file cannot be opened or "
    f"made. {CHECK}",
    "no such table": "Expected a store of Heatcheck at {shown}. Its tables are missing. " + CHECK,
}


# -- SQLite ----------------------------------------------------------------------------------------


def _connected_to_read(file: Path) -> sqlite3.Connection:
    """A connection to a file that cannot be written, and where nobody writes it not even beside."""
    still = "" if Path(f"{file}-wal").exists() else "&immutable=1"
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode=ro{still}", uri=True, check_same_thread=False
    )
    connection.isolation_level = None
    return connection


def _connected(file: Path, mode: str, patience: float | None = None) -> sqlite3.Connection:
    """A connection in which transactions begin where we say so (`_begin`)."""
    patience = PATIENCE if patience is None else patience
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode={mode}", uri=True, timeout=patience, check_same_thread=False
    )
    connection.isolation_level = None
    until = time.monotonic() + patience
    for pragma in PRAGMAS:
        while True:  # a fresh file turned to WAL by several processes: SQLite does not wait there
            try:
                connection.execute(f"PRAGMA {pragma}")
                break
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    connection.close()
                    raise
                time.sleep(0.02)
    return connection


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("heatcheck_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _only_readable(file: Path) -> bool:
    """Whether the file, or what SQLite keeps beside it, cannot be written."""
    if not file.is_file():
        return False
    beside = [Path(f"{file}-wal"), Path(f"{file}-shm")]
    made = all(path.is_file() for path in beside)
    needed = (file, *(beside if made else [file.parent]))
    return not all(os.access(path, os.W_OK) for path in needed)


def _is_sqlite(file: Path) -> bool:
    """Whether a file that was put in a store's place is a database, without opening it as one."""
    try:
        with file.open("rb") as content:
            return content.read(len(HEADER)) == HEADER
    except OSError:
        return False


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status: Any = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
