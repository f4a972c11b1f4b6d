"""Agreement of methods: how alike two methods rank the pixels of an image, by Spearman's
correlation of their maps' strength.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

import numpy as np
from scipy import stats

from heatcheck.judgement.statistics import Estimate, estimate


@dataclass(frozen=True)
class Agreement:
    """Two methods' rank correlation, mean over the samples on which both have a map that varies."""

    first: str  # keys in the run
    second: str
    correlation: Estimate


def agreement(
    maps: Iterable[tuple[str, str, np.ndarray]],
    methods: Sequence[str],
    sample_of: Mapping[str, str] | None = None,
) -> list[Agreement]:
    """Every pair of `methods`, from maps sorted by image, as `store.results.maps` gives them:
    image, method, `[H,W]`.

    The strength of a pixel is the size of its value, so that signed and unsigned maps compare. A
    map of one strength throughout has no order. Of the images of a sample their mean counts;
    without `sample_of` each image is a sample.
    """
    known = sample_of or {}
    correlations: dict[tuple[str, str], dict[str, list[float]]] = {}
    for image, rows in groupby(maps, key=lambda row: row[0]):
        ranked = {
            method: stats.rankdata(np.abs(heat))
            for _, method, heat in rows
            if np.ptp(np.abs(heat)) > 0
        }
        kept = [method for method in methods if method in ranked]
        table = (
            np.atleast_2d(np.corrcoef([ranked[method] for method in kept]))
            if len(kept) > 1
            else np.empty((0, 0))
        )
        for row, first in enumerate(kept):
            for column in range(row):
                pair = first, kept[column]
                by_sample = correlations.setdefault(pair, {})
                by_sample.setdefault(known.get(image, image), []).append(float(table[row, column]))
    estimates = {
        pair: estimate([fmean(values) for values in by_sample.values()])
        for pair, by_sample in correlations.items()
    }
    return [Agreement(*pair, mean) for pair, mean in estimates.items() if mean is not None]
