"""The simulations of intervals and power, with few draws; their tables stand in docs/."""

from __future__ import annotations

import pytest

from heatcheck.tools.simulate import coverage, power


@pytest.mark.parametrize(
    ("law", "n", "kept", "warned"),
    [
        ("normal", 20, True, (0.0, 0.02)),
        ("normal", 100, True, (0.0, 0.0)),
        ("85 % zeros", 20, False, (0.9, 1.0)),
        ("sparse gains", 20, False, (0.8, 1.0)),
    ],
)
def test_where_intervals_fall_short_the_sample_says_so(
    law: str, n: int, kept: bool, warned: tuple[float, float]
) -> None:
    held = coverage.coverage(coverage.LAWS[law], n, 500)
    assert (held.ours >= 0.92) == kept
    assert warned[0] <= held.skewed <= warned[1]
    assert held.few == 0


def test_few_images_are_always_warned_of() -> None:
    held = coverage.coverage(coverage.LAWS["exponential"], 5, 50)
    assert (held.few, held.skewed) == (1.0, 0.0)


def test_the_tables_name_every_law_and_size(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(coverage, "coverage", lambda law, n: coverage.Coverage(0.95, 0.9, 0, 0, 0))
    coverage.main()
    rows = capsys.readouterr().out.splitlines()[2:]
    assert len(rows) == len(coverage.LAWS) * len(coverage.SIZES)
    monkeypatch.setattr(power, "power", lambda *given: 0.8)
    power.main()
    rows = capsys.readouterr().out.splitlines()[2:]
    assert len(rows) == (2 * len(power.LAWS) - 1) * len(power.FAMILIES) * len(power.EFFECTS)
    assert all(row.endswith("| 80 % |") for row in rows)
