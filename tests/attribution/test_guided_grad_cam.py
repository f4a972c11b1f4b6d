"""Guided Grad-CAM is captum's."""

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
def test_guided_grad_cam(name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    explainer = captum.attr.GuidedGradCam(net.model, net.model.get_submodule(net.layer))
    oracle = explainer.attribute(
        net.x.clone().requires_grad_(), net.index, interpolate_mode="bilinear"
    )[0]
    # captum signs the product by Guided Backprop; ours is reduced as Vanilla Gradients are
    assert (
        error(ours(METHODS.build("guided_grad_cam"), net), oracle.abs().amax(0).detach()) <= PARITY
    )
