"""Metrics: heatmap -> score. Knows attribution and nothing above it.

>>> from metrics import METRICS
>>> list(METRICS)[:2]
['deletion', 'insertion']
"""

from metrics.base import METRICS, Case, Curve, Metric, Score

METRICS.discover(__name__, __path__)

__all__ = ["METRICS", "Case", "Curve", "Metric", "Score"]
