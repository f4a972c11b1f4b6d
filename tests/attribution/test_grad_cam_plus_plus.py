"""Grad-CAM++ by hand, and where torchcam's differs."""

from __future__ import annotations

import torch
import torchcam.methods
from torch import Tensor

from heatcheck.attribution.grad_cam_plus_plus import GradCAMPlusPlus
from heatcheck.tests.doubles.oracles import (
    PARITY,
    Network,
    error,
    every_network,
    large,
    ours,
    torchcams,
    with_their_warnings,
)


def test_grad_cam_plus_plus_by_hand() -> None:
    features = torch.tensor([[[[1.0, 2.0], [0.0, 3.0]]]])
    gradient = torch.tensor([[[[0.5, -1.0], [2.0, 0.0]]]])
    total = 1 * 0.125 + 2 * -1.0 + 0 * 8.0
    weight = 0.25 / (0.5 + total) * 0.5 + 4.0 / (8.0 + total) * 2.0
    torch.testing.assert_close(GradCAMPlusPlus().weighted(features, gradient), weight * features)


@with_their_warnings
@every_network
def test_grad_cam_plus_plus_divides_where_torchcam_divides_a_copy(
    name: str, networks: dict[str, Network]
) -> None:
    """torchcam 0.5 divides `alpha[mask]`, a copy: its weights are sum g^2 ReLU(g). Without the
    division ours are the same.
    """

    class Undivided(GradCAMPlusPlus):
        def weighted(self, features: Tensor, gradient: Tensor) -> Tensor:
            return (gradient**2 * gradient.relu()).sum((2, 3), keepdim=True) * features

    net = networks[name]
    oracle = torchcams(torchcam.methods.GradCAMpp, net)
    undivided = large(Undivided().coarse(net.target, net.x), net.x)
    assert error(undivided, oracle) <= PARITY
    assert error(ours(GradCAMPlusPlus(), net) / 1.0, oracle) > PARITY
