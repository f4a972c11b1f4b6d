"""Friedman, Nemenyi, Wilcoxon with Holm, winners, agreement of metrics: against scikit-posthocs and
scipy on fixed tables.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from scipy import stats

from heatcheck.judgement.ranks import by_chance, metric_agreement, ranking, wilcoxon_pairs, winners


def wide(
    seed: int, images: int = 20, gaps: tuple[float, ...] = (0.0, 0.3, 0.9, 1.0, 1.6)
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(images, 1))
    return pd.DataFrame(
        shared + np.array(gaps) + rng.gamma(2, 0.5, (images, len(gaps))),
        columns=[f"m{place}" for place in range(len(gaps))],
        index=[f"i{place}" for place in range(images)],
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("better", ["lower", "higher"])
def test_friedman_and_nemenyi_are_those_of_scipy_and_scikit_posthocs(
    seed: int, better: str
) -> None:
    table = wide(seed)
    found = ranking(table, better)
    assert found is not None
    assert found.p == pytest.approx(stats.friedmanchisquare(*table.to_numpy().T).pvalue)
    p = scikit_posthocs.posthoc_nemenyi_friedman(table.to_numpy())
    apart = {(one, other) for one in range(5) for other in range(5) if p.loc[one, other] < 0.05}
    ours = {
        (one, other)
        for one in range(5)
        for other in range(5)
        if abs(found.mean_ranks[f"m{one}"] - found.mean_ranks[f"m{other}"])
        > found.critical_difference
    }
    assert ours == apart
    assert 0 < len(apart) < 20
    assert next(iter(found.mean_ranks)) == ("m0" if better == "lower" else "m4")


def test_the_critical_difference_is_demsars() -> None:
    """Demsar 2006, section 3.2.2: four classifiers on 14 data sets, 2.569 * sqrt(4 * 5 / (6 * 14))
    = 1.25.
    """
    found = ranking(wide(0, images=14, gaps=(0, 1, 2, 3)), "lower")
    assert found is not None
    assert found.critical_difference == pytest.approx(2.569 * np.sqrt(20 / 84), abs=1e-3)


def test_cliques_join_those_that_cannot_be_told_apart() -> None:
    found = ranking(wide(1, gaps=(0, 0.05, 9, 9.1, 9.05)), "lower")
    assert found is not None
    cliques = [set(clique) for clique in found.cliques]
    assert {"m0", "m1"} in cliques
    assert {"m2", "m3", "m4"} in cliques
    assert len(cliques) == 2


def test_an_image_with_a_gap_is_left_out_and_too_few_are_told() -> None:
    table = wide(2)
    table.iloc[0, 1] = np.nan
    found = ranking(table, "lower")
    assert found is not None
    assert found.images == 19
    assert found == ranking(table.iloc[1:], "lower")
    assert ranking(table.iloc[:5], "lower") is None
    assert ranking(table[["m0", "m1"]], "lower") is None
    assert ranking(table.iloc[:0], "lower") is None
    table["m0"] = np.nan  # a method that failed everywhere
    left = ranking(table, "lower")
    assert left is not None
    assert set(left.mean_ranks) == {"m1", "m2", "m3", "m4"}


def test_methods_that_all_score_alike_are_not_told_apart() -> None:
    found = ranking(pd.DataFrame(np.ones((8, 4)), columns=list("abcd")), "lower")
    assert found is not None
    assert found.p == 1.0
    assert found.cliques == [("a", "b", "c", "d")]


@pytest.mark.parametrize("seed", range(3))
def test_wilcoxon_pairs_are_scikit_posthocs(seed: int) -> None:
    table = wide(seed)
    ours = wilcoxon_pairs(table)
    theirs = scikit_posthocs.posthoc_wilcoxon(
        table.melt(), val_col="value", group_col="variable", p_adjust="holm"
    )
    assert len(ours) == 10
    for (one, other), p in ours.items():
        assert p == pytest.approx(theirs.loc[one, other])


def test_wilcoxon_says_nothing_of_equals_or_of_few() -> None:
    table = wide(0)
    table["twin"] = table["m0"]
    assert wilcoxon_pairs(table)["m0", "twin"] == 1.0
    assert set(wilcoxon_pairs(table.iloc[:4]).values()) == {1.0}


def test_the_winner_is_as_stable_as_it_is() -> None:
    clear = winners(wide(0, gaps=(0, 5, 9)), "lower")
    assert clear == {"m0": 1.0, "m1": 0.0, "m2": 0.0}
    assert winners(wide(0, gaps=(0, 5, 9)), "higher")["m2"] == 1.0
    level = winners(wide(3, images=40, gaps=(0, 0, 9)), "lower")
    assert sum(level.values()) == pytest.approx(1)
    assert level["m2"] == 0
    assert 0.02 < level["m0"] < 0.98
    table = wide(0)
    table["twin"] = table["m0"]
    shared = winners(table, "lower")
    assert shared["m0"] == shared["twin"] > 0.4
    assert winners(table.iloc[:4], "lower") == {}
    assert winners(table.iloc[:0], "lower") == {}


def test_how_often_a_winner_changes_is_what_the_normal_law_says() -> None:
    """Two methods whose mean difference is one standard error wins in Phi(1) = 84 % of
    resamples.
    """
    difference = stats.zscore(np.random.default_rng(0).normal(size=200)) / np.sqrt(1) + np.sqrt(
        1 / 200
    )
    found = winners(pd.DataFrame({"a": difference, "b": 0.0}), "higher")
    assert found["a"] == pytest.approx(stats.norm.cdf(1), abs=0.03)


def test_metrics_agree_as_kendall_says() -> None:
    one, other = wide(0), wide(1)
    better = {"one": "lower", "other": "higher", "same": "lower"}
    found = metric_agreement({"one": one, "other": other, "same": 2 * one + 1}, better)
    expected = stats.kendalltau(-one.mean(), other.mean()).statistic
    assert found["one", "other"] == pytest.approx(expected)
    assert found["one", "same"] == pytest.approx(1)
    assert metric_agreement({"one": one[["m0", "m1"]], "other": other[["m0", "m1"]]}, better) == {}


@pytest.mark.parametrize("methods", [5, 7, 20])
def test_unrelated_orders_stay_within_chance_nineteen_times_in_twenty(methods: int) -> None:
    rng = np.random.default_rng(methods)
    taus = [
        stats.kendalltau(rng.permutation(methods), rng.permutation(methods)).statistic
        for _ in range(2000)
    ]
    assert 0.01 <= np.mean(np.abs(taus) > by_chance(methods)) <= 0.075
    assert by_chance(2) == 1.0


def test_a_ranking_says_whether_it_is_over_images_or_samples() -> None:
    table = wide(0)
    found = [ranking(rows, "lower") for rows in (table, table.rename_axis(index="sample"))]
    assert [one.unit for one in found if one] == ["images", "samples"]
