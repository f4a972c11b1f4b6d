"""Families of methods against captum and torchcam: the same module object, the same draws."""

from __future__ import annotations

from typing import Any

import captum.attr
import pytest
import torch
import torchcam.methods

from heatcheck.attribution import METHODS
from heatcheck.attribution.smoothgrad import Noisy
from heatcheck.core.randomness import generator
from heatcheck.tests.doubles.oracles import (
    PARITY,
    Network,
    error,
    every_network,
    ours,
    torchcams,
    with_their_warnings,
)


@with_their_warnings
@every_network
@pytest.mark.parametrize(
    ("ours_is", "captums"),
    [("smoothgrad", "smoothgrad"), ("smoothgrad_squared", "smoothgrad_sq"), ("vargrad", "vargrad")],
)
def test_the_three_kinds_of_noise_tunnel(
    ours_is: str,
    captums: str,
    name: str,
    networks: dict[str, Network],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = networks[name]
    method = METHODS.build({"name": ours_is, "samples": 12})
    assert isinstance(method, Noisy)
    noise = method.noise(net.target, net.x, generator(0, "photo", method.digest, "attribution"), 12)
    monkeypatch.setattr(torch, "normal", lambda mean, std: noise)
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(net.model))
    found = tunnel.attribute(
        net.x, nt_type=captums, nt_samples=12, stdevs=1.0, target=net.index, abs=False
    )[0].detach()
    assert error(ours(method, net), found.abs().amax(0)) <= PARITY


@with_their_warnings
@every_network
@pytest.mark.parametrize(
    ("ours_is", "kind"),
    [
        ("grad_cam", torchcam.methods.GradCAM),
        ("xgrad_cam", torchcam.methods.XGradCAM),
        ("layer_cam", torchcam.methods.LayerCAM),
    ],
)
def test_torchcams_maps(ours_is: str, kind: Any, name: str, networks: dict[str, Network]) -> None:
    net = networks[name]
    assert error(ours(METHODS.build(ours_is), net), torchcams(kind, net)) <= PARITY
