"""Runs as the store knows them: opened, claimed by a process, heard of, stopped, ended, deleted."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from heatcheck.core.errors import RunProblem, unknown
from heatcheck.runs.database import Database
from heatcheck.runs.schema import (
    cells_table,
    comparisons_table,
    findings_table,
    images_table,
    runs_table,
    scores_table,
    spans_table,
    stops_table,
)
from heatcheck.runs.specs import RunSpec

STOPPED = "stopped by the user"
SILENT_FOR = timedelta(
    minutes=15
)  # a run on another machine that has said nothing for so long is taken for dead


@dataclass(frozen=True)
class Run:
    """A run as the store knows it."""

    id: str
    spec: RunSpec
    status: str  # waiting, running, interrupted, finished, failed, cancelled
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    seconds: float | None  # that processes worked on it, breaks left out; None before the first
    heard_at: str | None  # the last sign of life, as stored
    progress: str
    problem: str
    provenance: dict[str, str]
    done: int  # steps: cells, and second visits to cells
    failures: int

    @property
    def total(self) -> int:
        """How many steps the run has."""
        return self.spec.steps


class Runs:
    """The runs of a database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def open(self, spec: RunSpec) -> str:
        """The spec's run, made if it is new; its id."""
        row = {
            "id": spec.id,
            "spec": json.dumps(spec.as_json()),
            "status": "waiting",
            "asked_at": _now(),
        }
        with self.database.engine.begin() as connection:
            known = connection.scalar(sa.select(runs_table.c.id).where(runs_table.c.id == spec.id))
            if known is None:
                connection.execute(
                    runs_table.insert().values(progress="", problem="", provenance="{}", **row)
                )
        return spec.id

    def delete(self, run: str) -> None:
        """Delete a run with all its rows. Raises RunProblem while it is running."""
        if self.get(run).status == "running":
            raise RunProblem(f"Run {run} is running. Expected it to have ended. Cancel it first.")
        try:
            with self.database.engine.begin() as connection:
                for table in (
                    scores_table,
                    comparisons_table,
                    cells_table,
                    images_table,
                    findings_table,
                    spans_table,
                    stops_table,
                ):
                    connection.execute(table.delete().where(table.c.run == run))
                connection.execute(runs_table.delete().where(runs_table.c.id == run))
        except sa.exc.IntegrityError as error:
            raise RunProblem(
                f"Run {run} has a team session. Expected none. Its host can delete the "
                "session, then the run can go."
            ) from error

    def ask_to_stop(self, run: str) -> None:
        """Stop a run: one that waits at once, one that is running after its cell. What is done
        stays.

        Raises:
            RunProblem: the run is not under way.
        """
        with self.database.engine.begin() as connection:
            waits = (runs_table.c.id == run) & (runs_table.c.status == "waiting")
            ended = {"status": "cancelled", "problem": STOPPED, "ended_at": _now()}
            if connection.execute(runs_table.update().where(waits).values(**ended)).rowcount:
                return
        if (status := self.get(run).status) != "running":
            raise RunProblem(
                f"Expected a run that is under way. Run {run} is {status}. There is "
                "nothing to stop."
            )
        with self.database.engine.begin() as connection:
            connection.execute(stops_table.delete().where(stops_table.c.run == run))
            connection.execute(stops_table.insert().values(run=run, asked_at=_now()))

    def stop_asked(self, run: str) -> bool:
        """Whether somebody wants this run stopped."""
        with self.database.engine.connect() as connection:
            return (
                connection.scalar(sa.select(stops_table.c.run).where(stops_table.c.run == run))
                is not None
            )

    @contextmanager
    def claim(self, run: str) -> Iterator[None]:
        """Claim a run for this process. Raises RunProblem where another process has it."""
        seen = self.get(run)
        taken = RunProblem(
            f"Run {run} is running in another process. Wait for it, or watch it with: "
            "heatcheck list"
        )
        if seen.status == "running":
            raise taken
        mine = {
            "status": "running",
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "heard_at": _now(),
            "ended_at": None,
            "problem": "",
        }
        with self.database.engine.begin() as connection:
            unclaimed = (runs_table.c.id == run) & (
                sa.func.coalesce(runs_table.c.heard_at, "") == (seen.heard_at or "")
            )
            claim = (
                runs_table.update()
                .where(unclaimed)
                .values(began_at=sa.func.coalesce(runs_table.c.began_at, _now()), **mine)
            )
            if connection.execute(claim).rowcount != 1:
                raise taken
            connection.execute(stops_table.delete().where(stops_table.c.run == run))
            connection.execute(
                spans_table.insert().values(run=run, began_at=_now(), ended_at=_now())
            )
        yield

    def end(self, run: str, status: str, problem: str = "") -> None:
        """Note how a run ended."""
        self._update(run, status=status, problem=problem, ended_at=_now(), progress="")
        self._work_on(run)

    def note_progress(self, run: str, progress: str) -> None:
        """Note how far a run is; also its sign of life."""
        self._update(run, progress=progress, heard_at=_now())
        self._work_on(run)

    def _work_on(self, run: str) -> None:
        """The span that goes on lasts until now."""
        with self.database.engine.begin() as connection:
            last = (
                sa.select(sa.func.max(spans_table.c.began_at))
                .where(spans_table.c.run == run)
                .scalar_subquery()
            )
            of_run = (spans_table.c.run == run) & (spans_table.c.began_at == last)
            connection.execute(spans_table.update().where(of_run).values(ended_at=_now()))

    def note_provenance(self, run: str, provenance: dict[str, str]) -> None:
        """Note versions, device and digests; where a resumed run finds others, both stand."""
        known = self.get(run).provenance
        both = {
            key: value if known.get(key, value).endswith(value) else f"{known[key]}, then {value}"
            for key, value in provenance.items()
        }
        self._update(run, provenance=json.dumps(both), heard_at=_now())

    def _update(self, run: str, **values: Any) -> None:
        with self.database.engine.begin() as connection:
            connection.execute(runs_table.update().where(runs_table.c.id == run).values(**values))

    def all(self) -> list[Run]:
        """All runs, newest first."""
        with self.database.engine.connect() as connection:
            rows = connection.execute(
                self._runs_query().order_by(runs_table.c.asked_at.desc(), runs_table.c.id)
            ).all()
            spans = connection.execute(sa.select(spans_table)).all()
        return [_run(row, spans) for row in rows]

    def get(self, run: str) -> Run:
        """One run, by its id or an unambiguous beginning of it. Raises UnknownName where there is
        none.
        """
        with self.database.engine.connect() as connection:
            rows = connection.execute(
                self._runs_query().where(runs_table.c.id.startswith(run, autoescape=True)).limit(2)
            ).all()
            spans = connection.execute(
                sa.select(spans_table).where(spans_table.c.run.in_([row.id for row in rows]))
            ).all()
        if not run or len(rows) != 1:
            raise unknown("run", run, [known.id for known in self.all()], "See: heatcheck list")
        return _run(rows[0], spans)

    def _runs_query(self) -> sa.Select[Any]:
        cells = (
            sa.select(cells_table.c.run, sa.func.count().label("done"))
            .group_by(cells_table.c.run)
            .subquery()
        )
        again = (
            sa.select(comparisons_table.c.run, sa.func.count().label("done"))
            .group_by(comparisons_table.c.run)
            .subquery()
        )
        failed = (
            sa.select(scores_table.c.run, sa.func.count().label("failures"))
            .where(scores_table.c.error != "")
            .group_by(scores_table.c.run)
            .subquery()
        )
        return (
            sa.select(
                runs_table,
                (sa.func.coalesce(cells.c.done, 0) + sa.func.coalesce(again.c.done, 0)).label(
                    "done"
                ),
                sa.func.coalesce(failed.c.failures, 0).label("failures"),
            )
            .outerjoin(cells, cells.c.run == runs_table.c.id)
            .outerjoin(again, again.c.run == runs_table.c.id)
            .outerjoin(failed, failed.c.run == runs_table.c.id)
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _time(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None


def _worked(row: Any, spans: Sequence[Any]) -> float | None:
    """Seconds of work on a run; of one that was made before there were spans, from its first
    beginning to its last end.
    """
    own = [(one.began_at, one.ended_at) for one in spans if one.run == row.id] or [
        (row.began_at, row.ended_at)
    ]
    lasted = [
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
        for start, end in own
        if start and end
    ]
    return sum(lasted) if lasted else None


def _run(row: Any, spans: Sequence[Any]) -> Run:
    status = row.status
    if status == "running" and not _alive(row):
        status = "interrupted"
    return Run(
        row.id,
        RunSpec.from_json(json.loads(row.spec)),
        status,
        datetime.fromisoformat(row.asked_at),
        _time(row.began_at),
        _time(row.ended_at),
        _worked(row, spans),
        row.heard_at,
        row.progress,
        row.problem,
        json.loads(row.provenance),
        row.done,
        row.failures,
    )


def _alive(row: Any) -> bool:
    if row.host != socket.gethostname():
        heard = _time(row.heard_at)
        return heard is not None and datetime.now(UTC) - heard < SILENT_FOR
    try:
        os.kill(row.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
