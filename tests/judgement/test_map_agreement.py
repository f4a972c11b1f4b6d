"""Agreement of methods: known orders, and scipy as the reference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from heatcheck.judgement.map_agreement import agreement


def test_agreement_is_the_mean_of_spearmans_correlations() -> None:
    draws = np.random.default_rng(0)
    maps = [
        (f"i{image}", method, draws.normal(size=(9, 8)).round(1))
        for image in range(6)
        for method in ("b", "a", "c")
    ]
    found = agreement(maps, ["a", "b", "c"])
    assert [(one.first, one.second) for one in found] == [("b", "a"), ("c", "a"), ("c", "b")]
    by_name = {(image, method): heat for image, method, heat in maps}
    for one in found:
        each = [
            stats.spearmanr(
                *(abs(by_name[f"i{i}", key]).ravel() for key in (one.first, one.second))
            ).statistic
            for i in range(6)
        ]
        assert one.correlation.mean == pytest.approx(np.mean(each))
        assert one.correlation.n == 6
        assert one.correlation.sure


def test_the_same_order_agrees_the_reversed_one_not_at_all_and_a_flat_map_says_nothing() -> None:
    heat = np.arange(12.0).reshape(3, 4)
    signs = np.where(np.arange(12).reshape(3, 4) % 2, -1, 1)  # strength counts, whatever the sign
    maps = [
        ("i", "a", heat),
        ("i", "b", signs * heat**3),
        ("i", "c", 12 - heat),
        ("i", "flat", signs),
    ]
    found = {
        (one.first, one.second): one.correlation.mean
        for one in agreement(maps, ["a", "b", "c", "flat"])
    }
    assert found == {
        ("b", "a"): pytest.approx(1),
        ("c", "a"): pytest.approx(-1),
        ("c", "b"): pytest.approx(-1),
    }
    assert agreement(maps[:1], ["a", "b"]) == []
    assert agreement([], ["a"]) == []


def test_of_the_images_of_a_sample_the_mean_counts() -> None:
    rising = np.arange(6.0).reshape(2, 3) + 1
    maps = [
        *[(f"i{image}", method, rising) for image in range(4) for method in ("a", "b")],
        ("i4", "a", rising),
        ("i4", "b", 7 - rising),
    ]
    (alone,) = agreement(maps, ["a", "b"])
    assert (alone.correlation.n, alone.correlation.mean) == (5, pytest.approx(3 / 5))
    (same,) = agreement(maps, ["a", "b"], {f"i{image}": f"s{image // 4}" for image in range(5)})
    assert (same.correlation.n, same.correlation.mean) == (2, pytest.approx(0))
