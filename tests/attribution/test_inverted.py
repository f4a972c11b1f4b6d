"""Inverted: the negative of another method's map."""

from __future__ import annotations

import torch

from heatcheck.attribution import METHODS
from heatcheck.tests.doubles.paths import X, smooth


def test_an_inverted_map_is_the_negative() -> None:
    target = smooth()
    for of in ("vanilla_gradients", "integrated_gradients", "edges"):
        stream, again = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
        made = METHODS.build(of).attribute(target, X, stream)
        upside = METHODS.build({"name": "inverted", "of": of}).attribute(target, X, again)
        first, second = (one[0] if isinstance(one, tuple) else one for one in (made, upside))
        assert torch.equal(first, -second)
