"""Specs as the store keeps them: the text once a store, by its digest, apart from the runs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress

import sqlalchemy as sa

from heatcheck.core.errors import HeatcheckError, StoreProblem
from heatcheck.runs.database import Database, add_once
from heatcheck.runs.schema import runs_table, specs_table
from heatcheck.runs.specs import RunSpec

KEPT = 512  # specs that a process keeps once it has read them


def digest_of_text(text: str) -> str:
    """sha256 of a spec's JSON as it is stored, 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def keep_spec(connection: sa.Connection, text: str) -> str:
    """Keep a spec's JSON; its digest, by which a run's row names it."""
    digest = digest_of_text(text)
    add_once(connection, specs_table, digest=digest, text=text)
    return digest


def drop_unused_specs(database: Database) -> None:
    """Drop what no run's row names any more; another time where that cannot be now."""
    used = sa.select(runs_table.c.id).where(runs_table.c.spec_digest == specs_table.c.digest)
    with suppress(sa.exc.IntegrityError, StoreProblem), database.writing() as connection:
        connection.execute(specs_table.delete().where(~used.exists()))


class _Specs:
    """Specs that were read, by digest: their text is read once a process."""

    def __init__(self) -> None:
        self._read: OrderedDict[str, RunSpec] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, connection: sa.Connection, digests: Sequence[str]) -> dict[str, RunSpec | str]:
        """The specs with these digests; of one that this version cannot read, why."""
        with self._lock:
            found: dict[str, RunSpec | str] = {
                digest: self._read[digest] for digest in digests if digest in self._read
            }
        missing = [digest for digest in dict.fromkeys(digests) if digest not in found]
        for start in range(0, len(missing), KEPT):
            some = specs_table.c.digest.in_(missing[start : start + KEPT])
            for digest, text in connection.execute(sa.select(specs_table).where(some)):
                found[digest] = _spec(text)
        with self._lock:
            for digest, spec in found.items():
                if isinstance(spec, RunSpec):  # a plugin that is loaded later makes others readable
                    self._read[digest] = spec
                    self._read.move_to_end(digest)
            while len(self._read) > KEPT:
                self._read.popitem(last=False)
        return found


SPECS = _Specs()


def _spec(text: str) -> RunSpec | str:
    try:
        return RunSpec.from_json(json.loads(text))
    except HeatcheckError as error:
        return str(error)
    except (KeyError, TypeError, ValueError):
        return "its question has other parts."
