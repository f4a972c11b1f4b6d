"""Attribution methods: image and target -> heatmap. Knows torch, nothing else of Heatcheck.

>>> from attribution import METHODS, Target, attribute
>>> made = attribute(METHODS.build("grad_cam"), Target(model, class_index, x), x)
>>> made.map  # [H,W] float32
"""

from attribution.base import METHODS, Attribution, Method, attribute, attribute_together, generator
from attribution.errors import HeatcheckError
from attribution.target import Passes, Target

METHODS.discover(__name__, __path__)

__all__ = ["METHODS", "Attribution", "HeatcheckError", "Method", "Passes", "Target", "attribute", "attribute_together", "generator"]
