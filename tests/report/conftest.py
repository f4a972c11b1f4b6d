"""A finished run with seeded scores that differ over images, methods and metrics, one failed score,
and a closed session.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from heatcheck.inputs.images import Image
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import HOSTILE, fill_at_random


@pytest.fixture
def run(store: Store, photographs: list[Image]) -> str:
    return fill_at_random(store, photographs)


@pytest.fixture
def hostile_run(store: Store, photographs: list[Image], tmp_path: Path) -> str:
    """Images and labels with hostile names, as far as a file system takes them."""
    for place, words in enumerate(HOSTILE):
        folder = tmp_path / "images" / words.replace("/", "∕")
        folder.mkdir(parents=True)
        (folder / f"{place:02} {words.replace('/', '∕')[:60]}.jpg").write_bytes(
            photographs[place].encoded()
        )
    return fill_at_random(store, photographs, str(tmp_path / "images"))
