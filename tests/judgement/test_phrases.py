"""How numbers and intervals are said."""

from __future__ import annotations

import pytest

from heatcheck.judgement.phrases import interval, p_value, three_digits
from heatcheck.judgement.statistics import Estimate, estimate


def test_an_interval_that_is_next_to_nothing_is_said_in_one_way() -> None:
    assert interval(Estimate(-3.7e-10, -2.2e-9, 1.1e-9, 20)) == "0 (within 0.0001)"
    assert interval(Estimate(-3.7e-10, -2.2e-5, 9.9e-5, 20)) == "0 (within 0.0001)"
    assert interval(Estimate(-3.7e-10, -0.0022, 1.1e-9, 20)) == ">-0.0001 (-0.00220 to <0.0001)"


def test_a_constant_sample_says_that_it_has_no_interval() -> None:
    assert interval(estimate([0.0] * 20)) == "0 (constant: no interval)"
    assert interval(estimate([1e-17] * 20)) == "0 (constant: no interval)"
    assert interval(estimate([0.25] * 20)) == "0.250 (constant: no interval)"
    assert interval(estimate([0.0] * 3)) == "0 (n = 3: too few)"


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.01234, "p = 0.0123"),
        (1.0, "p = 1.00"),
        (0.0001, "p = 0.000100"),
        (3e-9, "p < 0.0001"),
        (0.0, "p < 0.0001"),
    ],
)
def test_a_small_p_is_told_as_below(p: float, words: str) -> None:
    assert p_value(p) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.18234, "0.182"),
        (1234.5, "1,230"),
        (-0.0049876, "-0.00499"),
        (0, "0"),
        (7.1e-8, "<0.0001"),
        (None, "none"),
        (float("nan"), "none"),
        (0.9996, "1.00"),
        (50, "50.0"),
        (-2e-300, ">-0.0001"),
        (-1.23456e13, "-12,300,000,000,000"),
        (0.00009996, "0.000100"),
        (float("inf"), "none"),
    ],
)
def test_numbers_have_three_significant_digits(number: float | None, words: str) -> None:
    assert three_digits(number) == words
