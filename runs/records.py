"""Runs as the store knows them: opened, claimed by a process, stopped, ended, deleted."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from heatcheck.attribution.outputs import Output
from heatcheck.core.errors import LeaseLost, RunProblem, RunTaken, unknown
from heatcheck.inputs import memory
from heatcheck.inputs.sizes import fit_note
from heatcheck.runs.database import Database
from heatcheck.runs.leases import UNDER_WAY, Lease, Status, is_held, moment
from heatcheck.runs.outages import patient
from heatcheck.runs.provenance import DECIDED, continued, image_notes_of, notes_of
from heatcheck.runs.schema import OF_A_RUN, runs_table, spans_table, stops_table
from heatcheck.runs.spans import time_of, worked
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.stored_specs import SPECS, digest_of_text, drop_unused_specs, keep_spec

STOPPED = "stopped by the user"
SERVER = "server"  # who started a run: a server takes up again what it had started


@dataclass(frozen=True)
class Run:
    """A run as the store knows it."""

    id: str
    spec: RunSpec
    status: Status
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    seconds: float | None  # that processes worked on it, breaks left out; None before the first
    progress: str
    problem: str
    provenance: dict[str, str]
    done: int  # steps: cells, and second visits to cells
    failures: int  # scores with an error
    started_by: str = ""
    host: str = ""  # where its last process was

    @property
    def total(self) -> int:
        """How many steps the run has."""
        return self.spec.steps

    @property
    def images_done(self) -> int:
        """How many images' worth of its steps are done."""
        return self.done * len(self.spec.images) // max(1, self.total)

    @property
    def so_far(self) -> str:
        """How far it is, in steps; at its end in maps."""
        if self.status == Status.FINISHED and self.done < self.total:
            return f"{self.done:,} steps until it was decided"
        return self.spec.so_far(self.done)

    @property
    def output(self) -> Output:
        """How its network's outputs are read."""
        return Output.of_words(self.provenance.get("output", ""))

    @property
    def lone(self) -> bool:
        """Whether its network answers with one number, so that there is no other class."""
        return self.output.lone(int(self.provenance.get("classes", "2")))

    @property
    def notes(self) -> tuple[str, ...]:
        """For which comparison it ended, how its pictures are fitted, and what was said of its
        network, a sentence each.
        """
        decided = self.provenance.get(DECIDED, "")
        return tuple(filter(None, (decided, fit_note(self.spec.fit), *notes_of(self.provenance))))

    @property
    def image_notes(self) -> tuple[str, ...]:
        """What was said of its set of images, a sentence each."""
        return image_notes_of(self.provenance)

    @property
    def question(self) -> RunSpec:
        """The spec to go on with. Raises RunProblem where this version gives the question another
        id, so that it would be another run.
        """
        if self.spec.id != self.id:
            raise RunProblem(
                f"Run {self.id} was made by another version of Heatcheck, for which its question "
                "has another id. Expected one of this version. Ask it anew with: heatcheck run"
            )
        if memory.is_memory(self.spec.classifier):
            raise RunProblem(f"Run {self.id}: {memory.gone(self.spec.classifier)}")
        return self.spec


@dataclass(frozen=True)
class ForeignRun:
    """A run made by another version, whose question this version cannot read."""

    id: str
    status: Status
    asked_at: datetime
    reason: str


