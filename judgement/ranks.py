"""Methods held against each other over images: Friedman and Nemenyi, Wilcoxon pairs, how stable the
winner is, how metrics agree.

Images are blocks, methods treatments; of images that are one sample their mean is. Every test is on
images x methods without gaps: an image on which some method has no value is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from heatcheck.judgement.scores import unit_of
from heatcheck.judgement.statistics import ENOUGH, LEVEL, holm

DRAWS = 2000  # of the images, with replacement, to see how often the winner changes


@dataclass(frozen=True)
class Ranking:
    """Methods by their mean rank over images, 1 the best; methods closer than `critical_difference`
    cannot be told apart (Nemenyi).
    """

    mean_ranks: dict[str, float]  # best first
    critical_difference: float
    p: float  # Friedman: all methods rank alike
    images: int  # or samples of several
    unit: str = "images"

    @property
    def cliques(self) -> list[tuple[str, ...]]:
        """The longest stretches of methods that cannot be told apart."""
        names, cliques = list(self.mean_ranks), list[tuple[str, ...]]()
        for place, first in enumerate(names):
            members = tuple(
                name
                for name in names[place:]
                if self.mean_ranks[name] - self.mean_ranks[first] <= self.critical_difference
            )
            if len(members) > 1 and not any(set(members) <= set(other) for other in cliques):
                cliques.append(members)
        return cliques


def ranking(wide: pd.DataFrame, better: str) -> Ranking | None:
    """Friedman's test with Nemenyi's critical difference at 5 % (Demsar 2006), on images x methods.

    None for fewer than three methods or too few images that all of them have a value for.
    """
    whole = wide.dropna(axis=1, how="all").dropna()
    if whole.shape[1] < 3 or len(whole) < ENOUGH:
        return None
    ranks = _ranks(whole, better)
    count = whole.shape[1]
    p = (
        1.0
        if (ranks == ranks.iloc[0, 0]).all(axis=None)
        else float(stats.friedmanchisquare(*ranks.to_numpy().T).pvalue)
    )
    reach = (
        stats.studentized_range.ppf(LEVEL, count, np.inf)
        / np.sqrt(2)
        * np.sqrt(count * (count + 1) / (6 * len(whole)))
    )
    means = ranks.mean().sort_values(kind="stable")
    return Ranking(
        {str(name): float(mean) for name, mean in means.items()},
        float(reach),
        p,
        len(whole),
        unit_of(wide),
    )


def wilcoxon_pairs(wide: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Every pair of methods with the p-value of Wilcoxon's signed-rank test over images, after
    Holm's correction over the pairs.
    """
    p_values: dict[tuple[str, str], float] = {}
    for first, second in combinations(wide.columns, 2):
        difference = (wide[first] - wide[second]).dropna().to_numpy()
        enough = len(difference) >= ENOUGH and bool(np.any(difference))
        p = float(stats.wilcoxon(difference).pvalue) if enough else 1.0
        p_values[str(first), str(second)] = p
    return dict(zip(p_values, holm(list(p_values.values())), strict=True))


def winners(wide: pd.DataFrame, better: str, resamples: int = DRAWS) -> dict[str, float]:
    """How often each method has the best mean when the images are drawn again with replacement;
    they sum to 1, a tie is shared.

    Empty for too few images. The draws are the same every time.
    """
    whole = wide.dropna(axis=1, how="all").dropna()
    if len(whole) < ENOUGH or whole.empty:
        return {}
    draws = np.random.default_rng(0).integers(0, len(whole), (resamples, len(whole)))
    counts = np.stack([np.bincount(draw, minlength=len(whole)) for draw in draws])
    means = counts @ whole.to_numpy() / len(whole)
    best = means.max(1, keepdims=True) if better == "higher" else means.min(1, keepdims=True)
    won = np.isclose(means, best, rtol=1e-12, atol=0)
    shares = (won / won.sum(1, keepdims=True)).mean(0)
    return {str(name): float(share) for name, share in zip(whole.columns, shares, strict=True)}


def metric_agreement(
    wides: Mapping[str, pd.DataFrame], better: Mapping[str, str]
) -> dict[tuple[str, str], float]:
    """Kendall's tau-b of each pair of metrics: whether they put the methods, by their means, in one
    order. 1 the same, -1 the reverse.
    """
    means = {
        metric: wide.mean() * (1 if better[metric] == "higher" else -1)
        for metric, wide in wides.items()
    }
    taus: dict[tuple[str, str], float] = {}
    for first, second in combinations(means, 2):
        both = pd.concat([means[first], means[second]], axis=1).dropna()
        tau = (
            stats.kendalltau(both.iloc[:, 0], both.iloc[:, 1]).statistic
            if len(both) > 2
            else np.nan
        )
        if np.isfinite(tau):
            taus[first, second] = float(tau)
    return taus


def by_chance(methods: int) -> float:
    """Kendall's tau that two unrelated orders of this many methods exceed in size one time in
    twenty (normal approximation, Kendall 1938).
    """
    if methods < 3:
        return 1.0
    deviation = np.sqrt(2 * (2 * methods + 5) / (9 * methods * (methods - 1)))
    return float(min(1.0, stats.norm.ppf((1 + LEVEL) / 2) * deviation))


def _ranks(whole: pd.DataFrame, better: str) -> pd.DataFrame:
    return whole.rank(axis=1, ascending=better == "lower", method="average")
