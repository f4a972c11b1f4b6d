"""The benchmarks' command line; what it measures is measured by hand."""

from __future__ import annotations

import numpy as np
import pytest

from heatcheck.core.errors import RunProblem
from heatcheck.runs import specs
from heatcheck.runs.store import Store
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


def test_weights_of_drawn_points_sum_to_one_and_are_the_grids_on_average() -> None:
    from heatcheck.tools.bench.budget import _weights_of

    exact = _weights_of(None, "photo", "lower", "mean")
    assert exact.sum() == pytest.approx(1)
    drawn = np.array([_weights_of(seed, "photo", "lower", "mean") for seed in range(3000)])
    assert drawn.sum(axis=1) == pytest.approx(np.ones(len(drawn)))
    assert (np.count_nonzero(drawn, axis=1) <= 11).all()
    for curve in (np.exp(-9 * np.linspace(0, 1, 225)), np.linspace(1, 0, 225) ** 3):
        areas = drawn @ curve
        assert abs(areas.mean() - exact @ curve) < 4 * areas.std() / len(areas) ** 0.5


def test_a_run_whose_points_were_drawn_is_no_measure_of_drawing(store: Store) -> None:
    from heatcheck.tools.bench.budget import Known

    run = store.runs.open(specs.ask(metrics=["deletion"], methods=["random"]))
    with pytest.raises(RunProblem, match="heatcheck run --points all"):
        Known.read(store, run)


def test_a_run_that_is_not_finished_is_no_measure_of_drawing(store: Store) -> None:
    from heatcheck.tools.bench.budget import Known

    run = store.runs.open(specs.ask(metrics=["deletion"], methods=["random"], points="all"))
    with pytest.raises(RunProblem, match=f"Expected a finished run. Run {run} is waiting"):
        Known.read(store, run)
