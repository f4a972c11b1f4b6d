"""Networks as functions make them: what is said of them, and what is refused in a sentence."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from heatcheck.core.errors import BadParameter, ClassifierUnavailable
from heatcheck.inputs import classifier_names, classifiers, own_networks
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


CHANGES = {
    "the mean": ("'mean': [0.5] * 3", "'mean': [0.25] * 3"),
    "the size": ("'size': 48", "'size': 64"),
    "the labels": ("SETTINGS = {", "SETTINGS = {'labels': ['a', 'b', 'c'], "),
    "how it is read": ("SETTINGS = {", "SETTINGS = {'output': 'sigmoid', "),
}


def rewritten(folder: Path, before: str, after: str) -> None:
    """The user's module after an edit, as another process finds it."""
    text = (folder / "forms_of_networks.py").read_text()
    assert before in text
    (folder / "forms_of_networks.py").write_text(text.replace(before, after))
    sys.modules.pop("forms_of_networks", None)
    importlib.invalidate_caches()
    for kept in folder.glob("__pycache__/*"):
        kept.unlink()  # two edits within a second look alike
    classifiers.load.cache_clear()


@pytest.mark.parametrize("change", CHANGES)
def test_other_settings_beside_the_same_weights_are_another_question(
    change: str, tmp_path: Path
) -> None:
    before = own_networks.asked("forms_of_networks:mapped")
    rewritten(tmp_path, *CHANGES[change])
    after = own_networks.asked("forms_of_networks:mapped")
    assert classifier_names.read(before).question != classifier_names.read(after).question
    with pytest.raises(ClassifierUnavailable, match=r"output have changed since.*Ask again"):
        classifiers.load(before)
    assert classifiers.load(after).name == after


def test_other_code_around_the_same_weights_is_another_question(tmp_path: Path) -> None:
    before = own_networks.asked("forms_of_networks:mapped")
    assert own_networks.asked("forms_of_networks:mapped") == before
    rewritten(tmp_path, "self.net(x)}", "self.net(x * 0.5)}")
    after = own_networks.asked("forms_of_networks:mapped")
    assert classifier_names.read(before).question != classifier_names.read(after).question


def test_a_name_from_before_settings_were_in_it_still_loads() -> None:
    name = own_networks.asked("forms_of_networks:mapped").partition("&says=")[0]
    assert "code" not in name
    assert classifiers.load(name).name == name


def test_weights_that_are_drawn_anew_each_time_are_told_to_set_a_seed(tmp_path: Path) -> None:
    rewritten(tmp_path, "torch.manual_seed(0)", "torch.seed()")
    with pytest.raises(ClassifierUnavailable, match="draws its weights has to set a seed"):
        classifiers.load(own_networks.asked("forms_of_networks:mapped"))


@pytest.mark.parametrize("form", ["scripted", "quantised"])
def test_what_cannot_be_looked_into_is_refused_when_it_is_asked_for(form: str) -> None:
    with pytest.raises(ClassifierUnavailable, match=f"{form} cannot be used.*Give the"):
        own_networks.asked(f"forms_of_networks:{form}")


@pytest.mark.parametrize("word", ["weights", "labels", "mean", "std", "size"])
def test_what_belongs_to_a_checkpoint_is_refused_beside_a_function_with_what_it_returns(
    word: str,
) -> None:
    given = {"mean": [0.5] * 3, "std": [0.5] * 3, "size": 48}.get(word, "file.pth")
    with pytest.raises(BadParameter, match=rf"alone, without --{word}\. .* return net, ..size"):
        own_networks.asked("forms_of_networks:mapped", **{word: given})  # type: ignore[arg-type]
