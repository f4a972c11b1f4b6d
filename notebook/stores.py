"""Where a run of this process is kept."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from os import PathLike
from pathlib import Path

from heatcheck.core.errors import BadParameter
from heatcheck.runs.store import Store

Place = Store | str | PathLike[str] | None


def opened(place: Place) -> tuple[Store, Callable[[], None]]:
    """The store at a file, at a SQLAlchemy URL, or in a folder of its own for None; and what lets
    go of it: a folder of its own is removed, a store that was open stays so.
    """
    if isinstance(place, Store):
        return place, _nothing
    if place is None:
        folder = tempfile.mkdtemp(prefix="heatcheck-")
        store = Store(f"sqlite:///{folder}/heatcheck.db")

        def remove() -> None:
            store.engine.dispose()
            shutil.rmtree(folder, ignore_errors=True)

        return store, remove
    if not isinstance(place, str | PathLike) or not os.fspath(place):
        raise BadParameter(
            "Expected store= as a file, a SQLAlchemy URL or a Store. Got "
            f"{type(place).__name__}. Leave it out to keep the run as long as its result."
        )
    text = os.fspath(place)
    url = text if "://" in text else f"sqlite:///{Path(text).expanduser().resolve()}"
    store = Store(url)
    return store, store.engine.dispose


def _nothing() -> None:
    """A store that somebody else opened is closed by them."""