@patient
class Runs:
    """The runs of a database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def open(self, spec: RunSpec) -> str:
        """The spec's run, made if it is new, whoever else asks at the same time; its id. The places
        of images and weights are no part of the question: those of the last one who asks count.
        """
        text = json.dumps(spec.as_json())
        row = {
            "id": spec.id,
            "spec_digest": digest_of_text(text),
            "status": Status.WAITING,
            "asked_at": moment(),
            "progress": "",
            "problem": "",
            "provenance": "{}",
            "lease": secrets.randbelow(2**30),  # a run deleted and made anew repeats no number
        }
        for last in (False, True):
            try:
                self._open(row, text)
                break
            except sa.exc.IntegrityError:  # another process opened or deleted it at this moment
                if last:
                    raise
        return str(row["id"])

    def _open(self, row: Mapping[str, Any], text: str) -> None:
        same = runs_table.c.id == row["id"]
        with self.database.writing() as connection:
            stored = connection.scalar(sa.select(runs_table.c.spec_digest).where(same))
            if stored == row["spec_digest"]:
                return
            keep_spec(connection, text)
            if stored is None:
                connection.execute(runs_table.insert().values(**row))
            else:
                changed = {"spec_digest": row["spec_digest"]}
                connection.execute(runs_table.update().where(same).values(**changed))
        if stored is not None:
            drop_unused_specs(self.database)

    @contextmanager
    def claim(self, run: str, reserved: int | None = None) -> Iterator[Lease]:
        """Claim a run for this process while the block runs, with a lease that a thread renews;
        `reserved` is the number of a lease that was reserved for this process.

        Raises:
            RunProblem: another process works on it. LeaseLost: the reserved lease is gone.
        """
        with self._taken(run, reserved).kept() as lease:
            yield lease

    def reserve(self, run: str, started_by: str) -> int:
        """Claim a run for a process that is about to start: the number of its lease. Raises
        RunProblem where another process works on it.
        """
        return self._taken(run, None, started_by).number

    def release(self, run: str, number: int, problem: str = "") -> None:
        """Let go of a reserved run whose process has ended, and note why where that is known; does
        nothing where it has gone on.
        """
        Lease(self.database, run, number, Status.RUNNING).release(problem)

    def renew(self, run: str, number: int) -> None:
        """Renew a reserved lease while its process starts. Raises LeaseLost."""
        Lease(self.database, run, number, Status.RUNNING).renew()

    def _taken(self, run: str, reserved: int | None, started_by: str = "") -> Lease:
        with self.database.writing() as connection:
            return self.taken_in(connection, run, reserved, started_by)

    def taken_in(
        self, connection: sa.Connection, run: str, reserved: int | None = None, started_by: str = ""
    ) -> Lease:
        """Claim a run within a transaction: `claim` and `reserve`. Raises RunProblem, LeaseLost."""
        row = self.locked(connection, run)
        if reserved is None and row.held:
            raise RunTaken(
                f"Run {run} is running in another process. Wait for it, or watch it with: "
                "heatcheck list"
            )
        number = row.lease + 1 if reserved is None else reserved
        lease = Lease(self.database, run, number, Status(row.status))
        same = runs_table.update().where(runs_table.c.id == run)
        if reserved is None:
            columns = {
                "lease": number,
                "status": Status.RUNNING,
                "started_by": started_by,
                "progress": "starting",
                "problem": "",
                "ended_at": None,
                "began_at": row.began_at or moment(),
            }
            connection.execute(same.values(**columns))
            connection.execute(stops_table.delete().where(stops_table.c.run == run))
        lease.renew_in(connection)
        connection.execute(same.values(host=socket.gethostname(), pid=os.getpid()))
        if not started_by:
            lease.begin_span_in(connection)
        return lease

    def end(self, lease: Lease, status: Status | str, problem: str = "") -> None:
        """Note how a run ended; once is enough. Raises LeaseLost."""
        try:
            with lease.writing() as connection:
                told = {"problem": problem, "ended_at": moment(), "progress": ""}
                lease.end_in(connection, status=Status(status), **told)
        except LeaseLost:
            if not lease.stands_as(status):  # it was noted, and the answer was lost
                raise

    def ask_to_stop(self, run: str) -> Status:
        """Stop a run: one that is running after its cell, one that waits or was interrupted at
        once. What is done stays. Returns how it stands now.

        Raises:
            RunProblem: the run is not under way.
        """
        with self.database.writing() as connection:
            row = self.locked(connection, run)
            if row.held:
                stopped = sa.select(stops_table.c.run).where(stops_table.c.run == run)
                if connection.scalar(stopped) is None:
                    connection.execute(stops_table.insert().values(run=run, asked_at=moment()))
                return Status.RUNNING
            if row.status not in (Status.WAITING, Status.RUNNING):
                raise RunProblem(f"Run {run} is {row.status}. There is nothing to stop.")
            ended = {"status": Status.CANCELLED, "problem": STOPPED, "ended_at": moment()}
            connection.execute(
                runs_table.update()
                .where(runs_table.c.id == run)
                .values(lease=row.lease + 1, progress="", **ended)
            )
        return Status.CANCELLED

    def stop_asked(self, run: str) -> bool:
        """Whether somebody wants this run stopped."""
        with self.database.reading() as connection:
            asked = sa.select(stops_table.c.run).where(stops_table.c.run == run)
            return connection.scalar(asked) is not None

    def delete(self, run: str) -> None:
        """Delete a run with all its rows, also one of another version.

        Raises:
            RunProblem: it is running, or has a team session.
        """
        try:
            with self.database.writing() as connection:
                if self.locked(connection, run).held:
                    raise RunProblem(f"Run {run} is running. Cancel it first.")
                for table in OF_A_RUN:
                    connection.execute(table.delete().where(table.c.run == run))
                connection.execute(runs_table.delete().where(runs_table.c.id == run))
        except sa.exc.IntegrityError as error:
            raise RunProblem(
                f"Run {run} has a team session. Once its host has deleted that, the run can go."
            ) from error
        drop_unused_specs(self.database)

    def note_provenance(self, lease: Lease, provenance: Mapping[str, str]) -> None:
        """Note versions, device and digests; where a resumed run finds others, both stand.

        Raises:
            LeaseLost: the run is no longer this process's.
        """
        with lease.writing() as connection:
            same = runs_table.c.id == lease.run
            known = json.loads(
                connection.scalar(sa.select(runs_table.c.provenance).where(same)) or "{}"
            )
            both = json.dumps(continued(known, provenance))
            connection.execute(runs_table.update().where(same).values(provenance=both))

    # -- reading -----------------------------------------------------------------------------------

    def all(self, where: sa.ColumnElement[bool] | None = None) -> list[Run]:
        """The runs that this version can read, newest first."""
        return [run for run in self._read(where) if isinstance(run, Run)]

    def under_way(self) -> list[Run]:
        """The runs that wait or go on, newest first; cheap, so that pages may look often. One whose
        process has died does not go on, whatever it noted last.
        """
        noted = self.all(runs_table.c.status.in_(UNDER_WAY))
        return [run for run in noted if run.status in UNDER_WAY]

    def foreign(self) -> list[ForeignRun]:
        """The runs made by another version, newest first."""
        return [run for run in self._read() if isinstance(run, ForeignRun)]

    def get(self, run: str) -> Run:
        """One run, by its id or an unambiguous beginning of it.

        Raises:
            UnknownName: there is none. RunProblem: another version made it.
        """
        found = self._one(run)
        if isinstance(found, ForeignRun):
            raise RunProblem(
                f"Run {found.id} was made by another version of Heatcheck: {found.reason} "
                "Read it with that version, or delete it."
            )
        return found

    def id_of(self, run: str) -> str:
        """The whole id of a run, also of one that another version made. Raises UnknownName."""
        return self._one(run).id

    def _one(self, run: str) -> Run | ForeignRun:
        begins = runs_table.c.id.startswith(run[:64], autoescape=True)
        matching = self._read(begins) if run and len(run) <= 64 else []
        if len(matching) != 1:
            raise unknown("run", run, self._ids(), "See: heatcheck list")
        return matching[0]

    def _ids(self) -> list[str]:
        with self.database.reading() as connection:
            return list(
                connection.scalars(
                    sa.select(runs_table.c.id).order_by(runs_table.c.asked_at.desc()).limit(20)
                )
            )

    def _read(self, where: sa.ColumnElement[bool] | None = None) -> list[Run | ForeignRun]:
        held = is_held(self.database.engine.dialect.name).label("held")
        query = sa.select(runs_table, held).order_by(runs_table.c.asked_at.desc(), runs_table.c.id)
        spans: dict[str, list[Any]] = defaultdict(list)
        with self.database.reading() as connection:
            rows = connection.execute(query if where is None else query.where(where)).all()
            of_these = spans_table.c.run.in_([row.id for row in rows])
            for span in connection.execute(sa.select(spans_table).where(of_these)):
                spans[span.run].append(span)
            specs = SPECS.of(connection, [row.spec_digest for row in rows])
        return [_run(row, specs[row.spec_digest], spans[row.id]) for row in rows]

    def locked(self, connection: sa.Connection, run: str) -> Any:
        """A run's row, which nobody else changes until the transaction ends."""
        held = is_held(connection.dialect.name).label("held")
        columns = (runs_table.c.status, runs_table.c.lease, runs_table.c.began_at)
        query = sa.select(*columns, held).where(runs_table.c.id == run).with_for_update()
        row = connection.execute(query).first()
        if row is None:
            raise unknown("run", run, [], "See: heatcheck list")
        return row


def _run(row: Any, spec: RunSpec | str, spans: Sequence[Any]) -> Run | ForeignRun:
    status = Status(row.status)
    if status == Status.RUNNING and not row.held:
        status = Status.INTERRUPTED
    asked_at = datetime.fromisoformat(row.asked_at)
    if isinstance(spec, str):
        return ForeignRun(row.id, status, asked_at, spec)
    return Run(
        row.id,
        spec,
        status,
        asked_at,
        time_of(row.began_at),
        time_of(row.ended_at),
        worked(row, spans),
        row.progress,
        row.problem,
        json.loads(row.provenance),
        row.done,
        row.failures,
        row.started_by,
        row.host or "",
    )
