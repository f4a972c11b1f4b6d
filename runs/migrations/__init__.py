"""Versions of the store's tables, by Alembic: a new store is made, an older one is brought up to
date after a backup of its file, a newer one is refused.

To change the tables: change `runs/schema.py` or `review/schema.py`, and add a revision in
`versions/` that does the same to an older store. A test holds the two against each other.
"""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from heatcheck.core.errors import StoreProblem

BEFORE = "0001"  # the tables of stores that were made before they had a version
LOCK = 0x4EA7C4EC  # PostgreSQL's number for: one process at a time changes the tables
TURN = threading.Lock()  # Alembic keeps what it upgrades in its modules: one thread at a time


def newest() -> str:
    """The version that this Heatcheck reads and writes."""
    head = _scripts().get_current_head()
    assert head is not None
    return head


def bring_up_to_date(engine: sa.Engine, file: Path | None) -> None:
    """Make or upgrade the tables, one process at a time, in one transaction.

    Raises:
        StoreProblem: a newer Heatcheck has written the store; nothing is changed.
    """
    with engine.connect() as connection:
        if _version(connection) == newest():
            return
    with engine.execution_options(heatcheck_writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        version, tables = _version(connection), set(sa.inspect(connection).get_table_names())
        if version == newest():  # another process was quicker
            return
        if version and version not in {script.revision for script in _scripts().walk_revisions()}:
            raise StoreProblem(
                f"Expected a store of this version of Heatcheck or an older one. A newer one has "
                f"written this store (its tables are {version}, ours {newest()}). "
                "Update Heatcheck, or name another store with --store."
            )
        if file is not None and "runs" in tables:
            _back_up(file, version or BEFORE)
        upgrade(connection)


def refuse_other_versions(engine: sa.Engine) -> None:
    """Refuse a store that cannot be written and has other tables than ours.

    Raises:
        StoreProblem: it is older, or newer.
    """
    with engine.connect() as connection:
        version = _version(connection)
    if version != newest():
        raise StoreProblem(
            f"Expected a store with tables of version {newest()}. This one has "
            f"{version or 'an older version'} and can only be read. Copy it to where it can be "
            "written, or read it with the Heatcheck that wrote it."
        )


def _version(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def upgrade(connection: sa.Connection, version: str = "head") -> None:
    """Make or upgrade the tables within a transaction, to the newest version or another."""
    scripts = _scripts()
    config = Config()
    context = EnvironmentContext(
        config, scripts, fn=lambda revision, _: scripts._upgrade_revs(version, revision)
    )
    with TURN, context:
        context.configure(connection=connection, transaction_per_migration=False)
        context.run_migrations()


def _back_up(file: Path, version: str) -> Path:
    """A copy of the store as it is committed, beside it; its name says of which version and day."""
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    copy = file.with_name(f"{file.name}.{version}-{day}.backup")
    number = 1
    while copy.exists():
        number += 1
        copy = file.with_name(f"{file.name}.{version}-{day}-{number}.backup")
    source, target = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    return copy
