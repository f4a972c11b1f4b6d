"""A composite of metrics with the reader's weights. It is the reader's: no choice of weights is the
right one.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from heatcheck.judgement.standings import values
from heatcheck.judgement.statistics import Estimate, estimate


def composite(table: pd.DataFrame, weights: Mapping[str, float]) -> dict[str, Estimate]:
    """Each method's weighted mean place, 1 where it is the best on every image under every metric,
    0 where the worst; best first.

    On each image the methods are ranked under each metric, the ranks spread over 0 to 1; a place is
    the mean over metrics by their weights. Images on which a method has no value under a metric of
    positive weight are left out for that method, the others ranked among themselves.
    """
    total, places = 0.0, None
    for metric, weight in weights.items():
        if weight <= 0:
            continue
        wide = values(table, metric)
        better = str(table.loc[table["metric"] == metric, "better"].iloc[0])
        ranks = wide.rank(axis=1, ascending=better == "higher", method="average")
        share = (ranks - 1).div(wide.notna().sum(axis=1) - 1, axis=0)
        places = weight * share if places is None else places + weight * share
        total += weight
    if places is None:
        return {}
    found = {
        str(method): one
        for method in places
        if (one := estimate((places[method] / total).to_numpy()))
    }
    return dict(sorted(found.items(), key=lambda item: -item[1].mean))
