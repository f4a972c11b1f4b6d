"""The benchmarks' command line; what it measures is measured by hand."""

from __future__ import annotations

import pytest

from heatcheck.tools.bench.__main__ import main


@pytest.mark.parametrize("words", [["curve"], ["integral", "2000", "more"], ["help"]])
def test_a_word_that_names_nothing_to_measure_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"Expected nothing, curves, .*Got " + " ".join(words)):
        main(words)


def test_integral_asks_for_its_gaps_with_as_many_midpoints_as_were_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("heatcheck.tools.bench.integrals.print_gaps", asked.append)
    main(["integral"])
    main(["integral", "2000"])
    assert asked == [0, 2000]
