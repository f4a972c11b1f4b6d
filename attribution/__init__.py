"""Attribution methods: image and target -> heatmap. Knows torch, nothing else of Heatcheck.

>>> from heatcheck.attribution import METHODS, Target, attribute
>>> made = attribute(METHODS.build("grad_cam"), Target(model, class_index, x), x)
>>> made.map  # [H,W] float32
"""

from heatcheck.attribution.base import METHODS, Attribution, Method, attribute, attribute_together
from heatcheck.attribution.outputs import Output
from heatcheck.attribution.passes import Passes
from heatcheck.attribution.target import Target
from heatcheck.core import plugins
from heatcheck.core.errors import HeatcheckError
from heatcheck.core.randomness import generator

METHODS.discover(__name__, __path__)

__all__ = [
    "METHODS",
    "Attribution",
    "HeatcheckError",
    "Method",
    "Output",
    "Passes",
    "Target",
    "attribute",
    "attribute_together",
    "generator",
]

plugins.load_installed(plugins.METHOD_GROUP, METHODS.adopt, Method)
