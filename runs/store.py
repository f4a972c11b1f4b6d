"""The store: everything that outlives a process. Runs, their results, in one database."""

from __future__ import annotations

import sqlalchemy as sa

from heatcheck.runs.database import Database
from heatcheck.runs.queue import Queue
from heatcheck.runs.records import Runs
from heatcheck.runs.results import Results


class Store:
    """Everything that outlives a process.

    Args:
        url: a SQLAlchemy URL; HEATCHECK_DATABASE_URL or SQLite in the user's data folder where left
            out.

    Raises:
        StoreProblem: the database cannot be opened, or a newer version has written it.
    """

    def __init__(self, url: str | None = None) -> None:
        self.database = Database(url)
        self.runs = Runs(self.database)
        self.queue = Queue(self.database, self.runs)
        self.results = Results(self.database, self.runs)

    @property
    def url(self) -> str:
        """Where it is, with its password."""
        return self.database.url

    @property
    def engine(self) -> sa.Engine:
        """The connections, for the rooms that keep tables of their own beside the runs'."""
        return self.database.engine
