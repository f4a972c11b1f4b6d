"""Metrics: heatmap -> score. Knows attribution and nothing above it.

>>> from heatcheck.metrics import METRICS, deletion, insertion
>>> list(METRICS)[:2]
['deletion', 'insertion']
"""

from heatcheck.core import plugins
from heatcheck.metrics.base import (
    METRICS,
    OBJECT_MASK,
    OTHER_CLASSES,
    OTHER_IMAGES,
    Case,
    Curve,
    Metric,
    Other,
    Score,
    Side,
)
from heatcheck.metrics.given_maps import deletion, insertion

METRICS.discover(__name__, __path__)

__all__ = [
    "METRICS",
    "OBJECT_MASK",
    "OTHER_CLASSES",
    "OTHER_IMAGES",
    "Case",
    "Curve",
    "Metric",
    "Other",
    "Score",
    "Side",
    "deletion",
    "insertion",
]

plugins.load_installed(plugins.METRIC_GROUP, METRICS.adopt, Metric)
plugins.load_named()
