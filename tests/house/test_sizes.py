"""No file is too long to read in one sitting, and no line too wide to read at a glance."""

from __future__ import annotations

import pytest

from heatcheck.tests.doubles.tree import ROOT, tracked

LINES, COLUMNS = 400, 100
PARDONS = ("fmt: " + "skip", "fmt: " + "off", "noqa: " + "E501", "ruff: " + "noqa")


@pytest.mark.parametrize("name", tracked(".py"))
def test_a_module_is_short_narrow_and_asks_no_pardon(name: str) -> None:
    text = (ROOT / name).read_text()
    lines = text.splitlines()
    assert len(lines) <= LINES
    assert not [place for place, line in enumerate(lines, 1) if len(line) > COLUMNS]
    assert not [pardon for pardon in PARDONS if pardon in text]
