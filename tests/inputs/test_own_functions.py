"""Networks as functions make them: what is said of them, and what is refused in a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from heatcheck.core.errors import ClassifierUnavailable
from heatcheck.inputs import classifiers, own_networks
from heatcheck.runs import worker

MODULE = """
import warnings
import torch
from torch import nn

SETTINGS = {'size': 48, 'mean': [0.5] * 3, 'std': [0.5] * 3}

def small():
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 4, 5, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    return nn.Sequential(*layers, nn.Linear(4, 3)).eval()

class Mapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = small().bfloat16()
    def forward(self, x):
        return {'logits': self.net(x)}

def mapped():
    return Mapped(), SETTINGS

def scripted():
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return torch.jit.script(small()), SETTINGS

def quantised():
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        kept = torch.ao.quantization.quantize_dynamic(small(), {nn.Linear}, torch.qint8)
        return kept, SETTINGS
"""


@pytest.fixture(autouse=True)
def forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of the user's in the working directory."""
    (tmp_path / "forms_of_networks.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("forms_of_networks", None)


def test_what_is_said_of_a_network_goes_with_its_classifier() -> None:
    loaded = classifiers.load(own_networks.asked("forms_of_networks:mapped"))
    assert [note.split(";")[0] for note in loaded.notes] == [
        "Its weights are in bfloat16",
        "Of its answer (dict of logits) the entry 'logits' is what is explained.",
    ]
    assert "net.0" in dict(loaded.model.named_modules())
    assert worker.preload(loaded.name)["notes"] == "\n".join(loaded.notes)
    assert worker.notes(loaded.name) == loaded.notes


@pytest.mark.parametrize("form", ["scripted", "quantised"])
def test_what_cannot_be_looked_into_is_refused_when_it_is_asked_for(form: str) -> None:
    with pytest.raises(ClassifierUnavailable, match=f"{form} cannot be used.*Give the"):
        own_networks.asked(f"forms_of_networks:{form}")
