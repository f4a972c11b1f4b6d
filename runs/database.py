"""The database: where it is, how it is opened. SQLite in the user's data folder by default (WAL,
synchronous FULL, so what was acknowledged is there after a power cut); another database by a
SQLAlchemy URL in HEATCHECK_DATABASE_URL.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from platformdirs import user_data_path

from heatcheck.core.errors import RunProblem
from heatcheck.runs.schema import schema


def default_url() -> str:
    """HEATCHECK_DATABASE_URL, or SQLite in the user's data folder."""
    return (
        os.environ.get("HEATCHECK_DATABASE_URL")
        or f"sqlite:///{user_data_path('heatcheck', ensure_exists=True) / 'heatcheck.db'}"
    )


def absolute(url: str) -> str:
    """The same URL, a relative SQLite file made absolute, so that it means the same file from
    another folder.
    """
    parsed = sa.make_url(url)
    if (
        parsed.get_backend_name() != "sqlite"
        or not parsed.database
        or parsed.database.startswith((":memory:", "file:"))
    ):
        return url
    return parsed.set(database=str(Path(parsed.database).resolve())).render_as_string(
        hide_password=False
    )


class Database:
    """An open database with the tables of runs."""

    def __init__(self, url: str | None = None) -> None:
        self.url = url or default_url()
        try:
            self.url = absolute(self.url)
            self.engine = sa.create_engine(self.url)
            if self.engine.dialect.name == "sqlite":
                sa.event.listen(self.engine, "connect", _prepare_sqlite)
            schema.create_all(self.engine)
        except (sa.exc.SQLAlchemyError, ImportError) as error:
            raise RunProblem(
                f"Expected a database at {self.url}. It cannot be opened: {error}. Check "
                "--store or HEATCHECK_DATABASE_URL."
            ) from error


def _prepare_sqlite(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
