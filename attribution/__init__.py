"""Attribution methods: image and target -> heatmap. Knows torch, nothing else of Heatcheck.

>>> from attribution import METHODS, Target, attribute
>>> list(METHODS)
['vanilla_gradients', 'integrated_gradients', 'smoothgrad', 'grad_cam', 'centre_prior', 'edges', 'random']
"""

from attribution.base import METHODS, Attribution, Method, attribute, generator
from attribution.errors import HeatcheckError
from attribution.target import Passes, Target

METHODS.discover(__name__, __path__)

__all__ = ["METHODS", "Attribution", "HeatcheckError", "Method", "Passes", "Target", "attribute", "generator"]
