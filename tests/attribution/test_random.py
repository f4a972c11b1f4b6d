"""Random: uniform values of its stream, whatever the picture and the model."""

from __future__ import annotations

import scipy.stats
import torch
from torch import nn

from heatcheck.attribution import Target, attribute, generator
from heatcheck.attribution.random import Random


def test_it_is_uniform_and_the_streams_own_draws() -> None:
    x = torch.zeros(1, 3, 60, 50)
    made = attribute(Random(), Target(nn.Identity(), 0, x), x, seed=3, about="image")
    stream = generator(3, "image", Random().digest, "attribution")
    assert torch.equal(made.map, torch.rand(60, 50, generator=stream))
    assert scipy.stats.kstest(made.map.flatten().numpy(), "uniform").pvalue > 0.01
    assert made.drew
    assert (made.passes.forward, made.passes.backward) == (0, 0)
