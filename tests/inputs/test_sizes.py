"""Sizes: what a person may write, and what names say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from heatcheck.core.errors import BadParameter, ClassifierUnavailable, UnknownName
from heatcheck.inputs import classifier_names, classifiers, normalisation, own_networks
from heatcheck.inputs.sizes import Frame, Size, checked_fit, size_of

FUNCTIONS = """
import torch
from torch import nn

def net(channels=3):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(channels, 4, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
                         nn.Flatten(), nn.Linear(4, 3))

HALF = {"mean": [0.5] * 3, "std": [0.5] * 3}

def listed(): return net(), {**HALF, "size": [64, 128]}
def paired(): return net(), {**HALF, "size": (128, 64)}
def small(): return net(), {**HALF, "size": 28}
def scalar(): return net(), {"size": 64, "mean": 0.5, "std": 0.25}
def scalars_of_four(): return net(4), {"size": 64, "mean": 0.5, "std": 0.25, "channels": 4}
def one_list(): return net(2), {"size": 64, "mean": [0.1, 0.2], "std": 0.25}
def array(): return net(), {"size": 64, "mean": torch.tensor(0.5), "std": torch.full((3,), 0.25)}
def four(): return net(4), {"size": 64, "mean": [0.5] * 4, "std": [0.5] * 4}
def nowhere(): return net(), {**HALF, "size": None}
def three_sides(): return net(), {**HALF, "size": (3, 64, 64)}
def zero_std(): return net(), {"size": 64, "mean": [0.5] * 3, "std": [0.0, 0.5, 0.5]}
def zero_scalar(): return net(), {"size": 64, "mean": 0.5, "std": 0.0}
def tiny_std(): return net(), {"size": 64, "mean": [0.5] * 3, "std": [1e-30] * 3}
def bytes_mean(): return net(), {"size": 64, "mean": [123.675, 116.28, 103.53], "std": [0.5] * 3}
def bytes_std(): return net(), {"size": 64, "mean": [0.5] * 3, "std": [58.395, 57.12, 57.375]}
def other_lengths(): return net(), {"size": 64, "mean": [0.5] * 3, "std": [0.5]}
def other_channels(): return net(), {"size": 64, "mean": [0.5] * 3, "std": 0.5, "channels": 4}
def no_channels(): return net(), {"size": 64, "mean": 0.5, "std": 0.5, "channels": True}
"""


NO_SIZES = [
    *(0, -3, 3.5, True, "big", "²", "1e3", "64x128", "64,", ",64", [], [64, 128, 3], [64, None]),
    *({}, 9999, "9" * 300, torch.ones(2), float("nan")),
]


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the user's in the working folder."""
    (tmp_path / "sized_networks.py").write_text(FUNCTIONS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("sized_networks", None)
    return "sized_networks"


@pytest.mark.parametrize(
    ("given", "size"),
    [
        (224, (224, 224)),
        ("224", (224, 224)),
        ("64,128", (64, 128)),
        ("64, 128", (64, 128)),
        ([64, 128], (64, 128)),
        ((64, 128), (64, 128)),
        ([28], (28, 28)),
        (1, (1, 1)),
        (224.0, (224, 224)),
        ("", None),
        (None, None),
    ],
    ids=repr,
)
def test_a_size_is_read_from_all_that_people_write(given: Any, size: Any) -> None:
    assert size_of(given) == size


@pytest.mark.parametrize(
    "given",
    NO_SIZES,
    ids=lambda given: repr(given)[:20],
)
def test_what_is_no_size_is_refused_in_a_sentence(given: Any) -> None:
    with pytest.raises(BadParameter, match=r"^Expected .*size.*\. Got ") as caught:
        size_of(given)
    assert len(str(caught.value)) < 300


def test_a_size_says_height_before_width() -> None:
    assert (Size(64, 128).text, str(Size(64, 128))) == ("64,128", "64 x 128")
    assert (Size.square(224).text, str(Size.square(224))) == ("224", "224")
    own = classifier_names.read("timm:a?weights=/a.pth&size=64,128").network
    assert own is not None
    assert own.size == Size(64, 128)
    assert own.name == "timm:a?weights=/a.pth&size=64,128"
    assert classifier_names.read(own.name).words[-2:] == ["--size", "64,128"]


def test_a_frame_is_made_of_a_size_or_of_a_side() -> None:
    assert Frame.of(32) == Frame.of(Size(32, 32)) == Frame(Size(32, 32), "crop", 3)
    assert Frame.of(Frame(Size(1, 2), "pad")) == Frame(Size(1, 2), "pad")
    with pytest.raises(UnknownName, match="Did you mean 'squash'"):
        checked_fit("squish")


@pytest.mark.parametrize(
    ("name", "size", "mean", "std"),
    [
        ("listed", (64, 128), (0.5,) * 3, (0.5,) * 3),
        ("paired", (128, 64), (0.5,) * 3, (0.5,) * 3),
        ("small", (28, 28), (0.5,) * 3, (0.5,) * 3),
        ("scalar", (64, 64), (0.5,) * 3, (0.25,) * 3),
        ("scalars_of_four", (64, 64), (0.5,) * 4, (0.25,) * 4),
        ("one_list", (64, 64), (0.1, 0.2), (0.25,) * 2),
        ("array", (64, 64), (0.5,) * 3, (0.25,) * 3),
        ("four", (64, 64), (0.5,) * 4, (0.5,) * 4),
    ],
)
def test_a_function_says_size_and_normalisation_in_any_of_these_ways(
    name: str, size: Any, mean: Any, std: Any, functions: str
) -> None:
    loaded = classifiers.load(own_networks.asked(f"{functions}:{name}"))
    assert (loaded.size, loaded.mean, loaded.std) == (size, mean, std)
    x = torch.zeros(1, len(mean), *size)
    assert loaded.probabilities(x).shape == (1, 3)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere", "Expected size in pixels"),
        ("three_sides", "Leave the channels out"),
        ("zero_std", "std above zero"),
        ("zero_scalar", "std above zero"),
        ("tiny_std", "std above zero"),
        ("bytes_mean", r"mean of pixels in \[0, 1\]. Got 123.675,116.28,103.53.* Divide it by 255"),
        ("bytes_std", r"std of pixels in \[0, 1\]. Got 58.395,57.12,57.375.* Divide it by 255"),
        ("other_lengths", "one plain number for all. Got 3 and 1"),
        ("other_channels", "each of 4 channels"),
        ("no_channels", "channels as a whole number"),
    ],
)
def test_a_normalisation_that_cannot_be_right_is_refused(
    name: str, words: str, functions: str
) -> None:
    with pytest.raises(ClassifierUnavailable, match=words):
        classifiers.load(own_networks.asked(f"{functions}:{name}"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mean": "123,116,103", "std": "0.5,0.5,0.5"}, "Divide it by 255"),
        ({"mean": "0.5", "std": "57"}, "Divide it by 255"),
        ({"mean": "0.5", "std": "0.5,0.5,0.5"}, "as many numbers for mean as for std"),
        ({"mean": "0.5", "std": "1e-20"}, "std above zero"),
        ({"mean": "0.5", "std": "0"}, "std above zero"),
    ],
    ids=str,
)
def test_the_same_is_refused_beside_a_checkpoint(
    given: dict[str, str], words: str, tmp_path: Path
) -> None:
    (tmp_path / "a.pth").write_bytes(b"")
    with pytest.raises(BadParameter, match=words):
        own_networks.asked("timm:test_resnet", str(tmp_path / "a.pth"), **given)


def test_a_stored_name_whose_normalisation_is_refused_today_can_still_be_read() -> None:
    name = "timm:a?weights=/a.pth&mean=123,116,103&std=58,57,57"
    own = classifier_names.read(name).network
    assert own is not None
    assert own.name == name


def test_every_normalisation_of_the_libraries_passes() -> None:
    import timm

    for name in timm.list_pretrained():
        known = timm.get_pretrained_cfg(name)
        normalisation.check(tuple(known.mean), tuple(known.std))


def test_a_checkpoint_takes_an_oblong_input(tmp_path: Path) -> None:
    import timm

    torch.manual_seed(0)
    model: nn.Module = timm.create_model("test_resnet", num_classes=5).eval()
    torch.save(model.state_dict(), tmp_path / "ours.pth")
    name = own_networks.asked("timm:test_resnet", str(tmp_path / "ours.pth"), size="64,128")
    loaded = classifiers.load(name)
    assert loaded.size == Size(64, 128)
    x = torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(loaded.probabilities(x), model(x).softmax(1), atol=1e-5)
