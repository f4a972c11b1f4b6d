"""The user's own network: what is taken, what is refused and in what words, and that a run of it
works to the end.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import timm
import torch
import torchvision
from torch import nn

from heatcheck.core.errors import BadParameter, ClassifierUnavailable, UnknownName
from heatcheck.inputs import classifier_names, classifiers, own_networks
from heatcheck.runs import spec_files, specs
from heatcheck.runs.store import Store


def network(channels: int = 3, classes: int = 5) -> nn.Module:
    torch.manual_seed(0)
    made: nn.Module = timm.create_model("test_resnet", num_classes=classes, in_chans=channels)
    return made.eval()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    safetensors.torch.save_file(network().state_dict(), tmp_path / "ours.safetensors")
    return tmp_path / "ours.safetensors"


@pytest.fixture
def function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the user's in the working directory."""
    (tmp_path / "our_network.py").write_text(
        "import torch\n"
        "def make():\n"
        "    torch.manual_seed(0)\n"
        "    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 5, 4), torch.nn.ReLU(), "
        "torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(4, 3))\n"
        "    return model, {'size': 48, 'mean': [0.5] * 3, 'std': [0.5] * 3, 'labels': "
        "['cat', 'dog', 'bird']}\n"
        "def softmaxed():\n"
        "    return torch.nn.Sequential(make()[0], torch.nn.Softmax(1)), make()[1]\n"
        "def bare():\n"
        "    return make()[0]\n"
        "def short():\n"
        "    return make()[0], {'size': 48}\n"
        "def wordy():\n"
        "    return make()[0], {'size': 'big', 'mean': [0.5] * 3, 'std': [0.5] * 3}\n"
        "def endless():\n"
        "    return make()[0], {'size': 48, 'mean': [0.5] * 3, 'std': [float('nan')] * 3}\n"
        "def broken():\n"
        "    raise OSError('no such disk')\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("our_network", None)
    return "our_network:make"


def same_answers(name: str, model: nn.Module) -> None:
    loaded = classifiers.load(name)
    x = (
        torch.rand(
            2,
            len(loaded.mean),
            *loaded.size,
            generator=torch.Generator().manual_seed(1),
        )
        - 0.5
    )
    with torch.no_grad():
        torch.testing.assert_close(loaded.model(x), model(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("wrapping", ["safetensors", "pth", "state_dict", "module.", "model"])
def test_a_checkpoint_is_loaded_however_training_scripts_wrap_it(
    wrapping: str, tmp_path: Path
) -> None:
    model, file = (
        network(),
        tmp_path / f"ours.{'safetensors' if wrapping == 'safetensors' else 'pth'}",
    )
    state = model.state_dict()
    if wrapping == "safetensors":
        safetensors.torch.save_file(state, file)
    else:
        kept: dict[str, Any] = (
            {f"module.{key}": value for key, value in state.items()}
            if wrapping == "module."
            else state
        )
        torch.save(
            {"state_dict": kept, "epoch": 3}
            if wrapping in ("state_dict", "module.")
            else {"model": kept}
            if wrapping == "model"
            else kept,
            file,
        )
    name = own_networks.asked("timm:test_resnet", str(file))
    same_answers(name, model)
    loaded = classifiers.load(name)
    assert loaded.labels == tuple(f"class {index}" for index in range(5))
    assert loaded.title == classifiers.title_of(name) == f"test_resnet, {file.name}"


def test_size_mean_std_and_labels_are_those_that_were_given(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("ant\nbee\ncow\ndeer\nelk\n")
    name = own_networks.asked(
        "timm:test_resnet",
        str(saved),
        str(tmp_path / "labels.txt"),
        "0.1,0.2,0.3",
        "0.4,0.5,0.6",
        96,
    )
    loaded = classifiers.load(name)
    assert (loaded.size, loaded.mean, loaded.std, loaded.labels[4]) == (
        (96, 96),
        (0.1, 0.2, 0.3),
        (0.4, 0.5, 0.6),
        "elk",
    )


def test_a_checkpoint_for_torchvision(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = torchvision.models.squeezenet1_1(weights=None, num_classes=4).eval()
    torch.save(model.state_dict(), tmp_path / "squeeze.pth")
    name = own_networks.asked("torchvision:squeezenet1_1", str(tmp_path / "squeeze.pth"), size=64)
    same_answers(name, model)
    assert classifiers.load(name).mean == (0.485, 0.456, 0.406)


def test_one_channel_gets_the_pictures_luma(tmp_path: Path) -> None:
    torch.save(network(channels=1).state_dict(), tmp_path / "grey.pth")
    loaded = classifiers.load(
        own_networks.asked(
            "timm:test_resnet", str(tmp_path / "grey.pth"), mean="0.5", std="0.25", size=64
        )
    )
    picture = torch.zeros(64, 64, 3, dtype=torch.uint8)
    picture[..., 1] = 255
    x = loaded.to_input(picture.numpy())
    assert x.shape == (1, 1, 64, 64)
    torch.testing.assert_close(x, torch.full((1, 1, 64, 64), (0.587 - 0.5) / 0.25))


def test_a_function_makes_the_network(function: str) -> None:
    name = own_networks.asked(function)
    loaded = classifiers.load(name)
    assert (loaded.size, loaded.labels) == ((48, 48), ("cat", "dog", "bird"))
    assert loaded.digest in name
    assert loaded.title == classifiers.title_of(name) == function


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("our_network:softmaxed", "already are probabilities"),
        ("our_network:bare", "expected it to return a module and a mapping, got Sequential"),
        ("our_network:short", "mean, std missing"),
        ("our_network:wordy", "Expected size as a whole number of pixels, or as height"),
        ("our_network:endless", "Expected a finite std"),
        ("our_network:broken", "no such disk"),
        ("our_network:nothing", "no attribute 'nothing'"),
        ("no_such_module_anywhere:make", "No module named"),
    ],
)
def test_a_function_that_is_not_one_is_refused(which: str, words: str, function: str) -> None:
    with pytest.raises(ClassifierUnavailable, match=words):
        classifiers.load(own_networks.asked(which))


def test_weights_that_have_changed_are_refused(saved: Path) -> None:
    name = own_networks.asked("timm:test_resnet", str(saved))
    changed = network()
    with torch.no_grad():
        next(changed.parameters()).add_(1)
    safetensors.torch.save_file(changed.state_dict(), saved)
    with pytest.raises(ClassifierUnavailable, match="have changed since"):
        classifiers.load(name)
    saved.unlink()
    with pytest.raises(ClassifierUnavailable, match="is gone or cannot be read"):
        classifiers.load(name)


def test_labels_that_are_no_text_or_have_gone_are_told(saved: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_bytes(b"caf\xe9\n" * 5)
    name = own_networks.asked("timm:test_resnet", str(saved), str(labels))
    with pytest.raises(ClassifierUnavailable, match=r"labels in .* as UTF-8"):
        classifiers.load(name)
    labels.unlink()
    with pytest.raises(ClassifierUnavailable, match=r"Got .*labels.txt: No such file"):
        classifiers.load(name)


def test_labels_that_have_changed_are_another_question(saved: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("a\nb\nc\nd\ne\n")
    before = own_networks.asked("timm:test_resnet", str(saved), str(labels))
    labels.write_text("b\na\nc\nd\ne\n")
    after = own_networks.asked("timm:test_resnet", str(saved), str(labels))
    assert classifier_names.read(before).question != classifier_names.read(after).question
    with pytest.raises(ClassifierUnavailable, match="its labels have changed since"):
        classifiers.load(before)
    assert classifiers.load(after).labels[:2] == ("b", "a")


class Opened:
    """What runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("opened"),))


def test_a_file_that_would_run_code_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Opened()}, tmp_path / "bad.pth")
    (tmp_path / "worse.pth").write_bytes(pickle.dumps(Opened()))
    for file in ("bad.pth", "worse.pth"):
        with pytest.raises(ClassifierUnavailable, match="cannot be read as weights alone"):
            classifiers.load(own_networks.asked("timm:test_resnet", file))
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"architecture": "test_resnet"}, BadParameter, "Expected timm:NAME"),
        ({"architecture": "timm:test_resnet"}, BadParameter, "Expected --weights FILE"),
        (
            {"architecture": "timm:test_resnet", "weights": "nowhere.pth"},
            BadParameter,
            "There is none at",
        ),
        (
            {"architecture": "timm:test_resnet", "weights": "FILE", "mean": "a,b"},
            BadParameter,
            "Expected mean as numbers",
        ),
        (
            {"architecture": "timm:test_resnet", "weights": "FILE", "std": "0.5,0,0.5"},
            BadParameter,
            "above zero",
        ),
        (
            {"architecture": "timm:test_resnet", "weights": "FILE", "size": 0},
            BadParameter,
            "at least 1 pixel",
        ),
        (
            {"architecture": "timm:test_resnet", "weights": "FILE", "mean": "0.5,0.5"},
            ClassifierUnavailable,
            "takes 3 channels .*mean has 2 numbers",
        ),
        (
            {"architecture": "timm:resnet18", "weights": "FILE"},
            ClassifierUnavailable,
            "do not fit timm:resnet18",
        ),
        (
            {"architecture": "timm:no_such_network", "weights": "FILE"},
            ClassifierUnavailable,
            "Got 'no_such_network'",
        ),
        (
            {"architecture": "timm:test_resnet", "weights": "FILE", "labels": "LABELS"},
            ClassifierUnavailable,
            "a label for each of its 5 classes, got 2",
        ),
    ],
)
def test_what_does_not_fit_is_told(
    given: dict[str, Any], kind: type[Exception], words: str, saved: Path, tmp_path: Path
) -> None:
    (tmp_path / "labels.txt").write_text("one\ntwo\n")
    places = {"FILE": str(saved), "LABELS": str(tmp_path / "labels.txt")}
    with pytest.raises(kind, match=words):
        classifiers.load(
            own_networks.asked(**{key: places.get(value, value) for key, value in given.items()})
        )


def test_the_same_weights_elsewhere_are_the_same_question(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = tmp_path / "elsewhere" / "renamed.safetensors"
    other.write_bytes(saved.read_bytes())
    asked = [
        specs.ask(
            own_networks.asked("timm:test_resnet", str(file)),
            methods=["random"],
            metrics=["deletion"],
        )
        for file in (saved, other)
    ]
    assert asked[0].id == asked[1].id
    assert (
        asked[0].id
        != specs.ask(
            own_networks.asked("timm:test_resnet", str(saved), size=96),
            methods=["random"],
            metrics=["deletion"],
        ).id
    )
    assert f"--classifier timm:test_resnet --weights {saved}" in asked[0].command


def test_a_spec_names_a_network_of_ones_own(saved: Path, tmp_path: Path) -> None:
    import json

    (tmp_path / "spec.json").write_text(
        json.dumps(
            {
                "classifier": {
                    "architecture": "timm:test_resnet",
                    "weights": str(saved),
                    "size": 96,
                },
                "points": 3,
            }
        )
    )
    assert spec_files.read(tmp_path / "spec.json").classifier == own_networks.asked(
        "timm:test_resnet", str(saved), size=96
    )
    (tmp_path / "spec.json").write_text(
        json.dumps({"classifier": {"architecture": "timm:test_resnet", "wieghts": str(saved)}})
    )
    with pytest.raises(UnknownName, match="weights"):
        spec_files.read(tmp_path / "spec.json")


@pytest.mark.parametrize("kind", ["checkpoint", "function"])
def test_a_run_of_ones_own_network_from_the_command_line(
    kind: str, saved: Path, function: str, tmp_path: Path
) -> None:
    which = (
        ["--classifier", "timm:test_resnet", "--weights", str(saved), "--size", "64"]
        if kind == "checkpoint"
        else ["--classifier", function]
    )
    command = [
        sys.executable,
        "-m",
        "heatcheck.cli",
        "run",
        *which,
        "--methods",
        "vanilla_gradients,grad_cam,expected_gradients,attention_gradients,random",
        "--metrics",
        "deletion",
        "--points",
        "3",
        "--only",
        "photo_00,photo_01",
        "--store",
        f"sqlite:///{tmp_path / 'own_networks.db'}",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    store = Store(f"sqlite:///{tmp_path / 'own_networks.db'}")
    (run,) = store.runs.all()
    table = store.results.table(run.id)
    store.engine.dispose()
    assert run.status == "finished"
    failed = table[table["error"] != ""]
    assert set(failed["method"]) == {"attention_gradients"}
    assert "none that can be read" in failed["error"].iloc[0]
    assert table[table["error"] == ""]["value"].notna().all()
