"""Intervals, p-values, Holm, power: known samples, scipy as the reference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from heatcheck.judgement.statistics import (
    ENOUGH,
    FEW,
    Estimate,
    estimate,
    holm,
    holm_level,
    interval_caution,
    p_above,
    p_above_zero_each,
    p_against,
    p_more_hits,
)
from heatcheck.tests.doubles.interval import halls


def test_the_interval_of_a_symmetric_sample_is_students_t() -> None:
    half = np.random.default_rng(0).normal(0, 2, 10)
    sample = 3 + np.concatenate([half, -half])
    ours = estimate(sample)
    low, high = stats.t.interval(0.95, 19, sample.mean(), stats.sem(sample))
    assert ours is not None
    assert (ours.mean, ours.low, ours.high, ours.n) == pytest.approx((3, low, high, 20))
    geometric = estimate(np.exp(sample), "log")
    assert geometric is not None
    assert (geometric.low, geometric.high) == pytest.approx((np.exp(low), np.exp(high)))


def test_the_interval_of_a_skewed_sample_leans_as_halls_transformation_does() -> None:
    sample = np.random.default_rng(0).exponential(size=20)
    ours = estimate(sample)
    assert ours is not None
    assert ours.low is not None
    assert ours.high is not None
    assert (ours.low, ours.high) == pytest.approx(halls(sample))
    assert ours.high - ours.mean > 1.3 * (ours.mean - ours.low)
    mirrored = estimate(-sample)
    assert mirrored is not None
    assert (mirrored.low, mirrored.high) == pytest.approx((-ours.high, -ours.low))


def test_one_far_image_does_not_decide_the_interval() -> None:
    sample = np.concatenate([np.linspace(0.0, 0.1, 19), [0.9]])
    ours = estimate(sample)
    assert ours is not None
    assert ours.high is not None
    assert (ours.low, ours.high) == pytest.approx(halls(sample))
    students = stats.t.ppf(0.975, 19) * stats.sem(sample)
    assert 1.2 * students < ours.high - ours.mean < 1.6 * students


@pytest.mark.parametrize("n", [20, 100])
@pytest.mark.parametrize(("law", "mean"), [("normal", 0.0), ("exponential", 1.0)])
def test_the_interval_holds_its_coverage(n: int, law: str, mean: float) -> None:
    rng = np.random.default_rng(n)
    draws = [estimate(getattr(rng, law)(size=n)) for _ in range(1000)]
    held = sum(draw is not None and not draw.excludes(mean) for draw in draws)
    assert 930 <= held <= 970


def test_p_is_below_5_percent_just_where_the_interval_leaves_the_value_out() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        sample = rng.gamma(1.5, size=12)
        value = 1.5 + rng.normal() / 2
        found = estimate(sample)
        assert found is not None
        assert (p_against(sample, value) < 0.05) == found.excludes(value)


@pytest.mark.parametrize("value", [0.0, 0.3, -2.0])
def test_a_constant_sample_gives_no_interval_and_decides_nothing(value: float) -> None:
    mean = estimate([value] * 20)
    assert mean == Estimate(pytest.approx(value), None, None, 20, constant=True)
    assert not mean.sure
    assert not mean.above_zero
    assert not mean.excludes(7.0)
    assert p_against([value] * 20, 7.0) == 1.0
    assert p_above([value] * 20, -7.0) == 0.5
    assert estimate([2.0] * 20, "log") == Estimate(pytest.approx(2.0), None, None, 20, True)
    assert not estimate([value] * 4).constant  # type: ignore[union-attr]


def test_all_hits_against_none_are_told_apart_although_each_lead_is_one() -> None:
    assert p_more_hits([1.0] * 20) == pytest.approx(0.5**20)
    assert p_more_hits([0.0] * 20) == 1.0
    assert p_more_hits([1, 1, 1, -1, 0, 0, np.nan]) == pytest.approx(
        stats.binomtest(3, 4, alternative="greater").pvalue
    )


@pytest.mark.parametrize("count", [1, 2, 6, 12])
def test_the_level_of_a_claim_within_holms_procedure_is_where_holm_begins_to_reject(
    count: int,
) -> None:
    rng = np.random.default_rng(count)
    for _ in range(200):
        others = list(rng.choice([1e-6, 0.004, 0.01, 0.02, 0.3, 1.0], count - 1))
        level = holm_level(others)
        assert holm([level * (1 - 1e-9), *others])[0] <= 0.05
        assert holm([level * (1 + 1e-9), *others])[0] > 0.05
    assert holm_level([]) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("law", "n", "caution"),
    [
        ("normal", 20, 0.02),
        ("normal", 100, 0.0),
        ("lognormal", 20, 0.5),
    ],
)
def test_the_page_warns_where_a_sample_shows_that_its_interval_is_too_short(
    law: str, n: int, caution: float
) -> None:
    rng = np.random.default_rng(n)
    draws = [interval_caution(getattr(rng, law)(size=n)) for _ in range(200)]
    assert set(draws) <= {"", "skewed"}
    share = draws.count("skewed") / len(draws)
    assert share <= caution if law == "normal" else share >= caution
    assert interval_caution(rng.normal(size=FEW - 1)) == "few images"
    assert interval_caution([1.0] * 20) == ""
    assert interval_caution([0.0] * 19 + [1.0], "hits") == ""
    assert interval_caution(np.exp(rng.normal(size=50)), "log") == ""


def test_too_few_images_give_no_interval() -> None:
    few = estimate([0.1] * (ENOUGH - 1))
    assert few is not None
    assert not few.sure
    assert not few.excludes(7.0)
    assert p_against([0.1, 0.2], 5.0) == 1.0
    assert estimate([]) is None
    assert estimate([np.nan, np.nan]) is None


def test_missing_values_are_left_out_and_not_averaged_over() -> None:
    assert estimate([1, 2, 3, 4, 5, np.nan]) == estimate([1, 2, 3, 4, 5])


def test_p_values_equal_scipys_and_holm_is_holms() -> None:
    half = np.random.default_rng(1).normal(0, 1, 10)
    sample = 0.3 + np.concatenate([half, -half])
    assert p_against(sample, 0.0) == pytest.approx(stats.ttest_1samp(sample, 0.0).pvalue)
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx(
        [0.03, 0.06, 0.06, 0.02]
    )  # Holm's own example, by hand
    assert holm([]) == []


def test_one_sided_p_values_equal_scipys_for_a_symmetric_sample() -> None:
    half = np.random.default_rng(1).normal(0, 1, 10)
    sample = 0.3 + np.concatenate([half, -half])
    for value in (0.0, 0.3, 0.9):
        assert p_above(sample, value) == pytest.approx(
            stats.ttest_1samp(sample, value, alternative="greater").pvalue
        )
    assert p_above([1.0, 2.0], 0.0) >= 0.5  # too few images say nothing


@pytest.mark.parametrize("hits", [0, 1, 13, 19, 20])
def test_the_interval_of_hits_is_wilsons(hits: int) -> None:
    found = estimate([1.0] * hits + [0.0] * (20 - hits), "hits")
    expected = stats.binomtest(hits, 20).proportion_ci(method="wilson")
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx(
        (hits / 20, expected.low, expected.high)
    )


def test_a_rest_of_arithmetic_is_no_gain() -> None:
    for sample in ([1e-17] * 20, [1e-9, 2e-9] * 10, [0.0] * 20):
        found = estimate(sample)
        assert found is not None
        assert not found.above_zero
    assert Estimate(0.1, 0.01, 0.2, 20).above_zero


def test_one_p_at_a_time_or_many_at_once() -> None:
    """Rows with gaps, of one value, of too few, skewed beyond what is corrected; beside scipy."""
    rng = np.random.default_rng(4)
    rows = rng.lognormal(0, 1.5, (40, 30)) - rng.uniform(0, 6, (40, 1))
    rows[rng.random(rows.shape) < 0.2] = np.nan
    rows[0], rows[1], rows[2] = 3.0, np.nan, 0.0
    rows[3, 4:] = np.nan
    rows[4] = rng.normal(1e6, 1e-3, 30)
    expected = [p_above(row, 0.0) for row in rows]
    assert p_above_zero_each(rows) == pytest.approx(expected, rel=1e-10)
    symmetric = np.concatenate([rows[:, :15] - 2, 3 - rows[:, :15]], axis=1)[5:]
    theirs = stats.ttest_1samp(symmetric, 0, axis=1, alternative="greater", nan_policy="omit")
    assert p_above_zero_each(symmetric) == pytest.approx(theirs.pvalue, rel=1e-9)
    assert p_above_zero_each(np.empty((0, 30))).shape == (0,)


@pytest.mark.parametrize("n", [5, 20, 1000])
def test_error_and_skewness_are_scipys(n: int) -> None:
    sample = np.random.default_rng(n).lognormal(0, 0.4, n)
    ours, t = estimate(sample), stats.t.ppf(0.975, n - 1)
    lean = stats.skew(sample, bias=False) / np.sqrt(n)
    ends = [
        sample.mean() - stats.sem(sample) * (np.cbrt(1 + lean * (q - lean / 6)) - 1) * 3 / lean
        for q in (t, -t)
    ]
    assert abs(lean) < 0.35  # within what is corrected
    assert ours is not None
    assert (ours.low, ours.high) == pytest.approx(tuple(ends), rel=1e-12)
