"""Heads that people put in place of an architecture's own: rebuilt where the entries say all, else
refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch
from torch import nn

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

MOBILE = "torchvision:mobilenet_v3_small"

HEADS: dict[str, Callable[[], nn.Module]] = {
    "dropout before it": lambda: nn.Sequential(nn.Dropout(0.5), nn.Linear(512, 3)),
    "a name": lambda: named_head(),
    "linear, softmax left out": lambda: nn.Sequential(nn.Linear(512, 3), nn.Identity()),
    "flattened": lambda: nn.Sequential(nn.Flatten(), nn.Linear(512, 3, bias=False)),
    "norm before it": lambda: nn.Sequential(nn.BatchNorm1d(512), nn.Linear(512, 3)),
    "two without a layer between": lambda: nn.Sequential(nn.Linear(512, 8), nn.Linear(8, 3)),
}


def named_head() -> nn.Module:
    head = nn.Sequential()
    head.add_module("dropout", nn.Dropout())
    head.add_module("out", nn.Linear(512, 3))
    return head


@pytest.mark.parametrize("form", HEADS)
def test_a_head_that_was_replaced_is_built_from_its_entries(form: str, tmp_path: Path) -> None:
    model = torchvision_model("resnet18")
    model.fc = HEADS[form]()
    model.eval()
    torch.save(prefixed("model.", dict(model.state_dict())), tmp_path / "ours.pth")
    got = loaded(tmp_path / "ours.pth", "torchvision:resnet18", size=Size.square(64))
    assert_same(got.model, model, 64)
    assert "Its head fc is the file's" in " ".join(got.notes)


def test_a_classifier_of_several_layers_that_was_replaced_by_one(tmp_path: Path) -> None:
    model = torchvision_model("mobilenet_v3_small")
    model.classifier = nn.Linear(576, 3)
    assert_same(
        loaded(saved(model, tmp_path), MOBILE, size=Size.square(64)).model,
        model,
        64,
    )


def test_a_classifier_of_the_same_layers_in_other_widths(tmp_path: Path) -> None:
    model = torchvision_model("mobilenet_v3_small")
    model.classifier = nn.Sequential(
        nn.Linear(576, 50), nn.Hardswish(), nn.Dropout(), nn.Linear(50, 3)
    )
    got = loaded(saved(model.eval(), tmp_path), MOBILE, size=Size.square(64))
    assert_same(got.model, model, 64)


def test_layers_between_which_an_activation_may_stand_are_not_guessed(tmp_path: Path) -> None:
    model = torchvision_model("resnet18")
    model.fc = nn.Sequential(nn.Linear(512, 8), nn.ReLU(), nn.Linear(8, 3))
    text = refusal(saved(model, tmp_path), "torchvision:resnet18")
    assert "a file does not say the layer 1 of the head" in text
    assert "Give a function (module:function) that builds the network" in text


def test_a_head_beside_the_network_is_taken_where_it_is_the_only_one(tmp_path: Path) -> None:
    model = network()
    body = {key: value for key, value in model.state_dict().items() if not key.startswith("fc.")}
    head = {
        f"classifier.{key[3:]}": value
        for key, value in model.state_dict().items()
        if key.startswith("fc.")
    }
    torch.save({**prefixed("encoder.", body), **head}, tmp_path / "ours.pth")
    got = loaded(tmp_path / "ours.pth")
    assert_same(got.model, model, 64)
    assert got.notes == ("Its head is the file's classifier.",)


def test_layers_beside_a_whole_network_are_not_left_out(tmp_path: Path) -> None:
    entries = prefixed("model.", dict(network(1000).state_dict()))
    torch.save({**entries, "classifier.weight": torch.ones(3, 1000)}, tmp_path / "ours.pth")
    assert "has classifier.weight, whose part cannot be known" in refusal(
        tmp_path / "ours.pth", "timm:test_resnet"
    )


def test_a_head_under_the_name_that_timm_had_for_it_before(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = timm.create_model("test_convnext", num_classes=3).eval()
    old = {key.replace("head.fc.", "head."): value for key, value in model.state_dict().items()}
    torch.save(old, tmp_path / "old.pth")
    got = loaded(tmp_path / "old.pth", "timm:test_convnext")
    assert_same(got.model, model, 96)
    assert got.notes == ("Its entries head are those of head.fc.",)


def test_a_swin_transformer_of_an_older_timm(tmp_path: Path) -> None:
    torch.manual_seed(0)
    name = "swin_tiny_patch4_window7_224"
    model = timm.create_model(name, num_classes=3).eval()
    old = {}
    for key, value in model.state_dict().items():
        layer, dot, rest = key.removeprefix("layers.").partition(".downsample.")
        key = f"layers.{int(layer) - 1}{dot}{rest}" if dot else key
        old[key.replace("head.fc.", "head.")] = value
    torch.save(old, tmp_path / "old.pth")
    got = loaded(tmp_path / "old.pth", f"timm:{name}")
    assert_same(got.model, model, 224)
    assert "renamed as timm does" in got.notes[0]


def test_pooling_is_told_by_the_names_of_the_last_norm(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = timm.create_model("test_vit", num_classes=3, global_pool="avg").eval()
    assert_same(loaded(saved(model, tmp_path), "timm:test_vit").model, model, 160)


def test_a_transformer_with_fewer_blocks(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = timm.create_model("test_vit", num_classes=3, depth=2).eval()
    got = loaded(saved(model, tmp_path), "timm:test_vit")
    assert_same(got.model, model, 160)
    assert got.notes == ("It has 2 blocks, as the file has.",)
