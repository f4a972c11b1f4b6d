"""The store kept small and safe: maps and old runs dropped, the file made compact, a backup."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from heatcheck.core.errors import BadParameter, RunProblem, StoreProblem
from heatcheck.runs.database import file_of
from heatcheck.runs.leases import Status
from heatcheck.runs.records import Run
from heatcheck.runs.schema import maps_table
from heatcheck.runs.store import Store

ENDED = (Status.FINISHED, Status.FAILED, Status.CANCELLED)
TOGETHER = 500  # images whose maps are dropped in one transaction


@dataclass(frozen=True)
class Deleted:
    """Runs that were deleted, and those that could not be, each with its reason."""

    runs: tuple[str, ...]
    kept: Mapping[str, str]


def sampled_images(store: Store, run: str, keep: int) -> tuple[str, ...]:
    """The images of a run that keep their maps: as many, drawn by the run's seed, in its order.

    Raises:
        BadParameter: a negative number.
    """
    if keep < 0:
        raise BadParameter(f"Expected 0 or more images that keep their maps. Got {keep}.")
    spec = store.runs.get(run).spec
    names = [image.name for image in spec.images]
    drawn = set(random.Random(f"maps {spec.seed} {spec.id}").sample(names, min(keep, len(names))))
    return tuple(name for name in names if name in drawn)


def drop_maps(store: Store, run: str, keep: int, also: Collection[str] = ()) -> int:
    """Drop the maps of a finished run, but for a sample of its images and those named, say of a
    team session. Scores and curves stay. How many were dropped.

    Raises:
        RunProblem: the run is not finished, so that its second visits may need them.
    """
    known = store.runs.get(run)
    if known.status != Status.FINISHED:
        raise RunProblem(
            f"Expected a finished run. Run {known.id} is {known.status}, and may still need its "
            "maps. Finish it or delete it."
        )
    kept = {*sampled_images(store, known.id, keep), *also}
    gone = sorted({image for image, _ in store.results.mapped_cells(known.id)} - kept)
    dropped = 0
    for start in range(0, len(gone), TOGETHER):
        some = maps_table.c.image.in_(gone[start : start + TOGETHER])
        with store.database.writing() as connection:
            deleted = maps_table.delete().where(maps_table.c.run == known.id, some)
            dropped += connection.execute(deleted).rowcount
    return dropped


def older(store: Store, age: timedelta) -> list[Run]:
    """The runs that ended longer ago. Runs that wait, go on or were interrupted have not ended.

    Raises:
        BadParameter: a negative age.
    """
    if age < timedelta(0):
        raise BadParameter(f"Expected 0 or more days. Got {age.days}.")
    before = datetime.now(UTC) - age
    return [
        run
        for run in store.runs.all()
        if run.ended_at is not None and run.ended_at < before and run.status in ENDED
    ]


def delete_older(store: Store, age: timedelta) -> Deleted:
    """Delete the runs that `older` names, with all their rows; those with a team session stay.
    Raises as `older`.
    """
    deleted, kept = [], {}
    for run in older(store, age):
        try:
            store.runs.delete(run.id)
            deleted.append(run.id)
        except RunProblem as problem:
            kept[run.id] = str(problem)
    return Deleted(tuple(deleted), kept)


def size_of(store: Store) -> int:
    """Bytes that the store takes on its disk."""
    file = file_of(store.url)
    if file is None:
        with store.database.reading() as connection:
            return int(
                connection.scalar(sa.text("SELECT pg_database_size(current_database())")) or 0
            )
    parts = (Path(f"{file}{end}") for end in ("", "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def compact(store: Store) -> int:
    """Give back the room of what was deleted; how many bytes. A PostgreSQL server does so itself.

    Raises:
        StoreProblem: somebody else writes, or the disk has no room for a copy.
    """
    file = file_of(store.url)
    if file is None:
        return 0
    before = size_of(store)
    store.database.compact()
    return before - size_of(store)


def back_up(store: Store, file: Path) -> int:
    """Copy a SQLite store as it is committed into a new file, while others write; how many runs the
    copy has. It is opened and checked.

    Raises:
        StoreProblem: the file is there, cannot be written, or the store is a server's.
    """
    own = file_of(store.url)
    if own is None:
        raise StoreProblem(
            "Expected a store in a file. This one is a PostgreSQL server's. "
            f"Back it up with its own tool: pg_dump --format=custom --file={file} DATABASE"
        )
    if file.exists():
        raise StoreProblem(f"Expected no file at {file}. There is one. Name another.")
    if not file.parent.is_dir():
        raise StoreProblem(f"Expected a folder at {file.parent}. There is none. Make it first.")
    part = file.with_name(file.name + ".part")
    try:
        with (
            closing(sqlite3.connect(f"{own.as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(part)) as target,
        ):
            source.backup(target)
            (told,) = target.execute("PRAGMA quick_check").fetchone()
            (runs,) = target.execute("SELECT count(*) FROM runs").fetchone()
        if told != "ok":
            raise StoreProblem(f"Expected a sound copy. SQLite found: {told}. Check the disk.")
        part.replace(file)
    except (sqlite3.Error, OSError) as error:
        raise StoreProblem(
            f"Expected to write a backup at {file}. It failed: {error}. Nothing was kept there."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return int(runs)
