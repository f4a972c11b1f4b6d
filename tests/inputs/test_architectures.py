"""Checkpoints in architectures: the head, the channels and the size are found in the entries, the
preprocessing in the library's record, and what does not fit is told with its likely cause.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import timm
import torch
from torch import nn

from heatcheck.core.errors import ClassifierUnavailable
from heatcheck.inputs import architectures, fitting
from heatcheck.inputs.architectures import Design
from heatcheck.inputs.checkpoints import Checkpoint
from heatcheck.inputs.fitting import Plan
from heatcheck.inputs.sizes import Size
from heatcheck.tests.doubles.saved_networks import (
    assert_same,
    loaded,
    network,
    prefixed,
    refusal,
    saved,
    torchvision_model,
)


def planned(architecture: str, classes: int = 3, channels: int = 3, **said: Any) -> Plan:
    """How a checkpoint of the architecture is read that has other classes and channels, its names
    in the order of the alphabet and within a wrapper.
    """
    design = Design(architecture, classes=classes, channels=channels)
    model = architectures.without_memory(lambda: architectures.build(design))
    entries = prefixed("model.", dict(sorted(model.state_dict().items())))
    return fitting.planned(architecture, Checkpoint("x.ckpt", entries), **said)


def assert_planned(architecture: str) -> None:
    for channels in (3, 1):
        plan = planned(architecture, channels=channels)
        assert (plan.design.classes, plan.design.channels) == (3, channels)
        assert plan.head is None
        assert plan.design.size is None


def alive(model: nn.Module) -> nn.Module:
    """The network with batch norms that fit its values: its answers differ from picture to
    picture.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
        norm.train()
    with torch.no_grad():
        model(torch.randn(4, 3, 128, 128, generator=torch.Generator().manual_seed(0)))
    return model.eval()


# -- heads -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "vit_small_patch14_dinov2",
        "vit_small_patch14_reg4_dinov2",
        "vit_small_patch16_224.dino",
        "vit_base_patch32_clip_224",
        "vit_base_patch16_siglip_224",
        "eva02_tiny_patch14_224",
        "mobilenetv3_small_050",
        "deit_tiny_distilled_patch16_224",
        "convnext_atto",
        "regnety_002",
        "mixer_s32_224",
        "xcit_nano_12_p16_224",
    ],
)
def test_a_head_of_three_classes_is_found_in_timms_architectures(name: str) -> None:
    assert_planned(f"timm:{name}")


@pytest.mark.parametrize(
    "name", ["regnet_y_400mf", "regnet_x_400mf", "googlenet", "squeezenet1_0", "vit_b_32", "swin_t"]
)
def test_a_head_of_three_classes_is_found_in_torchvisions(name: str) -> None:
    assert_planned(f"torchvision:{name}")


