"""Which pictures a report shows: by rule, on planted values."""

from __future__ import annotations

import pandas as pd

from heatcheck.report.gallery import by_rule

NAN = float("nan")


def wide(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=[f"i{place}" for place in range(len(columns["grad_cam"]))])


def test_best_typical_and_worst_are_by_the_mean_over_methods_and_controls_do_not_count() -> None:
    values = wide(
        grad_cam=[0.1, 0.5, 0.3, 0.2], smoothgrad=[0.1, 0.5, 0.3, 0.2], random=[9.0, 0.0, 5.0, 0.0]
    )
    assert by_rule(values, higher=True) == [
        ("best", "i1", 0.5),
        ("typical", "i3", 0.2),
        ("worst", "i0", 0.1),
    ]
    assert [name for _, name, _ in by_rule(values, higher=False)] == ["i0", "i2", "i1"]


def test_a_picture_that_lacks_a_value_is_passed_over_where_there_are_others() -> None:
    values = wide(grad_cam=[0.9, 0.5, 0.3, 0.2], smoothgrad=[NAN, 0.5, 0.3, 0.2])
    assert [name for _, name, _ in by_rule(values, higher=True)] == ["i1", "i2", "i3"]
    holes = wide(grad_cam=[0.9, NAN], smoothgrad=[NAN, 0.5])
    assert [name for _, name, _ in by_rule(holes, higher=True)] == ["i0", "i1"]


def test_two_pictures_have_no_typical_one_and_one_is_the_only() -> None:
    assert [rank for rank, *_ in by_rule(wide(grad_cam=[0.1, 0.2]), True)] == ["best", "worst"]
    assert by_rule(wide(grad_cam=[0.1]), True) == [("only", "i0", 0.1)]
    assert by_rule(wide(grad_cam=[NAN]), True) == []


def test_controls_count_where_nothing_else_ran() -> None:
    only = pd.DataFrame({"random": [0.1, 0.3, 0.2]}, index=["a", "b", "c"])
    assert by_rule(only, higher=True)[0][1] == "b"
