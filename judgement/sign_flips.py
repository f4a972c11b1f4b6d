"""The sign-flip test: whether paired differences are symmetric about zero, or lean to one side.

Where own score and control are exchangeable within an image, each difference is as likely to come
with the other sign. The test flips signs and counts how often the sum is as large as the one that
was measured (Fisher 1935, The Design of Experiments). As every flip keeps the squares, Student's t
rises with the sum, so that to compare sums is to compare t. It asks for no normal law.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from scipy import stats

from heatcheck.judgement.statistics import ENOUGH, ROUNDING

EXACT = 12  # samples up to which all 2^n flips are tried
FLIPS = 20_000  # the identity among them, beyond that
MOST = 2_000  # samples beyond which Student's t says the same
MOST_SIZE = 1e6  # of a value, in mean differences: beyond it each difference is flipped by itself
BLOCK = 4_000_000  # signs held as floating-point numbers at a time
# roots of the sum of squares beyond which no random flip comes: of 20,000 one does in fewer than
# one of 10^12 tests, as P(sum >= r) <= exp(-r^2 / 2) (Hoeffding 1963, theorem 2)
UNREACHED = 8.7
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
    counts = present.sum(axis=0)
    for n in np.unique(counts[counts >= ENOUGH]):
        columns = np.flatnonzero(counts == n)
        # the present ones of each column in their order
        sample = values[:, columns].T[present[:, columns].T].reshape(len(columns), n).T
        tested = _by_t if n > MOST else _by_flips
        p[columns] = np.where(np.any(sample != 0, axis=0), tested(sample, two_sided), 1.0)
    return p


def p_of_pairs(
    base: np.ndarray, first: np.ndarray, second: np.ndarray, *, two_sided: bool = False
) -> np.ndarray:
    """The test for differences of columns of `[samples, b]`, by their places `[m]`, -1 for zero:
    p `[m]`, as `p_values` gives it for the differences themselves.

    The flipped sum of a difference is the difference of two flipped sums, so that a column without
    gaps is flipped once, however many it is held against.
    """
    base = np.concatenate([base, np.zeros((len(base), 1))], axis=1)
    p = np.ones(len(first))
    step = max(1, BLOCK // max(1, len(base)))
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        p[part] = _of_pairs(base, first[part], second[part], two_sided)
    return p


def _of_pairs(
    base: np.ndarray, first: np.ndarray, second: np.ndarray, two_sided: bool
) -> np.ndarray:
    differences = base[:, first] - base[:, second]
    small = (np.abs(differences) <= ROUNDING) & (differences != 0)
    apart = ~np.isfinite(differences).all(axis=0) | small.any(axis=0)
    size = np.maximum(np.abs(base[:, first]), np.abs(base[:, second])).max(axis=0)
    apart |= size > MOST_SIZE * np.abs(differences).mean(axis=0)  # sums that large would cancel
    if not EXACT < len(base) <= MOST:
        apart[:] = True
    p = np.empty(len(first))
    p[apart] = p_values(differences[:, apart], two_sided=two_sided)
    whole = differences[:, ~apart]
    by_flips = _by_flips(whole, two_sided, (base, first[~apart], second[~apart]))
    p[~apart] = np.where(whole.any(axis=0), by_flips, 1.0)
    return p


def smallest_p(samples: int) -> float:
    """The smallest one-sided p that so many samples can give."""
    if samples < ENOUGH:
        return 1.0
    return 0.5**samples if samples <= EXACT else 1 / FLIPS


@lru_cache(maxsize=32)
def _flips(n: int) -> np.ndarray:
    """The flips, a bit a sample that keeps its sign, packed along the samples; the identity first;
    the same for a size, always.
    """
    if n <= EXACT:
        every = np.array(list(itertools.product((1, 0), repeat=n)), dtype=np.uint8)
        return np.packbits(every, axis=1)
    rng = np.random.default_rng((SEED, n))
    packed = np.empty((FLIPS, -(-n // 8)), dtype=np.uint8)
    for block in _blocks(FLIPS, n):
        packed[block] = np.packbits(rng.integers(0, 2, (block.stop - block.start, n)) == 1, axis=1)
    packed[0] = 255
    return packed


def _blocks(flips: int, n: int) -> list[slice]:
    """All flips of `n` samples in parts that memory holds."""
    step = max(1, BLOCK // n)
    return [slice(start, min(start + step, flips)) for start in range(0, flips, step)]


def _by_flips(
    sample: np.ndarray,
    two_sided: bool,
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    """The share of flips whose sum is as large as the sample's own, which is one of them; `pairs`
    has a base and the places of the columns whose differences the samples are.
    """
    n, width = sample.shape
    own = sample.sum(axis=0)
    wanted = np.abs(own) if two_sided else own
    flips = 2**n if n <= EXACT else FLIPS
    distance = wanted / np.maximum(np.sqrt((sample**2).sum(axis=0)), np.finfo(float).tiny)
    reached = np.where(distance > 0, 1, flips)
    near = np.abs(distance) < UNREACHED if n > EXACT else np.ones(width, dtype=bool)
    limit = wanted - 1e-9 * np.abs(sample).sum(axis=0)
    if near.any():
        sums = _flipped(sample[:, near]) if pairs is None else _flipped_pairs(*pairs, near)
        reached[near] = sum(
            ((np.abs(some) if two_sided else some) >= limit[near]).sum(axis=0) for some in sums
        )
    return np.maximum(reached, 1) / flips  # the sample itself is one of them


def _flipped(sample: np.ndarray) -> Iterator[np.ndarray]:
    """The sums of every column under all flips, some flips at a time: `[some, m]`."""
    packed, n = _flips(len(sample)), len(sample)
    own = sample.sum(axis=0)
    for block in _blocks(len(packed), n):
        kept = np.unpackbits(packed[block], axis=1, count=n).astype(np.float64)
        yield 2 * (kept @ sample) - own


def _flipped_pairs(
    base: np.ndarray, first: np.ndarray, second: np.ndarray, near: np.ndarray
) -> Iterator[np.ndarray]:
    """The same for the pairs that are near, of the columns that they need."""
    used, places = np.unique([first[near], second[near]], return_inverse=True)
    left, right = places.reshape(2, -1)
    for sums in _flipped(base[:, used % base.shape[1]]):
        yield sums[:, left] - sums[:, right]


def _by_t(sample: np.ndarray, two_sided: bool) -> np.ndarray:
    spread = np.maximum(sample.std(axis=0, ddof=1), np.finfo(float).tiny)
    t = sample.mean(axis=0) / (spread / np.sqrt(len(sample)))
    if two_sided:
        return np.asarray(2 * stats.t.sf(np.abs(t), len(sample) - 1))
    return np.asarray(stats.t.sf(t, len(sample) - 1))
