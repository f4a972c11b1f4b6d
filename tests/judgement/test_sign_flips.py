"""The sign-flip test against all flips by hand, scipy's permutation test, and its own promise."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from heatcheck.judgement import sign_flips
from heatcheck.judgement.sign_flips import (
    FLIPS,
    SEED,
    p_above_zero,
    p_of_pairs,
    p_values,
    smallest_p,
)


def by_hand(sample: np.ndarray) -> float:
    """The share of all flips whose t is at least the sample's."""

    def t(values: np.ndarray) -> float:
        return float(values.mean() / (values.std(ddof=1) + 1e-300))

    flips = [np.array(signs) * sample for signs in itertools.product((1, -1), repeat=len(sample))]
    return float(np.mean([t(flip) >= t(sample) - 1e-9 for flip in flips]))


@pytest.mark.parametrize("n", [5, 8, 12])
def test_few_samples_try_every_flip_of_t(n: int) -> None:
    sample = np.random.default_rng(n).normal(0.3, 1, n)
    assert p_above_zero(sample) == by_hand(sample)
    assert p_above_zero(np.arange(1, n + 1)) == 0.5**n == smallest_p(n)


def test_more_samples_agree_with_scipys_permutation_test() -> None:
    sample = np.random.default_rng(3).lognormal(size=30) - 1.2
    theirs = stats.permutation_test(
        (sample,),
        np.mean,
        permutation_type="samples",
        n_resamples=20_000,
        alternative="greater",
        rng=np.random.default_rng(0),
    )
    assert p_above_zero(sample) == pytest.approx(theirs.pvalue, abs=0.01)
    assert p_above_zero(np.ones(30)) == 1 / FLIPS == smallest_p(30)


def test_thousands_of_samples_are_held_against_student() -> None:
    sample = np.random.default_rng(0).normal(0.03, 1, 2500)
    assert p_above_zero(sample) == pytest.approx(
        stats.ttest_1samp(sample, 0, alternative="greater").pvalue
    )
    assert p_values(sample[:, None], two_sided=True)[0] == pytest.approx(
        stats.ttest_1samp(sample, 0).pvalue
    )
    near = [p_above_zero(sample[:size]) for size in (2000, 2001)]
    assert near[0] == pytest.approx(near[1], abs=0.01)


def test_missing_values_are_left_out() -> None:
    sample = np.random.default_rng(1).normal(0.3, 1, 9)
    holed = np.insert(sample, [2, 5], np.nan)
    assert p_above_zero(holed) == p_above_zero(sample)
    both = np.stack([holed, np.append(sample, [0.1, 0.2])], axis=1)
    assert p_values(both).tolist() == [p_above_zero(both[:, 0]), p_above_zero(both[:, 1])]


def test_nothing_is_shown_by_four_samples_nor_by_zeros_nor_by_rounding() -> None:
    assert p_above_zero([1.0, 1.0, 1.0, 1.0]) == 1
    assert p_above_zero(np.zeros(20)) == 1
    assert p_above_zero(np.full(20, 9e-7)) == 1
    assert p_above_zero([]) == p_above_zero(np.full(20, np.nan)) == 1


def test_two_sided_is_twice_one_sided_where_all_flips_are_tried() -> None:
    sample = np.random.default_rng(2).normal(0.5, 1, 10)
    assert p_values(sample[:, None], two_sided=True)[0] == 2 * p_above_zero(sample)


def test_skewed_differences_that_are_symmetric_are_called_above_zero_in_five_per_cent() -> None:
    """Student's t would hold too, but for outliers; the sign-flip test holds by construction."""
    rng = np.random.default_rng(0)
    samples = rng.lognormal(sigma=1.5, size=(20, 2000)) * rng.choice((-1, 1), (20, 2000))
    assert np.mean(p_values(samples) <= 0.05) == pytest.approx(0.05, abs=0.012)


def plainly(sample: np.ndarray, *, two_sided: bool = False) -> float:
    """The share of the seeded flips by the book: a sign a sample, a sum a flip, nothing spared."""
    rng = np.random.default_rng((SEED, len(sample)))
    signs = rng.choice(np.array((-1, 1), dtype=np.int8), (FLIPS, len(sample)))
    signs[0] = 1
    sums, own = signs @ sample, sample.sum()
    limit = (abs(own) if two_sided else own) - 1e-9 * np.abs(sample).sum()
    return float(((np.abs(sums) if two_sided else sums) >= limit).mean())


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("mean", [-2.0, -0.3, 0.0, 0.2, 2.0])
def test_flips_that_are_packed_or_spared_count_as_all_do(mean: float, two_sided: bool) -> None:
    """At 2.0 no flip comes near, and none is made."""
    sample = np.random.default_rng(5).normal(mean, 1, 90)
    assert p_values(sample[:, None], two_sided=two_sided)[0] == plainly(sample, two_sided=two_sided)


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("n", [3, 11, 90, 2100])
def test_pairs_are_tested_as_their_differences(n: int, two_sided: bool) -> None:
    base = np.random.default_rng(n).normal(0.1, 1, (n, 5))
    base[:, 3] = base[:, 2] + 1e-7  # no difference but for rounding
    base[n // 2, 4] = np.nan
    first, second = np.array([0, 1, -1, 3, 4, 0, 0]), np.array([-1, 2, 1, 2, 0, 4, 0])
    whole = np.append(base, np.zeros((n, 1)), axis=1)
    expected = p_values(whole[:, first] - whole[:, second], two_sided=two_sided)
    assert p_of_pairs(base, first, second, two_sided=two_sided).tolist() == expected.tolist()
    assert expected[-1] == expected[3] == 1


def test_no_more_signs_are_held_at_a_time_than_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = np.random.default_rng(6).normal(0.1, 1, (50, 7))
    expected = p_values(sample)
    sign_flips._flips.cache_clear()
    monkeypatch.setattr(sign_flips, "BLOCK", 7 * 50)
    assert p_values(sample).tolist() == expected.tolist()
    pairs = p_of_pairs(sample, np.arange(7), np.full(7, -1))
    assert pairs.tolist() == expected.tolist()
    sign_flips._flips.cache_clear()
