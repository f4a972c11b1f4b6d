"""Intervals, p-values, Holm, power: known samples, scipy as the reference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from heatcheck.judgement.statistics import (
    ENOUGH,
    Estimate,
    estimate,
    holm,
    images_to_decide,
    p_above,
    p_against,
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


def test_the_images_that_would_decide_have_the_power_that_was_asked() -> None:
    """Simulated: samples of that size reject in 80 % of cases; half as many images reject clearly
    less often.
    """
    half = np.random.default_rng(0).normal(0, 1, 10)
    sample = 0.4 + np.concatenate([half, -half])
    n = images_to_decide(sample, 0.0)
    assert n is not None
    rng = np.random.default_rng(1)

    def power(size: int) -> float:
        draws = rng.normal(0.4, sample.std(ddof=1), (4000, size))
        return float((stats.ttest_1samp(draws, 0.0, axis=1).pvalue < 0.05).mean())

    assert power(n) == pytest.approx(0.8, abs=0.03)
    assert power(n // 2) < 0.7
    assert images_to_decide(sample, 0.4) is None
    assert images_to_decide(sample[:4], 0.0) is None
    assert images_to_decide(np.ones(6), 2.0) == ENOUGH
    assert images_to_decide(np.ones(6), 1.0) is None
    assert images_to_decide(1000 + sample, 0.0) == ENOUGH


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 7])
def test_the_images_that_would_decide_count_the_claims_that_are_tested_at_once(
    alpha: float,
) -> None:
    sample = np.random.default_rng(4).normal(0.3, 1.0, 30)
    n = images_to_decide(sample, 0.0, alpha=alpha)
    assert n is not None
    effect = sample.mean() / sample.std(ddof=1)
    powers = [
        stats.nct.sf(stats.t.ppf(1 - alpha / 2, count - 1), count - 1, effect * count**0.5)
        for count in (n - 1, n)
    ]
    assert powers[0] < 0.8 <= powers[1]


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
    assert p_against(np.ones(20), 2.0) == 0.0
    assert p_against(np.ones(20), 1.0) == 1.0
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
