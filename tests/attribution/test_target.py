"""Target: shared passes, batches, pixels, and what it refuses."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute, attribute_together
from heatcheck.core.errors import BadParameter, DoesNotApply


def test_methods_that_are_asked_together_share_passes_and_give_the_same_maps(
    tiny: nn.Module, tiny_x: Tensor
) -> None:
    methods = [
        METHODS.build(name)
        for name in (
            "vanilla_gradients",
            "input_x_gradient",
            "grad_cam",
            "hires_cam",
            "layer_cam",
            "guided_grad_cam",
        )
    ]
    target = Target(tiny, 1, tiny_x)
    together = attribute_together(methods, target, tiny_x)
    assert (target.passes.forward, target.passes.backward) == (
        3,
        3,
    )  # a gradient, the features, a guided gradient
    for method, made in zip(methods, together, strict=True):
        assert torch.equal(made.map, attribute(method, Target(tiny, 1, tiny_x), tiny_x).map)


def test_variants_of_the_image_are_not_kept(tiny: nn.Module, tiny_x: Tensor) -> None:
    """Otherwise Integrated Gradients with many steps would hold them all."""
    target = Target(tiny, 0, tiny_x)
    with target.sharing(tiny_x):
        for _ in range(2):
            attribute(METHODS.build({"name": "integrated_gradients", "steps": 40}), target, tiny_x)
        assert target.passes.backward == 80
        assert target._shared is not None
        assert target._shared[1] == {}


def test_methods_share_a_pass_only_when_they_are_told_to(tiny: nn.Module, tiny_x: Tensor) -> None:
    target = Target(tiny, 0, tiny_x)
    with target.sharing(tiny_x):
        shared = [target.gradient(tiny_x), target.gradient(tiny_x), target.gradient(tiny_x + 1)]
        target.features(tiny_x)
        target.features(tiny_x)
    assert (target.passes.forward, target.passes.backward) == (3, 3)
    assert shared[0] is shared[1]
    assert not torch.equal(shared[0], shared[2])
    target.gradient(tiny_x)
    assert target.passes.backward == 4


def test_variants_run_in_batches_and_are_counted(tiny: nn.Module, tiny_x: Tensor) -> None:
    sizes: list[int] = []
    tiny.register_forward_pre_hook(lambda module, args: sizes.append(len(args[0])))
    target = Target(tiny, 0, tiny_x)
    many = tiny_x.repeat(35, 1, 1, 1)
    assert target.score(many).shape == target.probability(many).shape == (35,)
    assert target.gradient(many).shape == many.shape
    assert sizes == [16, 16, 3] * 3
    assert (target.passes.forward, target.passes.backward) == (105, 35)


def test_pixels_and_inputs_are_inverse(tiny: nn.Module, tiny_x: Tensor) -> None:
    target = Target(tiny, 0, tiny_x, mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7))
    torch.testing.assert_close(target.to_input(target.to_pixels(tiny_x)), tiny_x)
    assert target.to_input(torch.zeros(1, 3, 1, 1)).flatten().tolist() == pytest.approx(
        [-0.2, -1 / 3, -3 / 7]
    )


def test_what_is_not_a_classifier_or_an_image_is_refused(tiny: nn.Module, tiny_x: Tensor) -> None:
    with pytest.raises(BadParameter, match=r"Expected x of shape \[1,C,H,W\]"):
        Target(tiny, 0, tiny_x[0])
    with pytest.raises(BadParameter, match=r"class index in 0\.\.2. Got 3"):
        Target(tiny, 3, tiny_x).score(tiny_x)
    with pytest.raises(DoesNotApply, match=r"returns outputs \[N,K\]"):
        Target(nn.Identity(), 0, tiny_x).score(tiny_x)
    with pytest.raises(BadParameter, match="one value or 3"):
        Target(tiny, 0, tiny_x, mean=(0.1, 0.2))
