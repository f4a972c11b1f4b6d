"""CI fails where a test that wants a browser is skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPED = """
import pytest

@pytest.mark.browser
def test_something():
    pytest.skip("it is not here")
"""


@pytest.mark.parametrize(("demanded", "failed"), [("0", 0), ("1", 1)])
def test_a_skip_fails_where_what_it_wants_is_demanded(
    demanded: str, failed: int, tmp_path: Path
) -> None:
    (tmp_path / "test_it.py").write_text(SKIPPED)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser\n")
    plugin = "heatcheck.tests.doubles.browsing"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", plugin],
        cwd=tmp_path,
        env={**os.environ, "HEATCHECK_REQUIRE_BROWSER": demanded},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == failed, done.stdout + done.stderr
