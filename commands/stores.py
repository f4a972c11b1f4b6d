"""The store that a command works on, and the run that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from heatcheck.core.errors import BadParameter, unknown

if TYPE_CHECKING:
    from heatcheck.runs.records import Run
    from heatcheck.runs.store import Store


@contextmanager
def opened(url: str | None) -> Iterator[Store]:
    """The store at a URL, the default one where that is None; closed at the end."""
    from heatcheck.runs.store import Store

    if url is not None and not url.strip():
        raise BadParameter(
            "Expected the URL of a database after --store. Got none. Say "
            "sqlite:////home/me/heat.db, or leave the option out."
        )
    store = Store(url)
    try:
        yield store
    finally:
        store.engine.dispose()


def run_in(store: Store, text: str) -> Run:
    """The run whose id is, or begins with, what a person typed. Raises UnknownName where there is
    none, RunProblem where another version made it.
    """
    return store.runs.get(id_in(store, text))


def id_in(store: Store, text: str) -> str:
    """The id that is, or begins with, what a person typed, also of a run that another version made.
    Raises UnknownName where there is none.
    """
    if not re.fullmatch("[0-9a-f]{1,64}", text):  # no id begins so: the database is not asked
        raise unknown("run", text, [run.id for run in store.runs.all()], "See: heatcheck list")
    return store.runs.id_of(text)
