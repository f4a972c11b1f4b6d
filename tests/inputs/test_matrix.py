"""Twelve architectures, four outputs, square and oblong: a checkpoint of each is loaded, gives the
probabilities of the user's own code, is explained and scored.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
import torchvision
from torch import nn

from heatcheck.attribution import METHODS, Output, attribute
from heatcheck.inputs import classifiers, own_networks
from heatcheck.metrics import METRICS, Case
from heatcheck.runs.cells import is_blank


@dataclass(frozen=True)
class Made:
    """An architecture as a user builds it: at a small size where it takes one."""

    architecture: str
    size: tuple[int, int]
    oblong: tuple[int, int] | None = None
    resized: str = ""  # the constructor's word for the size, where it has one

    def network(self, outputs: int, size: tuple[int, int]) -> nn.Module:
        """With weights drawn at random, batch statistics as after training."""
        library, _, name = self.architecture.partition(":")
        options = {self.resized: size} if self.resized else {}
        torch.manual_seed(0)
        if library == "timm":
            model = timm.create_model(name, num_classes=outputs, **options)
        else:
            extra = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
            model = torchvision.models.get_model(name, num_classes=outputs, **extra)
        heads = [one for one in model.modules() if getattr(one, "out_features", 0) == outputs]
        for head in heads:  # some are made of zeros, and explain nothing
            nn.init.normal_(head.weight, std=0.1)
            head.bias.data = torch.linspace(-2, 2, outputs)  # no sigmoid's answers
        model.train()
        with torch.no_grad():
            model(torch.randn(4, 3, *size))
        return model.eval()


ARCHITECTURES = {
    "ResNet": Made("torchvision:resnet18", (64, 64), (64, 96)),
    "RegNet": Made("torchvision:regnet_y_400mf", (64, 64), (96, 64)),
    "EfficientNet": Made("timm:tf_efficientnet_lite0", (64, 64), (64, 96)),
    "Inception": Made("torchvision:googlenet", (96, 96), (96, 128)),
    "ConvNeXt": Made("timm:convnext_atto", (64, 64), (96, 64)),
    "MobileNet": Made("torchvision:mobilenet_v3_small", (64, 64), (64, 96)),
    "VGG": Made("timm:vgg11", (64, 64), (64, 96)),
    "ViT": Made("timm:vit_tiny_patch16_224", (64, 64), (64, 96), "img_size"),
    "DeiT": Made("timm:deit_tiny_patch16_224", (64, 64), (96, 64), "img_size"),
    "Swin": Made("timm:swin_tiny_patch4_window7_224", (112, 112), (112, 224), "img_size"),
    "MLP-Mixer": Made("timm:mixer_s32_224", (224, 224)),
    "DINOv2": Made("timm:vit_small_patch14_dinov2", (70, 70), (70, 98), "img_size"),
}
OUTPUTS = {Output.SOFTMAX: 3, Output.SIGMOID: 3, Output.BINARY: 1, Output.SCORE: 1}
SHAPES = ("square", "oblong")
PLACES = [
    (name, output, shape)
    for name, output, shape in itertools.product(ARCHITECTURES, OUTPUTS, SHAPES)
    if shape == "square" or ARCHITECTURES[name].oblong
]
# a shorter walk through it that meets every architecture and every output
DIAGONAL = {
    (name, list(OUTPUTS)[place % 4], SHAPES[place % 2 if made.oblong else 0])
    for place, (name, made) in enumerate(ARCHITECTURES.items())
    if name != "VGG"  # half a gigabyte
}


def _by_hand(model: nn.Module, made: Made, picture: np.ndarray, output: Output) -> np.ndarray:
    """The probabilities as the user's own code has them."""
    library, _, name = made.architecture.partition(":")
    if library == "timm":
        config = timm.data.resolve_model_data_config(model)
        mean, std = config["mean"], config["std"]
    else:
        record = torchvision.models.get_model_weights(name)["DEFAULT"].transforms()
        mean, std = record.mean, record.std
        if name == "googlenet":
            model.transform_input = True  # as torchvision sets it beside its weights
    x = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    x = (x - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    with torch.no_grad():
        raw = model(x)
    values = {
        Output.SOFTMAX: raw.softmax(1),
        Output.SIGMOID: raw.sigmoid(),
        Output.BINARY: torch.cat([1 - raw.sigmoid(), raw.sigmoid()], 1),
        Output.SCORE: raw,
    }[output]
    return values.double().numpy()[0]


@pytest.mark.parametrize(
    ("name", "output", "shape"),
    [
        pytest.param(*place, marks=[] if place in DIAGONAL else [pytest.mark.long])
        for place in PLACES
    ],
    ids=lambda part: str(part),
)
def test_a_checkpoint_gives_the_users_own_probabilities_and_is_explained(
    name: str, output: Output, shape: str, tmp_path: Path
) -> None:
    made = ARCHITECTURES[name]
    size = made.size if shape == "square" else made.oblong
    assert size is not None
    model = made.network(OUTPUTS[output], size)
    torch.save({"state_dict": model.state_dict(), "epoch": 3}, tmp_path / "model.pth")
    text = own_networks.asked(
        made.architecture,
        str(tmp_path / "model.pth"),
        size=f"{size[0]},{size[1]}",
        output=output.value,
    )
    loaded = classifiers.load(text)
    assert (loaded.size.height, loaded.size.width) == size
    picture = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    x = loaded.to_input(picture)
    expected = _by_hand(model, made, picture, output)
    got = loaded.probabilities(x)[0].double().numpy()
    np.testing.assert_allclose(got, expected, atol=1e-5 * max(1.0, np.abs(expected).max()))
    target = loaded.target(x, int(got.argmax()))
    explained = 0
    for method in (METHODS.build("vanilla_gradients"), METHODS.build("grad_cam")):
        if method.check(target):
            continue
        explained += 1
        attribution = attribute(method, target, x, seed=0, about="a picture")
        assert attribution.map.shape == size
        if is_blank(attribution.map.numpy()):  # a random head may have no positive evidence
            assert method.name == "grad_cam"
            continue
        case = Case(target, x, attribution, "a picture")
        for metric in ("deletion", "insertion"):
            score = METRICS.build({"name": metric, "points": 5, "substrate": "mean"}).score(case)
            assert np.isfinite(score.value)
            assert output is Output.SCORE or 0 <= score.value <= 1
    assert explained
    classifiers.load.cache_clear()


def test_the_diagonal_meets_every_output_and_all_architectures_but_the_largest() -> None:
    assert {place[0] for place in DIAGONAL} == set(ARCHITECTURES) - {"VGG"}
    assert {place[1] for place in DIAGONAL} == set(OUTPUTS)
