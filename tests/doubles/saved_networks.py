"""A small network, saved as training scripts save it, and what is loaded from the file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn

from heatcheck.core.errors import ClassifierUnavailable
from heatcheck.inputs import own_networks
from heatcheck.inputs.classifier_names import OwnNetwork
from heatcheck.inputs.own_networks import Loaded

ARCHITECTURE = "timm:test_resnet"


def network(classes: int = 3, channels: int = 3, name: str = "test_resnet") -> nn.Module:
    """The same small network of timm each time, with random weights."""
    torch.manual_seed(0)
    model: nn.Module = timm.create_model(name, num_classes=classes, in_chans=channels)
    return model.eval()


def torchvision_model(name: str, **words: Any) -> nn.Module:
    """A network of torchvision with random weights, the same each time."""
    torch.manual_seed(0)
    model: nn.Module = torchvision.models.get_model(name, weights=None, **words)
    return model.eval()


def saved(model: nn.Module, folder: Path) -> Path:
    """The file in the folder that holds the network's entries."""
    torch.save(model.state_dict(), folder / "ours.pth")
    return folder / "ours.pth"


def classifier(folder: Path, size: int = 64) -> str:
    """The name of the network, saved in the folder, as a classifier of small pictures."""
    return own_networks.asked(ARCHITECTURE, weights=str(saved(network(), folder)), size=size)


def refusal(file: Path, architecture: str, **said: Any) -> str:
    """Why a file of weights is refused."""
    with pytest.raises(ClassifierUnavailable) as caught:
        loaded(file, architecture, **said)
    assert "Name the architecture" not in str(caught.value)
    return str(caught.value)


def state() -> dict[str, Tensor]:
    """Its entries."""
    return dict(network().state_dict())


def prefixed(prefix: str, entries: dict[str, Tensor]) -> dict[str, Tensor]:
    """The entries with a prefix before their names."""
    return {f"{prefix}{key}": value for key, value in entries.items()}


def loaded(file: Path, architecture: str = ARCHITECTURE, **said: Any) -> Loaded:
    """What is loaded from a file of weights."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return own_networks.load(OwnNetwork(architecture, str(file), sha256=digest, **said))


def assert_same(got: nn.Module, expected: nn.Module, size: int, channels: int = 3) -> None:
    """Raise AssertionError where the two answer a picture differently."""
    x = torch.rand(2, channels, size, size, generator=torch.Generator().manual_seed(1)) - 0.5
    with torch.no_grad():
        torch.testing.assert_close(got(x), expected(x), rtol=1e-5, atol=1e-5)
