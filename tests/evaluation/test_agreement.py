"""Agreement of methods: known orders, and scipy as the reference."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evaluation.agreement import agreement


def test_agreement_is_the_mean_of_spearmans_correlations() -> None:
    draws = np.random.default_rng(0)
    maps = [(f"i{image}", method, draws.normal(size=(9, 8)).round(1)) for image in range(6) for method in ("b", "a", "c")]
    found = agreement(maps, ["a", "b", "c"])
    assert [(one.one, one.other) for one in found] == [("b", "a"), ("c", "a"), ("c", "b")]
    by_name = {(image, method): heat for image, method, heat in maps}
    for one in found:
        each = [stats.spearmanr(by_name[f"i{i}", one.one].ravel(), by_name[f"i{i}", one.other].ravel()).statistic for i in range(6)]
        assert one.correlation.mean == pytest.approx(np.mean(each))
        assert one.correlation.n == 6
        assert one.correlation.sure


def test_the_same_order_agrees_the_reversed_one_not_at_all_and_a_flat_map_says_nothing() -> None:
    heat = np.arange(12.0).reshape(3, 4)
    maps = [("i", "a", heat), ("i", "b", heat**3), ("i", "c", -heat), ("i", "flat", np.ones((3, 4)))]
    found = {(one.one, one.other): one.correlation.mean for one in agreement(maps, ["a", "b", "c", "flat"])}
    assert found == {("b", "a"): pytest.approx(1), ("c", "a"): pytest.approx(-1), ("c", "b"): pytest.approx(-1)}
    assert agreement(maps[:1], ["a", "b"]) == []
    assert agreement([], ["a"]) == []
