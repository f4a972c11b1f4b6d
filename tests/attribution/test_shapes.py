"""Every method on inputs of other shapes than a photograph's."""

from __future__ import annotations

import pytest
import torch

from heatcheck.attribution import METHODS, attribute
from heatcheck.core.errors import DoesNotApply
from heatcheck.tests.doubles.shaped_networks import SHAPES, network, quick, target, transformer


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", METHODS)
def test_every_method_explains_inputs_of_any_shape(name: str, shape: str) -> None:
    made = transformer if "attention" in METHODS[name].needs else network
    about, x = target(made(SHAPES[shape]), SHAPES[shape])
    heat = attribute(quick(name), about, x).map
    assert heat.shape == SHAPES[shape][1:]
    assert torch.isfinite(heat).all()
    assert heat.amax() > heat.amin()


def test_a_reason_names_the_channels_where_no_real_pictures_have_them() -> None:
    about, x = target(network(SHAPES["four channels"]), SHAPES["four channels"])
    about.references = None
    with pytest.raises(DoesNotApply, match="there are none of 4 channels"):
        attribute(METHODS.build("expected_gradients"), about, x)
