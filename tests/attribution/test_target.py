"""Target: which layer is spatial, batches, and what it refuses."""

from __future__ import annotations

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn

from attribution import Target
from attribution.errors import BadParameter, DoesNotApply

X = torch.zeros(1, 3, 64, 64)


@pytest.mark.parametrize(
    ("build", "layer"),
    [
        (lambda: torchvision.models.resnet18(weights=None), "layer4"),
        (lambda: torchvision.models.mobilenet_v2(weights=None), "features"),
        (lambda: timm.create_model("tf_efficientnet_lite0"), "bn2"),
        (lambda: timm.create_model("convnext_atto"), "norm_pre"),
    ],
)
def test_the_last_spatial_output_is_found(build: object, layer: str) -> None:
    target = Target(build().eval(), 0, X)  # type: ignore[operator]
    assert target.why_no_features() is None
    assert target._last_spatial_layer() == layer


def test_tensors_of_four_dimensions_that_do_not_lie_over_the_image_are_passed_over() -> None:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.keys, self.last = nn.Identity(), nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            self.keys(torch.zeros(len(x), 3, 197, 64))  # [N,heads,tokens,width]
            self.last(torch.zeros(len(x), 7, 7, 96))  # [N,h,w,K]
            return x.mean((2, 3))

    assert "has none" in str(Target(Attention(), 0, X).why_no_features())


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
    assert target.to_input(torch.zeros(1, 3, 1, 1)).flatten().tolist() == pytest.approx([-0.2, -1 / 3, -3 / 7])


def test_what_is_not_a_classifier_or_an_image_is_refused(tiny: nn.Module, tiny_x: Tensor) -> None:
    with pytest.raises(BadParameter, match=r"Expected x of shape \[1,C,H,W\]"):
        Target(tiny, 0, tiny_x[0])
    with pytest.raises(BadParameter, match=r"class index in 0\.\.2. Got 3"):
        Target(tiny, 3, tiny_x).score(tiny_x)
    with pytest.raises(DoesNotApply, match=r"returns logits \[N,classes\]"):
        Target(nn.Identity(), 0, tiny_x).score(tiny_x)
    with pytest.raises(BadParameter, match="one value or 3"):
        Target(tiny, 0, tiny_x, mean=(0.1, 0.2))
