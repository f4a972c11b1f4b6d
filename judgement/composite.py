"""A composite of metrics with the reader's weights. It is the reader's: no choice of weights is the
right one.
"""

from __future__ import annotations

from collections.abc import Mapping

from heatcheck.judgement.scores import Scores
from heatcheck.judgement.statistics import Estimate, estimate


def composite(scores: Scores, weights: Mapping[str, float]) -> dict[str, Estimate]:
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
        wide = scores.of(metric)
        higher = scores.better(metric) == "higher"
        ranks = wide.rank(axis=1, ascending=higher, method="average")
        share = (ranks - 1).div(wide.notna().sum(axis=1) - 1, axis=0)
        places = weight * share if places is None else places + weight * share
        total += weight
    if places is None:
        return {}
    means = {
        str(method): mean
        for method in places
        if (mean := estimate((places[method] / total).to_numpy()))
    }
    return dict(sorted(means.items(), key=lambda item: -item[1].mean))
