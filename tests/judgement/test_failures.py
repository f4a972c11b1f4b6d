"""Why scores failed: most frequent first, counted, with the images."""

from __future__ import annotations

import pandas as pd

from heatcheck.judgement.failures import reasons
from heatcheck.metrics.base import BLANK


def table(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["image", "error"])


def test_reasons_are_told_by_how_often_they_are_and_of_which_images() -> None:
    rows = [
        ("a", ""),
        ("b", "Cut off."),
        *[(name, "No gradient.") for name in "abcde"],
        ("b", BLANK),
    ]
    assert reasons(table(*rows)) == [
        "5 scores of a, b, c and 2 more failed: No gradient.",
        "1 score of b failed: Cut off.",
    ]


def test_what_has_no_room_is_counted() -> None:
    told = reasons(table(*[("a", f"Reason {place}.") for place in range(5)]))
    assert len(told) == 4
    assert told[-1] == "And 2 other reasons."
    assert reasons(table(("a", ""), ("a", BLANK))) == []
