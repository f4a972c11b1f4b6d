"""Score-CAM, and where torchcam's differs."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
import torchcam.methods
from torch import Tensor

from heatcheck.attribution.score_cam import ScoreCAM
from heatcheck.core.randomness import generator
from heatcheck.tests.doubles.oracles import (
    PARITY,
    Network,
    error,
    every_network,
    torchcams,
    with_their_warnings,
)


@with_their_warnings
@every_network
def test_score_cam(name: str, networks: dict[str, Network]) -> None:
    """torchcam stretches a map to [0, 1] and enlarges it then; the paper, and we, enlarge first."""

    class StretchedFirst(ScoreCAM):
        def masks(self, maps: Tensor, x: Tensor) -> Tensor:
            low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
            stretched = (maps - low) / (high - low + 1e-8)
            return F.interpolate(stretched[:, None], x.shape[-2:], mode="bilinear")

    net = networks[name]
    oracle = torchcams(torchcam.methods.ScoreCAM, net, batch_size=16)
    heat: Any = StretchedFirst().attribute(net.target, net.x, generator())
    assert error(heat, oracle) <= PARITY
