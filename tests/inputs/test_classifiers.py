"""Classifiers: the right weights, the right preprocessing, exact transformations, honest
refusals.
"""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import torch
from timm.layers import Conv2dSame
from torch import Tensor, nn

from heatcheck.attribution import METHODS, Target, attribute
from heatcheck.core.errors import ClassifierUnavailable, UnknownName
from heatcheck.inputs import classifiers, images
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.images import Image
from heatcheck.inputs.labels import matched
from heatcheck.inputs.sizes import Size
from heatcheck.inputs.speed_ups import ThriftySame, fold_batch_norm


@pytest.mark.parametrize(
    ("name", "top1", "top5"),
    [
        ("efficientnet_lite0", 17, 20),
        ("efficientnet_lite1", 19, 20),
        ("efficientnet_lite2", 18, 20),
    ],
)
def test_the_packaged_networks_know_the_sample_photographs(
    name: str, top1: int, top5: int, photographs: list[Image]
) -> None:
    loaded = classifiers.load(name)
    right = [0, 0]
    meant = matched((photo.label for photo in photographs), loaded.labels)
    for photo in photographs:
        best = (
            loaded.probabilities(loaded.to_input(images.picture(photo.encoded(), loaded.size)))[0]
            .topk(5)
            .indices.tolist()
        )
        label = meant.of(photo.label)
        right[0] += best[0] == label
        right[1] += label in best
    assert right == [top1, top5]
    assert (loaded.mean, loaded.std) == ((0.5,) * 3, (0.5,) * 3)


def test_folding_changes_neither_logits_nor_the_order_of_maps(
    lite0: Classifier, lite0_inputs: Tensor
) -> None:
    import timm

    packaged = classifiers.PACKAGED["efficientnet_lite0"]
    assert packaged.path is not None
    plain = timm.create_model(packaged.architecture, pretrained=False).eval()
    weights = torch.load(packaged.path, weights_only=True)
    plain.load_state_dict(dict(zip(plain.state_dict(), weights.values(), strict=True)))
    assert any(isinstance(module, nn.BatchNorm2d) for module in plain.modules())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in lite0.model.modules())
    x = lite0_inputs[:6]
    with torch.no_grad():
        expected, ours = plain(x), lite0.model(x)
    assert float((ours - expected).abs().max() / expected.abs().max()) < 1e-5
    for name in ("vanilla_gradients", "grad_cam"):
        index = int(expected[0].argmax())
        maps = [
            attribute(METHODS.build(name), Target(model, index, x[:1]), x[:1]).map.flatten().numpy()
            for model in (plain, lite0.model)
        ]
        assert scipy.stats.spearmanr(*maps).statistic > 0.99


def test_a_batch_norm_that_a_convolution_does_not_feed_alone_is_left() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm, self.twice = (
                nn.Conv2d(3, 3, 1),
                nn.BatchNorm2d(3),
                nn.BatchNorm2d(3),
            )

        def forward(self, x: Tensor) -> Tensor:
            made = self.conv(x)
            return self.norm(made) + self.twice(made)

    model = Shared().eval()
    assert fold_batch_norm(model, torch.rand(1, 3, 4, 4)) == 0


def test_folding_that_would_change_the_function_is_not_used() -> None:
    class Skipped(nn.Module):
        """The convolution's output is also read past the batch norm, where no hook sees it."""

        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

        def forward(self, x: Tensor) -> Tensor:
            made = self.conv(x)
            return (self.norm(made) + made).mean((2, 3))

    torch.manual_seed(0)
    model = Skipped()
    model.norm.running_mean += 2.0  # type: ignore[operator]
    x = torch.rand(2, 3, 8, 8)
    expected = copy.deepcopy(model).eval()(x)
    ready = classifiers.ready(
        Classifier(
            "own",
            "Own",
            model,
            Size.square(8),
            (0.5,) * 3,
            (0.5,) * 3,
            ("a", "b", "c"),
            "here",
            "",
            torch.device("cpu"),
        )
    )
    torch.testing.assert_close(ready.model(x), expected)


@pytest.mark.parametrize("kernel", (1, 2, 3, 4, 5, (3, 5)))
@pytest.mark.parametrize("stride", (1, 2, 3, (1, 2)))
def test_same_padding_without_a_copy_is_timms(
    kernel: int | tuple[int, int], stride: int | tuple[int, int]
) -> None:
    torch.manual_seed(0)
    theirs = Conv2dSame(4, 8, kernel, stride, groups=2).double()
    ours = ThriftySame.of(theirs)
    for height, width in ((8, 8), (9, 8), (7, 11), (1, 2)):
        x = torch.randn(2, 4, height, width, dtype=torch.float64, requires_grad=True)
        torch.testing.assert_close(ours(x), theirs(x))
        gradients = [torch.autograd.grad(layer(x).square().sum(), x)[0] for layer in (ours, theirs)]
        torch.testing.assert_close(*gradients)


def test_the_default_network_pads_without_a_copy(lite0: Classifier) -> None:
    kinds = [type(module) for module in lite0.model.modules()]
    assert (kinds.count(ThriftySame), kinds.count(Conv2dSame)) == (5, 0)


def test_unknown_names_get_the_nearest_and_what_is_here() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'efficientnet_lite1'"):
        classifiers.load("efficientnet_lite_1")
    with pytest.raises(UnknownName, match="Known: torchvision, timm"):
        classifiers.load("keras:resnet")


def test_weights_that_cannot_be_fetched_say_so_and_name_what_is_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def no_network(*args: object, **words: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("torch.hub.download_url_to_file", no_network)
    with pytest.raises(
        ClassifierUnavailable,
        match=r"'torchvision:resnet18' cannot be had: .*no route to host.*efficientnet_lite0",
    ):
        classifiers.load("torchvision:resnet18")
    monkeypatch.setattr("timm.create_model", no_network)
    with pytest.raises(ClassifierUnavailable, match="timm could not fetch them"):
        classifiers.load("timm:resnet18")


def test_weights_with_another_digest_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = dataclasses.replace(classifiers.PACKAGED["efficientnet_lite1"], sha256="0" * 64)
    monkeypatch.setitem(classifiers.PACKAGED, "efficientnet_lite0", changed)
    with pytest.raises(
        ClassifierUnavailable,
        match="expected weights with sha256 0000000000000000, got 77cc7160d37bebc1",
    ):
        classifiers.load.__wrapped__("efficientnet_lite0")


def test_official_torchvision_weights_come_with_their_preprocessing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torchvision

    monkeypatch.setattr(
        torchvision.models.get_model_weights("resnet18")["DEFAULT"].__class__,
        "get_state_dict",
        lambda self, **words: torchvision.models.resnet18(weights=None).state_dict(),
    )
    loaded = classifiers.load.__wrapped__("torchvision:resnet18")
    assert (loaded.size, loaded.mean, loaded.std) == (
        (224, 224),
        (0.485, 0.456, 0.406),
        (0.229, 0.224, 0.225),
    )
    assert loaded.labels[207] == "golden retriever"
    assert not any(isinstance(module, nn.BatchNorm2d) for module in loaded.model.modules())
    picture = np.full((224, 224, 3), 255, np.uint8)
    torch.testing.assert_close(
        loaded.to_input(picture)[0, :, 0, 0],
        torch.tensor([2.2489, 2.4286, 2.64]),
        rtol=1e-3,
        atol=0,
    )
