"""The spatial layer: which is found, and how its output folds to a grid."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import Tensor, nn

from heatcheck.attribution import Target
from heatcheck.tests.doubles.networks import VIT, timm_model

X = torch.zeros(1, 3, 64, 64)


@pytest.mark.parametrize(
    ("build", "layer", "shape"),
    [
        (lambda: torchvision.models.resnet18(weights=None).eval(), "layer4", (512, 2, 2)),
        (lambda: torchvision.models.mobilenet_v2(weights=None).eval(), "features", (1280, 2, 2)),
        (lambda: timm_model("tf_efficientnet_lite0"), "bn2", (1280, 2, 2)),
        (lambda: timm_model("convnext_atto"), "norm_pre", (320, 2, 2)),
        (lambda: timm_model("vit_tiny_patch16_224", **VIT), "blocks.1.norm1", (48, 4, 4)),
        (
            lambda: timm_model("vit_tiny_patch16_224", **VIT, class_token=False, global_pool="avg"),
            "blocks.1.norm2",
            (48, 4, 4),
        ),
        (
            lambda: timm_model("deit_tiny_distilled_patch16_224", **VIT),
            "blocks.1.norm1",
            (48, 4, 4),
        ),
        (lambda: timm_model("mixer_s16_224", img_size=64), "norm", (512, 4, 4)),
        (
            lambda: timm_model("swin_tiny_patch4_window7_224", img_size=64, window_size=2),
            "norm",
            (768, 2, 2),
        ),
        (lambda: torchvision.models.swin_t(weights=None).eval(), "permute", (768, 2, 2)),
    ],
)
def test_the_last_spatial_features_are_found_and_folded(
    build: Callable[[], nn.Module], layer: str, shape: tuple[int, ...]
) -> None:
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    target = Target(build(), 0, x)
    assert target.why_no_features() is None
    assert target.spatial_layer() == layer
    features, gradient = target.features(x)
    assert features.shape == gradient.shape == (1, *shape)
    assert gradient.any()
    torch.testing.assert_close(target.activations(x), features)


def test_torchvisions_transformer_folds_too() -> None:
    model = torchvision.models.VisionTransformer(64, 16, 2, 3, 48, 96, num_classes=7)
    nn.init.normal_(model.heads.head.weight)  # zero as it comes
    target = Target(model.eval(), 0, X)
    assert target.spatial_layer() == "encoder.layers.encoder_layer_1.ln_1"
    assert target.features(X)[0].shape == (1, 48, 4, 4)


def test_tokens_fold_to_where_they_came_from() -> None:
    """A bright patch in the picture is the bright place in the folded features."""

    class Patches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cut = nn.AvgPool2d(16)
            self.norm = NormLike()

        def forward(self, x: Tensor) -> Tensor:
            tokens = self.cut(x).flatten(2).transpose(1, 2)
            return self.norm(torch.cat([torch.zeros(len(x), 1, 3), tokens], 1)).sum(1)

    class NormLike(nn.Identity):
        pass

    x = torch.zeros(1, 3, 32, 64)
    x[..., 16:, 48:] = 1
    features, _ = Target(Patches().eval(), 0, x).features(x)
    assert features.shape == (1, 3, 2, 4)
    assert features[0, 0].tolist() == [[0, 0, 0, 0], [0, 0, 0, 1]]


def test_tensors_of_four_dimensions_that_do_not_lie_over_the_image_are_passed_over() -> None:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.keys, self.pooled = nn.Identity(), nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            self.keys(torch.zeros(len(x), 3, 197, 64))  # [N,heads,tokens,width]
            self.pooled(torch.zeros(len(x), 96, 1, 1))
            return x.mean((2, 3))

    assert "has none" in str(Target(Attention(), 0, X).why_no_features())
