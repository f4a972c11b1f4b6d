"""What tests of pages share: the store that the pages read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heatcheck.runs.store import Store
from heatcheck.server import service


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
    service.store.cache_clear()
    service.workbench.cache_clear()
    yield service.store()
    service.store().engine.dispose()
    service.store.cache_clear()
    service.workbench.cache_clear()
