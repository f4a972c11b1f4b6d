"""Which legs count: decided from Random and the ends of the curves, without the methods."""

from __future__ import annotations

import pandas as pd

from heatcheck.judgement.legs import legs_of
from heatcheck.judgement.scores import Scores
from heatcheck.tests.doubles.tables import ends, table


def counting(frame: pd.DataFrame) -> list[str]:
    return [leg.area for leg in legs_of(Scores(frame)) if leg.counts]


def test_a_leg_counts_where_random_leaves_room() -> None:
    assert counting(ends(0.9, 0.1, 0.4)) == ["deletion", "insertion"]


def test_insertion_where_random_scores_as_the_clean_image_is_dropped_and_said() -> None:
    frame = ends(1.0, 0.5, 0.998)
    assert counting(frame) == ["deletion"]
    assert [leg.remark for leg in legs_of(Scores(frame))] == [
        "",
        "Insertion separates nothing here: Random already scores 0.998 of 1.00.",
    ]


def test_room_for_a_sixteenth_of_what_the_class_loses_is_none_and_for_most_of_little_is_some() -> (
    None
):
    """A saturated network, and one of a thousand classes that is never sure."""
    assert counting(ends(1.0, 0.41, 0.963)) == ["deletion"]
    assert counting(ends(0.06, 0.001, 0.01)) == ["insertion"]


def test_deletion_where_random_is_at_the_covered_image_is_dropped_and_said() -> None:
    frame = ends(0.9, 0.1, 0.11)
    assert counting(frame) == ["insertion"]
    assert legs_of(Scores(frame))[0].remark == (
        "Deletion separates nothing here: Random is already down at 0.110, and the covered image "
        "has 0.100."
    )


def test_without_random_the_ends_decide_and_a_constant_model_has_no_leg() -> None:
    assert counting(ends(0.9, 0.1, None)) == ["deletion", "insertion"]
    constant = ends(0.5, 0.5, None)
    assert counting(constant) == []
    assert "0.500 in the clean image and 0.500" in legs_of(Scores(constant))[0].remark
    assert counting(ends(0.5, 0.5, 0.5)) == []


def test_an_old_run_without_ends_keeps_both_legs() -> None:
    assert counting(table(deletion={"grad_cam": 0.5, "random": 0.5})) == ["deletion", "insertion"]


def test_the_methods_under_test_do_not_decide() -> None:
    assert counting(ends(1.0, 0.5, 0.998, method=0.1)) == ["deletion"]
