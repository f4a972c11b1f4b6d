"""Input x Gradient is captum's."""

from __future__ import annotations

import captum.attr

from heatcheck.attribution import METHODS
from heatcheck.tests.doubles.oracles import (
    PARITY,
    Network,
    error,
    every_network,
    ours,
    with_their_warnings,
)


@with_their_warnings
@every_network
def test_input_x_gradient(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    oracle = (
        captum.attr.InputXGradient(net.model)
        .attribute(net.x.clone().requires_grad_(), net.index)[0]
        .sum(0)
        .detach()
    )
    assert error(ours(METHODS.build("input_x_gradient"), net), oracle) <= PARITY
