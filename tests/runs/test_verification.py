"""Verification: maps computed again are equal, and whatever is not is found and told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatcheck import cli
from heatcheck.commands import verification as command
from heatcheck.core.errors import BadParameter, RunProblem
from heatcheck.metrics import Score
from heatcheck.runs import verification
from heatcheck.runs.cells import Cell, CellResult, Scored
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.store import Store
from heatcheck.runs.verification import Verification, drawn
from heatcheck.tests.doubles.runs import without_experiments
from heatcheck.tests.doubles.small_runs import picture, run_on

METRICS = ["deletion", "insertion", "deletion_exchange", "repeatability", "runtime"]
METHODS: list[Any] = ["vanilla_gradients", {"name": "smoothgrad", "samples": 3}, "edges"]
ALONE = ["map", "deletion", "insertion", "repeatability", "runtime"]  # no exchange


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    """A run of three pictures, one of which has no gradient, so that a map is blank."""
    spots = {"a": (2, 2), "b": (20, 4), "grey": None}
    pictures = {name: picture(spot, ord(name[0])) for name, spot in spots.items()}
    root = tmp_path_factory.mktemp("verified")
    with without_experiments():
        store, run = run_on(
            root, pictures, "verified_network", methods=METHODS, metrics=METRICS, seed=3
        )
    yield store, run
    store.engine.dispose()


def again(kept: tuple[Store, str], wanted: float | int = 1.0, seed: int = 0) -> Verification:
    store, run = kept
    pool = InProcess()
    return verification.verify(store.runs.get(run), store, pool, wanted, seed)


def changed(monkeypatch: pytest.MonkeyPatch, change: Callable[[CellResult], CellResult]) -> None:
    """A machine on which one map by SmoothGrad comes out otherwise."""
    plain = verification.run_cell
    done: list[Cell] = []

    def run_cell(cell: Cell) -> CellResult:
        made = plain(cell)
        if cell.method.name != "smoothgrad" or done or made.error or not made.scores[0].score:
            return made
        done.append(cell)
        return change(made)

    monkeypatch.setattr(verification, "run_cell", run_cell)


def with_score(made: CellResult, place: int, score: Score | None, error: str = "") -> CellResult:
    scores = list(made.scores)
    scores[place] = Scored(scores[place].metric, score, error)
    return replace(made, scores=tuple(scores))


def test_what_is_computed_again_is_equal_and_errors_are_equal_errors(
    kept: tuple[Store, str],
) -> None:
    made = again(kept)
    assert made.equal
    assert made.within(0.0)
    assert made.broken == made.elsewhere == ()
    assert len(made.places) == 9
    assert [one.name for one in made.differences] == ALONE
    assert made.differences[0].compared == 9
    deletion = made.differences[1]
    blank = 2 * 1  # of the grey picture by two methods, whose rows are errors on both sides
    sides = kept[0].results.table(kept[1])
    scored = sides[sides["metric"].str.match(r"deletion(\.|$)") & (sides["error"] == "")]
    assert deletion.compared == len(scored)
    assert sides[(sides["metric"] == "deletion") & (sides["error"] != "")].shape[0] == blank


def test_a_sample_is_drawn_by_its_seed_and_a_larger_one_holds_it() -> None:
    places = [(image, method) for image in "abcdefgh" for method in "xyz"]
    few, more = drawn(places, 3, 0), drawn(places, 9, 0)
    assert (len(few), len(more)) == (3, 9)
    assert set(few) < set(more)
    assert few == drawn(list(places), 3, 0)
    assert few != drawn(places, 3, 1)
    assert [len(drawn(places, share, 0)) for share in (0.05, 0.001, 0.5, 1.0)] == [2, 1, 12, 24]
    assert drawn(places, 24, 0) == places  # in their order
    with pytest.raises(BadParameter, match="at most 24 maps"):
        drawn(places, 25, 0)
    with pytest.raises(BadParameter, match="has none yet"):
        drawn([], 0.5, 0)


def test_a_map_that_is_elsewhere_is_found_with_its_place(
    kept: tuple[Store, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(made: CellResult) -> CellResult:
        assert made.map is not None
        heat = made.map.copy()
        heat[3, 4] += np.float32(0.25) * np.abs(heat).max()
        return replace(made, map=heat)

    changed(monkeypatch, other)
    made = again(kept)
    heat = made.differences[0]
    assert (heat.name, heat.unequal, heat.relative) == ("map", 1, pytest.approx(0.25))
    assert heat.place is not None
    assert heat.place[1] == "smoothgrad"
    assert not made.equal
    assert not made.within(verification.TOLERANCE)
    assert made.within(0.25 * 1.01)
    assert not any(one.unequal for one in made.differences[1:])


@pytest.mark.parametrize(("off", "within"), [(1e-6, True), (1e-3, False)])
def test_a_score_may_be_off_by_the_tolerance(
    off: float, within: bool, kept: tuple[Store, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(made: CellResult) -> CellResult:
        score = made.scores[0].score
        assert score
        return with_score(made, 0, replace(score, value=score.value + off))

    changed(monkeypatch, other)
    made = again(kept)
    assert not made.equal
    assert made.within(verification.TOLERANCE) is within
    deletion = made.differences[1]
    assert (deletion.unequal, deletion.absolute) == (1, pytest.approx(off))


def test_a_side_value_counts_with_its_metric_and_a_missing_number_is_infinitely_far(
    kept: tuple[Store, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(made: CellResult) -> CellResult:
        score = made.scores[0].score
        assert score
        return with_score(made, 0, replace(score, sides={**score.sides, "clean": math.nan}))

    changed(monkeypatch, other)
    deletion = again(kept).differences[1]
    assert (deletion.name, deletion.unequal, deletion.absolute) == ("deletion", 1, math.inf)


def test_an_error_in_place_of_a_value_is_said(
    kept: tuple[Store, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(monkeypatch, lambda made: with_score(made, 0, None, "planted"))
    made = again(kept)
    assert any("smoothgrad, deletion: was " in line and "planted" in line for line in made.broken)
    assert not made.within(1e9)


def test_times_are_left_out(kept: tuple[Store, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def slower(made: CellResult) -> CellResult:
        (place,) = [k for k, one in enumerate(made.scores) if one.metric.name == "runtime"]
        score = made.scores[place].score
        assert score
        sides = {**score.sides, "forward_pass": 1e9, "peak_memory": 1e9}
        return replace(with_score(made, place, Score(1e9, sides=sides)), seconds=1e9)

    changed(monkeypatch, slower)
    assert again(kept).equal


def test_a_picture_that_has_changed_stops_it(kept: tuple[Store, str]) -> None:
    store, run = kept
    (place,) = Path(store.runs.get(run).spec.source).glob("a.png")
    before = place.read_bytes()
    place.write_bytes(before + b"\0")
    try:
        with pytest.raises(RunProblem, match="Its bytes have changed"):
            again(kept)
    finally:
        place.write_bytes(before)


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def told(
    kept: tuple[Store, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """The exit code of `heatcheck verify` and what it prints."""

    @contextmanager
    def here() -> Iterator[Any]:
        yield InProcess()

    monkeypatch.setattr(command, "worker_processes", here)

    def run(*words: str) -> tuple[int, str]:
        code = cli.main(["verify", kept[1], "--store", kept[0].url, *words])
        return code, capsys.readouterr().out

    return run


def test_the_command_says_equal_in_words(told: Callable[..., tuple[int, str]]) -> None:
    code, out = told("--sample", "50%", "--tolerance", "0")
    assert code == 0
    assert out.splitlines()[-1] == "5 of 9 maps computed again: equal."
    assert out.splitlines()[0].split() == [
        *("compared", "unequal", "largest", "difference", "relative", "where")
    ]
    assert told("--sample", "2")[1].splitlines()[-1] == "2 of 9 maps computed again: equal."
    assert told()[1].splitlines()[-1] == "1 of 9 maps computed again: equal."


def test_the_command_fails_where_something_is_too_far_off(
    told: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(made: CellResult) -> CellResult:
        score = made.scores[1].score
        assert score
        return with_score(made, 1, replace(score, value=score.value + 0.5))

    changed(monkeypatch, other)
    code, out = told("--sample", "100%")
    assert code == 1
    last = out.splitlines()[-1]
    assert last == ("9 of 9 maps computed again: different. Further apart than 0.0001: insertion.")
    assert "smoothgrad on " in out
    changed(monkeypatch, other)
    code, out = told("--sample", "100%", "--tolerance", "0.5")
    assert code == 0
    assert "not equal to the last bit, but all within 0.5." in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sample", "0"], "expected at least one. Got '0'"),
        (["--sample", "0%"], "expected a share above 0 up to 100%. Got '0%'"),
        (["--sample", "101%"], "expected a share above 0 up to 100%"),
        (["--sample", "few%"], "expected a number. Got 'few%'"),
        (["--sample", "nan%"], "expected a number. Got 'nan%'"),
        (["--sample", "0.05"], "expected a whole number. Got '0.05'"),
        (["--tolerance=-1e-3"], "expected a tolerance of at least 0"),
        (["--tolerance=inf"], "expected a number. Got 'inf'"),
    ],
    ids=str,
)
def test_wrong_words_are_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.parser().parse_args(["verify", "abc", *words])
    assert end.value.code == 2
    assert said in capsys.readouterr().err
