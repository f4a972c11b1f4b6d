"""The queue: runs that a server was asked for and has not started yet, in their order. It is part
of the store, so that it outlives the server.

A run in it is `waiting`, started by a server, on this host; one that the command line is about to
begin is `waiting` too, and no server's. Such a run is held by nobody, so its `held_until` is its
place: small numbers, the lowest comes first.
"""

from __future__ import annotations

import os
import socket

import sqlalchemy as sa

from heatcheck.core.errors import BadParameter, RunProblem
from heatcheck.runs.database import Database
from heatcheck.runs.leases import Status, is_held
from heatcheck.runs.records import SERVER, Runs
from heatcheck.runs.schema import runs_table, stops_table

SETTING = "HEATCHECK_RUNS_AT_ONCE"
MOST = 64  # runs at once


def at_once() -> int:
    """How many runs a server works on at once. Raises BadParameter for a setting that is no whole
    number from 1 to 64.
    """
    setting = os.environ.get(SETTING, "1")
    if not setting.isdecimal() or not 1 <= int(setting) <= MOST:
        raise BadParameter(
            f"Expected {SETTING} to be a whole number from 1 to {MOST}. Got {setting!r}."
        )
    return int(setting)


class Queue:
    """The runs that wait for their turn on this host."""

    def __init__(self, database: Database, runs: Runs) -> None:
        self.database, self.runs = database, runs

    def waiting(self) -> list[str]:
        """The ids of the runs that wait, the next one first."""
        with self.database.reading() as connection:
            return list(_places(connection))

    def join(self, run: str, *, first: bool = False) -> None:
        """Have a run wait for its turn, behind all others or before them. One that a process works
        on, or that waits already, stays where it is; `first` moves one that waits.
        """
        with self.database.writing() as connection:
            row = self.runs.locked(connection, run)
            places = _places(connection)
            if row.held or (run in places and not first):
                return
            place = _before(places) if first else _behind(places)
            connection.execute(
                runs_table.update()
                .where(runs_table.c.id == run)
                .values(
                    status=Status.WAITING,
                    started_by=SERVER,
                    host=socket.gethostname(),
                    held_until=place,
                    lease=row.lease + 1,  # who held it before writes nothing more
                    progress="",
                    problem="",
                    ended_at=None,
                )
            )
            connection.execute(stops_table.delete().where(stops_table.c.run == run))

    def move_to_front(self, run: str) -> None:
        """Let a run that waits start next. Raises RunProblem where it does not wait any more."""
        if run not in self.waiting():
            raise RunProblem(f"Run {run} does not wait any more. There is nothing to move.")
        self.join(run, first=True)

    def take(self, most: int) -> tuple[str, int] | None:
        """Claim the next run for a process that is about to start: its id and the number of its
        lease. None where none waits, or servers on this host work on `most` runs already.
        """
        with self.database.writing() as connection:
            first = connection.execute(_in_order().with_for_update()).first()
            if first is None or _under_way(connection) >= most:
                return None
            return first.id, self.runs.taken_in(connection, first.id, started_by=SERVER).number


def _before(places: dict[str, float]) -> float:
    return min(places.values(), default=1.0) - 1


def _behind(places: dict[str, float]) -> float:
    return max(places.values(), default=0.0) + 1


def _places(connection: sa.Connection) -> dict[str, float]:
    """The runs that wait by their ids, with their places, the next one first."""
    return {row.id: row.place for row in connection.execute(_in_order())}


def _here() -> sa.ColumnElement[bool]:
    """Of a server on this host."""
    return (runs_table.c.started_by == SERVER) & (runs_table.c.host == socket.gethostname())


def _in_order() -> sa.Select[str, float]:
    """The runs that wait, the next one first: id, place."""
    place = sa.func.coalesce(runs_table.c.held_until, 0.0).label("place")
    return (
        sa.select(runs_table.c.id, place)
        .where(_here(), runs_table.c.status == Status.WAITING)
        .order_by(place, runs_table.c.asked_at, runs_table.c.id)
    )


def _under_way(connection: sa.Connection) -> int:
    """How many runs servers on this host work on."""
    counted = sa.select(sa.func.count()).select_from(runs_table)
    held = is_held(connection.dialect.name)
    return connection.scalar(counted.where(_here(), held)) or 0
