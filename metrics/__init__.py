"""Metrics: heatmap -> score. Knows attribution and nothing above it.

>>> from metrics import METRICS, deletion, insertion
>>> list(METRICS)[:2]
['average_drop', 'deletion']
"""

from metrics.base import METRICS, OBJECT_MASK, OTHER_IMAGES, Case, Curve, Metric, Other, Score, Side

METRICS.discover(__name__, __path__)

__all__ = ["METRICS", "OBJECT_MASK", "OTHER_IMAGES", "Case", "Curve", "Metric", "Other", "Score", "Side"]
