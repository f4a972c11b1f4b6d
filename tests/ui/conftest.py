"""What tests of pages share: the store that the pages read, and a workbench without a model."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.server.workbench import Workbench
from heatcheck.tests.doubles.workers import Counting


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    """AppTest makes the page `__main__`, which a worker started later would import."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def shared_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store that the pages read."""
    monkeypatch.setenv("HEATCHECK_DATABASE_URL", f"sqlite:///{tmp_path / 'pages.db'}")
    kept = (service.store, service.workbench)
    for of_process in kept:
        of_process.cache_clear()
    yield service.store()
    service.store().engine.dispose()
    for of_process in kept:
        of_process.cache_clear()


@pytest.fixture
def executor(shared_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    """What the pages' workbench asks, instead of a worker."""
    executor = Counting()
    bench = Workbench(shared_store, lambda: executor)
    monkeypatch.setattr(service, "workbench", lambda: bench)
    yield executor
    executor.free.set()
    bench.stop()
