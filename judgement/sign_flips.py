"""The sign-flip test: whether paired differences are symmetric about zero, or lean to one side.

Where own score and control are exchangeable within an image, each difference is as likely to come
with the other sign. The test flips signs and counts how often the sum is as large as the one that
was measured (Fisher 1935, The Design of Experiments). As every flip keeps the squares, Student's t
rises with the sum, so that to compare sums is to compare t. It asks for no normal law.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import stats

from heatcheck.judgement.statistics import ENOUGH, ROUNDING

EXACT = 12  # samples up to which all 2^n flips are tried
FLIPS = 20_000  # the identity among them, beyond that
MOST = 2_000  # samples beyond which Student's t says the same
BLOCK = 4_000_000  # signs held as floating-point numbers at a time
SEED = 20_261_125


def p_above_zero(differences: Sequence[float] | np.ndarray) -> float:
    """One-sided p that differences are symmetric about zero, against that they are larger.

    Missing ones (NaN) are left out. 1 for fewer than five, and where all are zero but for rounding.
    """
    return float(p_values(np.asarray(differences, dtype=np.float64)[:, None])[0])


def p_values(differences: np.ndarray, *, two_sided: bool = False) -> np.ndarray:
    """The test for every column of `[samples, m]`: p `[m]`, one-sided above zero unless asked."""
    values = np.asarray(differences, dtype=np.float64)
    values = np.where(np.abs(values) <= ROUNDING, 0.0, values)
    p = np.ones(values.shape[1])
    present = np.isfinite(values)
    for columns in _alike(present):
        sample = values[np.ix_(present[:, columns[0]], columns)]
        if len(sample) >= ENOUGH:
            tested = _by_t if len(sample) > MOST else _by_flips
            p[columns] = np.where(np.any(sample != 0, axis=0), tested(sample, two_sided), 1.0)
    return p


def smallest_p(samples: int) -> float:
    """The smallest one-sided p that so many samples can give."""
    if samples < ENOUGH:
        return 1.0
    return 0.5**samples if samples <= EXACT else 1 / FLIPS


def _alike(present: np.ndarray) -> list[np.ndarray]:
    """Columns that have the same samples, together."""
    _, group = np.unique(present, axis=1, return_inverse=True)
    group = group.ravel()
    return [np.flatnonzero(group == number) for number in range(group.max(initial=-1) + 1)]


@lru_cache(maxsize=8)
def _signs(n: int) -> np.ndarray:
    """The flips `[flips, n]` as -1 and 1, the identity first; the same for a size, always."""
    if n <= EXACT:
        return np.array(list(itertools.product((1, -1), repeat=n)), dtype=np.int8)
    rng = np.random.default_rng((SEED, n))
    signs = rng.choice(np.array((-1, 1), dtype=np.int8), (FLIPS, n))
    signs[0] = 1
    return signs


def _by_flips(sample: np.ndarray, two_sided: bool) -> np.ndarray:
    """The share of flips whose sum is as large as the sample's own, which is one of them."""
    signs = _signs(len(sample))
    own = sample.sum(axis=0)
    limit = (np.abs(own) if two_sided else own) - 1e-9 * np.abs(sample).sum(axis=0)
    reached = np.zeros(sample.shape[1], dtype=np.int64)
    step = max(1, BLOCK // len(sample))
    for start in range(0, len(signs), step):
        sums = signs[start : start + step].astype(np.float64) @ sample
        reached += ((np.abs(sums) if two_sided else sums) >= limit).sum(axis=0)
    return reached / len(signs)


def _by_t(sample: np.ndarray, two_sided: bool) -> np.ndarray:
    spread = np.maximum(sample.std(axis=0, ddof=1), np.finfo(float).tiny)
    t = sample.mean(axis=0) / (spread / np.sqrt(len(sample)))
    if two_sided:
        return np.asarray(2 * stats.t.sf(np.abs(t), len(sample) - 1))
    return np.asarray(stats.t.sf(t, len(sample) - 1))
