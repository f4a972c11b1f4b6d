"""A finished run with seeded scores that differ over images, methods and metrics, one failed score,
and a closed session.
"""

from __future__ import annotations

import pytest

from heatcheck.inputs.images import Image
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import fill_at_random


@pytest.fixture
def run(store: Store, photographs: list[Image]) -> str:
    return fill_at_random(store, photographs)
