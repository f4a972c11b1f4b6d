"""Guided Backprop: captum's, and where captum hands back the plain gradient."""

from __future__ import annotations

import captum.attr

from heatcheck.attribution import METHODS
from heatcheck.tests.doubles.oracles import (
    PARITY,
    Network,
    error,
    ours,
    with_plain_relus,
    with_their_warnings,
)


@with_their_warnings
@with_plain_relus
def test_guided_backprop(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    oracle = (
        captum.attr.GuidedBackprop(net.model)
        .attribute(net.x.clone().requires_grad_(), net.index)[0]
        .abs()
        .amax(0)
    )
    assert error(ours(METHODS.build("guided_backprop"), net), oracle) <= PARITY


@with_their_warnings
def test_where_captum_hands_back_the_plain_gradient_guided_backprop_does_not(
    networks: dict[str, Network],
) -> None:
    net = networks["efficientnet_lite0"]  # ReLU6
    guided = (
        captum.attr.GuidedBackprop(net.model)
        .attribute(net.x.clone().requires_grad_(), net.index)[0]
        .abs()
        .amax(0)
    )
    plain = ours(METHODS.build("vanilla_gradients"), net)
    assert error(guided, plain) <= PARITY
    assert error(ours(METHODS.build("guided_backprop"), net), plain) > 0.1
