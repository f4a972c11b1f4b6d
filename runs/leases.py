"""Leases: which process works on a run. A lease is a number that the run's row carries; whoever
claims the run or takes it away raises it, and a write with an older number is refused.

The holder renews its lease from a thread; one that was not renewed for `lease_seconds` by the
store's own clock is stale, on whichever host its process was. No process number is looked at.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from heatcheck.core.errors import BadParameter, HeatcheckError, LeaseLost
from heatcheck.runs.database import Database
from heatcheck.runs.schema import runs_table, spans_table

log = logging.getLogger("heatcheck.leases")
SETTING = "HEATCHECK_LEASE_SECONDS"


class Status(StrEnum):
    """How it stands with a run."""

    WAITING = "waiting"  # asked for, and nobody has begun
    RUNNING = "running"
    INTERRUPTED = "interrupted"  # its process ended before the run did; it can go on
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNDER_WAY = (Status.WAITING, Status.RUNNING)


def lease_seconds() -> float:
    """After how many seconds without renewal a lease is stale. Raises BadParameter for a setting
    that is no number from 1 to 3600.
    """
    setting = os.environ.get(SETTING, "30")
    try:
        seconds = float(setting)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 3600:
        raise BadParameter(f"Expected {SETTING} to be seconds from 1 to 3600. Got {setting!r}.")
    return seconds


def store_clock(dialect: str) -> sa.ColumnElement[float]:
    """Seconds since 1970 by the database's clock."""
    if dialect == "sqlite":
        return (sa.func.julianday("now") - 2440587.5) * 86400.0
    return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Float)


def is_held(dialect: str) -> sa.ColumnElement[bool]:
    """Whether a row of the runs is held by a process that renews its lease."""
    fresh = sa.func.coalesce(runs_table.c.held_until, 0.0) > store_clock(dialect)
    return (runs_table.c.status == Status.RUNNING) & fresh


def moment() -> str:
    """Now, as the store keeps it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Lease:
    """The right to write about one run. Every write goes through `writing`."""

    def __init__(self, database: Database, run: str, number: int, before: Status) -> None:
        self.database, self.run, self.number = database, run, number
        self.before = before  # how the run stood before it was claimed
        self.ended = False
        self._since = moment()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction about the run, which also renews the lease. Its begin is waited for; who
        would do the whole again where the store goes away in its middle uses
        `database.patience.kept`.

        Raises:
            LeaseLost: the run is another process's by now, was ended or deleted.
            StoreProblem: the store does not answer.
        """
        with ExitStack() as stack:
            begun = self.database.patience.kept(
                lambda: stack.enter_context(self.database.writing())
            )
            assert begun is not None
            self.renew_in(begun)
            yield begun

    def renew(self) -> None:
        """Show that the process is alive. Raises LeaseLost, and StoreProblem at once."""
        with self.database.writing() as connection:
            self.renew_in(connection)

    def renew_in(self, connection: sa.Connection) -> None:
        """Renew the lease within a transaction. Raises LeaseLost."""
        until = store_clock(connection.dialect.name) + lease_seconds()
        held = runs_table.update().where(self._row, runs_table.c.status == Status.RUNNING)
        if connection.execute(held.values(held_until=until)).rowcount != 1:
            raise LeaseLost(
                f"Run {self.run} is no longer this process's: another one works on it, or it was "
                "ended or deleted. Nothing more is written. See: heatcheck list"
            )
        span = (spans_table.c.run == self.run) & (spans_table.c.began_at == self._since)
        connection.execute(spans_table.update().where(span).values(ended_at=moment()))

    def begin_span_in(self, connection: sa.Connection) -> None:
        """Note that work begins now: a run that was stopped and went on has several spans."""
        span = {"run": self.run, "began_at": self._since, "ended_at": self._since}
        connection.execute(spans_table.insert().values(**span))

    def end_in(self, connection: sa.Connection, **columns: Any) -> None:
        """Give the run up with these columns."""
        connection.execute(runs_table.update().where(self._row).values(**columns))
        self.ended = True

    def stands_as(self, status: Status | str) -> bool:
        """Whether the run stands so, and nobody has claimed it since."""
        with self.database.reading() as connection:
            stands = sa.select(runs_table.c.status).where(self._row)
            return connection.scalar(stands) == status

    def release(self, problem: str = "") -> None:
        """Let go of a run that did not come to its end: it is interrupted from now on; and why,
        where that is known.
        """
        with self.database.writing() as connection:
            held = self._row & (runs_table.c.status == Status.RUNNING)
            told = {"problem": problem} if problem else {}
            connection.execute(runs_table.update().where(held).values(held_until=0.0, **told))
        self.ended = True

    @property
    def _row(self) -> sa.ColumnElement[bool]:
        return (runs_table.c.id == self.run) & (runs_table.c.lease == self.number)

    @contextmanager
    def kept(self) -> Iterator[Lease]:
        """Renew the lease from a thread while the block runs, which waits for a store that does not
        answer; a lease that was not ended there is released.
        """
        stopped = threading.Event()

        def beat() -> None:
            failed = False
            while not stopped.wait(lease_seconds() / 6):
                try:
                    self.renew()
                    failed = False
                except LeaseLost:
                    return  # the next write says so
                except HeatcheckError as error:
                    if not failed:  # once an outage
                        log.warning("the lease of run %s was not renewed: %s", self.run, error)
                    failed = True

        thread = threading.Thread(target=beat, name=f"lease of {self.run}", daemon=True)
        thread.start()
        try:
            with self.database.patience.of_a_run():
                yield self
        finally:
            stopped.set()
            thread.join()
            if not self.ended:
                try:
                    self.release()
                except HeatcheckError as error:
                    log.warning("run %s was not released: %s", self.run, error)
