"""HiResCAM beside Grad-CAM."""

from __future__ import annotations

from heatcheck.attribution import METHODS
from heatcheck.tests.doubles.oracles import PARITY, SIDE, Network, error, ours, with_their_warnings


@with_their_warnings
def test_hires_cam_is_grad_cam_where_the_features_are_averaged(
    networks: dict[str, Network],
) -> None:
    net = networks["efficientnet_lite0"]
    places = (SIDE // 32) ** 2
    assert (
        error(
            places * ours(METHODS.build("hires_cam"), net),
            ours(METHODS.build("grad_cam"), net) * places,
        )
        <= PARITY
    )
