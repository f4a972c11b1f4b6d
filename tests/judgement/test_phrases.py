"""How numbers and intervals are said."""

from __future__ import annotations

import pytest

from heatcheck.judgement.phrases import interval, three_digits
from heatcheck.judgement.statistics import Estimate, estimate


def test_what_is_below_rounding_is_said_to_be_nothing() -> None:
    assert interval(Estimate(-3.7e-10, -2.2e-9, 1.1e-9, 20)) == "0 (within 1e-6)"
    assert interval(Estimate(-3.7e-10, -2.2e-6, 1.1e-9, 20)) == "-3.7e-10 (-2.2e-06 to 1.1e-09)"


def test_a_constant_sample_says_that_it_has_no_interval() -> None:
    assert interval(estimate([0.0] * 20)) == "0 (constant: no interval)"
    assert interval(estimate([1e-17] * 20)) == "0 (constant: no interval)"
    assert interval(estimate([0.25] * 20)) == "0.250 (constant: no interval)"
    assert interval(estimate([0.0] * 3)) == "0 (n = 3: too few)"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.18234, "0.182"),
        (1234.5, "1,230"),
        (-0.0049876, "-0.00499"),
        (0, "0"),
        (7.1e-8, "7.1e-08"),
        (None, "none"),
        (float("nan"), "none"),
        (0.9996, "1.00"),
        (50, "50.0"),
    ],
)
def test_numbers_have_three_significant_digits(number: float | None, words: str) -> None:
    assert three_digits(number) == words