def families() -> list[str]:
    """Every fourth classifier of torchvision, and of each family of timm's at most three."""
    names = [f"torchvision:{name}" for name in architectures.torchvision_names()[::4]]
    for family in timm.list_modules():
        members = timm.list_models(module=family)
        names += [f"timm:{name}" for name in members[:: max(1, (len(members) + 2) // 3)]]
    return names


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_a_head_of_three_classes_and_one_channel_are_found_in_every_family() -> None:
    failures = {}
    for name in families():
        try:
            plan = planned(name, channels=1)
            if (plan.design.classes, plan.design.channels, plan.design.size) != (3, 1, None):
                failures[name] = str(plan.design)
        except ClassifierUnavailable as error:
            if "has no head for classes" not in str(error):
                failures[name] = str(error)
    assert set(failures) <= {"timm:csatv2", "timm:csatv2_21m"}  # timm warns: made for colour


@pytest.mark.parametrize("classes", [1, 2, 1000])
def test_the_files_head_says_how_many_classes_there_are(classes: int, tmp_path: Path) -> None:
    model = network(classes)
    assert_same(loaded(saved(model, tmp_path)).model, model, 64)


# -- channels --------------------------------------------------------------------------------------


def test_one_channel_is_read_from_the_first_convolution_of_torchvision(tmp_path: Path) -> None:
    model = torchvision_model("resnet18", num_classes=3)
    model.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    got = loaded(saved(model, tmp_path), "torchvision:resnet18", size=Size.square(64))
    assert_same(got.model, model, 64, channels=1)
    assert len(got.mean) == 1


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("mobilenetv3_small_050", 1),
        ("mobilenetv3_small_050", 5),
        ("crossvit_9_240", 2),
    ],
)
def test_channels_are_read_where_the_network_takes_the_picture_in(name: str, channels: int) -> None:
    assert planned(f"timm:{name}", channels=channels).design.channels == channels


def test_safetensors_of_a_network_with_depthwise_convolutions(tmp_path: Path) -> None:
    model = network(name="mobilenetv3_small_050")
    safetensors.torch.save_file(model.state_dict(), tmp_path / "ours.safetensors")
    got = loaded(tmp_path / "ours.safetensors", "timm:mobilenetv3_small_050", size=Size.square(64))
    assert_same(got.model, model, 64)


def test_channels_without_a_known_mean_are_asked_for_one(tmp_path: Path) -> None:
    text = refusal(saved(network(channels=5), tmp_path), "timm:test_resnet")
    assert "its first layer takes 5 channels. Give --mean and --std" in text
    got = loaded(
        saved(network(channels=5), tmp_path), "timm:test_resnet", mean=(0.5,) * 5, std=(0.5,) * 5
    )
    assert_same(got.model, network(channels=5), 64, channels=5)


def test_a_mean_for_other_channels_is_told(tmp_path: Path) -> None:
    text = refusal(saved(network(), tmp_path), "timm:test_resnet", mean=(0.5,), std=(0.5,))
    assert "takes 3 channels (conv1.0.weight), and mean has 1 number" in text


# -- sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [None, Size.square(96)])
def test_the_size_is_read_from_position_embeddings(said: Size | None, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = timm.create_model("test_vit", num_classes=3, img_size=96).eval()
    got = loaded(saved(model, tmp_path), "timm:test_vit", size=said)
    assert got.size == (96, 96)
    assert_same(got.model, model, 96)
    assert got.notes == (() if said else ("The size of its input, 96, is read from pos_embed.",))


def test_the_size_is_read_from_torchvisions_position_embeddings(tmp_path: Path) -> None:
    design = Design("torchvision:vit_b_32", classes=3, size=Size.square(96))
    model = architectures.without_memory(lambda: architectures.build(design))
    plan = fitting.planned("torchvision:vit_b_32", Checkpoint("x", model.state_dict()))
    assert (plan.design.size, plan.preprocessing.size) == ((96, 96), (96, 96))


def test_another_size_than_the_files_is_told(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = timm.create_model("test_vit", num_classes=3, img_size=96)
    text = refusal(saved(model, tmp_path), "timm:test_vit", size=Size.square(128))
    assert "those of an input of 96 pixels (pos_embed), and --size says 128" in text


@pytest.mark.parametrize(
    ("architecture", "word"),
    [
        ("timm:test_vit", "img_size"),
        ("timm:swin_tiny_patch4_window7_224", "img_size"),
        ("timm:mixer_s32_224", "img_size"),
        ("timm:efficientvit_b0", ""),
        ("timm:test_resnet", ""),
        ("torchvision:vit_b_32", "image_size"),
        ("torchvision:maxvit_t", "input_size"),
        ("torchvision:swin_t", ""),
        ("torchvision:resnet18", ""),
    ],
)
def test_a_size_reaches_the_constructors_that_take_it(architecture: str, word: str) -> None:
    assert architectures.size_word(architecture) == word


def test_a_size_that_the_constructor_does_not_take_is_the_inputs_alone(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = timm.create_model("efficientvit_b0", num_classes=3).eval()
    got = loaded(saved(model, tmp_path), "timm:efficientvit_b0", size=Size.square(64))
    assert got.size == (64, 64)
    assert_same(got.model, model, 64)


def test_height_and_width_may_differ() -> None:
    outline = architectures.outline(Design("timm:test_vit", size=Size(64, 128)))
    assert outline.shapes["pos_embed"] == (1, 1 + 4 * 8, 64)


# -- preprocessing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("architecture", "size", "mean"),
    [
        ("torchvision:inception_v3", 299, 0.485),
        ("torchvision:efficientnet_v2_l", 480, 0.5),
        ("torchvision:efficientnet_b3", 300, 0.485),
        ("torchvision:vit_h_14", 518, 0.485),
        ("torchvision:resnet18", 224, 0.485),
        ("timm:mobilevit_xxs", 256, 0.0),
    ],
)
def test_preprocessing_is_of_the_librarys_record(architecture: str, size: int, mean: float) -> None:
    known = planned(architecture).preprocessing
    assert (known.size, known.mean[0]) == ((size, size), mean)


@pytest.mark.parametrize(
    ("name", "auxiliary"), [("googlenet", True), ("googlenet", False), ("inception_v3", True)]
)
def test_the_inceptions_turn_their_input_as_with_torchvisions_weights(
    name: str, auxiliary: bool, tmp_path: Path
) -> None:
    words = {"init_weights": False, "aux_logits": auxiliary, "num_classes": 3}
    model = alive(torchvision_model(name, transform_input=True, **words))
    got = loaded(saved(model, tmp_path), f"torchvision:{name}", size=Size.square(128))
    assert_same(got.model, model, 128)
    assert not any("aux" in key.lower() for key in got.model.state_dict())
    assert got.notes[0].startswith("It turns its input from ImageNet's normalisation")


# -- what does not fit -----------------------------------------------------------------------------


def test_another_architecture_is_told_by_its_names(tmp_path: Path) -> None:
    text = refusal(saved(network(), tmp_path), "timm:test_vit")
    assert "The file has names such as conv1.0.weight" in text
    assert "Likely it was saved from another architecture" in text


def test_another_width_is_told_by_shapes(tmp_path: Path) -> None:
    text = refusal(saved(torchvision_model("resnet18"), tmp_path), "torchvision:resnet34")
    assert "missing (layer1.2.conv1.weight" in text
    narrow = saved(torchvision_model("mnasnet0_5"), tmp_path)
    assert "of another shape (layers.0.weight [16, 3, 3, 3]" in refusal(
        narrow, "torchvision:mnasnet0_75"
    )


def test_a_wrong_count_of_labels_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    text = refusal(
        saved(network(), tmp_path), "timm:test_resnet", labels=str(tmp_path / "labels.txt")
    )
    assert "expected a label for each of its 3 classes, got 2" in text
    assert "do not fit" not in text


def test_an_architecture_without_a_head_is_told() -> None:
    with pytest.raises(ClassifierUnavailable, match="has no head for classes"):
        fitting.planned("timm:gemma4_vit_167m_enc", Checkpoint("x", {}))


def test_an_unknown_name_gets_the_nearest(tmp_path: Path) -> None:
    text = refusal(saved(network(), tmp_path), "timm:test_resnett")
    assert "Got 'test_resnett'. The nearest are test_resnet" in text
    assert "Got 'resnet19'" in refusal(saved(network(), tmp_path), "torchvision:resnet19")


def test_a_stem_for_small_pictures_is_named(tmp_path: Path) -> None:
    model = torchvision_model("resnet18", num_classes=3)
    model.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    text = refusal(saved(model, tmp_path), "torchvision:resnet18")
    assert "conv1.weight [64, 3, 3, 3] in the file, [64, 3, 7, 7] expected" in text
    assert "its first convolution was changed. Give a function" in text
