"""The leaderboard's summary: at most five columns, and no number but the standings'."""

from __future__ import annotations

import pandas as pd
import pytest

from heatcheck.answer.leaderboard import MOST, Board, board
from heatcheck.answer.summary import Summary
from heatcheck.judgement.scores import Scores
from heatcheck.judgement.standings import NEVER, standings
from heatcheck.tests.doubles.tables import METHODS, asked, planted, table
from heatcheck.tests.doubles.verdicts import NOTHING

AREAS = {
    "deletion": dict(zip(METHODS, (0.3, 0.2, 0.2, 0.1, 0.3, 0.4, 0.3), strict=True)),
    "insertion": dict(zip(METHODS, (0.3, 0.4, 0.4, 0.5, 0.6, 0.3, 0.3), strict=True)),
}
NONE = dict.fromkeys(("random", "edges", "centre_prior"), 0.0)
GAINS = {"grad_cam": 0.3, "smoothgrad": 0.0, **NONE}


def summary_of(*frames: pd.DataFrame) -> Summary:
    return Summary(Scores(pd.concat(frames)), NOTHING)


@pytest.fixture(scope="module")
def whole() -> Summary:
    """All that the summary wants, and gains."""
    return summary_of(table(**AREAS), planted(), asked(place=GAINS, picture=GAINS))


def names(table: Board) -> list[str]:
    return [head.name for head in table.heads]


def test_five_columns_are_those_that_are_wanted_in_their_order(whole: Summary) -> None:
    shown = board(whole)
    assert names(shown) == ["evidence", "deletion", "insertion", "repeatability", "runtime"]
    assert [head.title for head in shown.heads][-2:] == ["Repeats", "Time"]
    assert all(head.line for head in shown.heads)
    assert [head.better for head in shown.heads] == ["", "lower", "higher", "higher", "lower"]


def test_every_value_and_mark_is_that_of_the_standings(whole: Summary) -> None:
    shown = board(whole)
    places = {name: place for place, name in enumerate(names(shown))}
    for standing in standings(whole.scores, list(places)):
        row = next(row for row in shown.rows if row.method == standing.method)
        cell = row.cells[places[standing.metric]]
        assert cell.best == standing.best
        parts = f"{cell.text}{f', {cell.interval}' if cell.interval else ''}"
        if standing.estimate and standing.estimate.sampled:
            parts = f"{cell.text} ({cell.interval})"
        told = f"{parts}{f', {cell.note}' if cell.note else ''}"
        assert told == (NEVER if standing.never else standing.text)


def test_controls_stand_last_and_show_no_evidence(whole: Summary) -> None:
    shown = board(whole)
    assert [row.method for row in shown.controls] == ["centre_prior", "edges", "random"]
    assert shown.rows == (*shown.methods, *shown.controls)
    assert {row.cells[0].text for row in shown.controls} == {"beaten"}
    by_method = {row.title: row.cells[0] for row in shown.methods}
    assert (by_method["Grad-CAM"].text, by_method["Grad-CAM"].tone) == ("place, picture", "good")
    assert by_method["Grad-CAM"].interval == "2 of 2"
    assert by_method["SmoothGrad"].tone == "bad"


def test_a_control_that_ran_first_stands_last_all_the_same() -> None:
    shown = board(summary_of(table(deletion={"edges": 0.3, "grad_cam": 0.2, "random": 0.1})))
    assert [row.method for row in shown.rows] == ["grad_cam", "edges", "random"]
    assert [round(float(row.cells[0].text), 1) for row in shown.rows] == [0.2, 0.3, 0.1]


def test_a_control_that_may_be_the_best_has_the_mark(whole: Summary) -> None:
    (centre,) = [row for row in board(whole).controls if row.method == "centre_prior"]
    assert centre.cells[2].best
    assert not any(row.cells[2].best for row in board(whole).methods)


def test_what_a_run_lacks_gives_its_place_to_the_next_most_telling() -> None:
    gains = asked(place=GAINS, picture=GAINS)
    without_noise = board(summary_of(table(**AREAS, runtime={"grad_cam": 5.0}), gains))
    assert names(without_noise) == [
        *("evidence", "deletion", "insertion", "deletion_placement", "runtime")
    ]
    only_gains = board(summary_of(gains))
    assert names(only_gains) == [
        *("evidence", "deletion_placement", "insertion_placement"),
        *("deletion_exchange", "insertion_exchange"),
    ]


def test_a_run_without_gains_has_no_column_of_evidence() -> None:
    few = board(summary_of(table(**AREAS)))
    assert names(few) == ["deletion", "insertion"]
    details = {name: {"grad_cam": 0.5} for name in ("fineness", "sparseness", "total_variation")}
    many = board(summary_of(table(**AREAS, road={"grad_cam": 0.5}, **details)))
    assert len(many.heads) == MOST
    assert names(many)[:2] == ["deletion", "insertion"]


def test_a_word_of_caution_in_a_cell_is_explained_below() -> None:
    frame = table(deletion={"grad_cam": 0.1, "edges": 0.3})
    assert "“skewed”" not in board(summary_of(frame)).caution
    frame.loc[0, "value"] = 0.9
    shown = board(summary_of(frame))
    assert shown.rows[0].cells[0].note == "skewed"
    assert "“skewed”: a few images carry the mean" in shown.caution


def test_a_mean_of_two_images_has_no_interval_and_says_so() -> None:
    cell = board(summary_of(table(2, deletion={"grad_cam": 0.2}))).rows[0].cells[0]
    assert cell.interval == "n = 2: too few"
    assert not cell.best


def test_a_failed_score_is_noted_beside_its_value() -> None:
    frame = table(deletion={"grad_cam": 0.2, "edges": 0.3})
    frame.loc[0, ["value", "error"]] = [float("nan"), "planted"]
    grad_cam, edges = board(summary_of(frame)).rows
    assert grad_cam.cells[0].note == "n = 19, 1 failed"
    assert edges.cells[0].note == ""
