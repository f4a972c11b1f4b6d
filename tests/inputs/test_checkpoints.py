"""Files of weights as training scripts write them: each gives its network, or says what to do."""

from __future__ import annotations

import argparse
import pickle
import warnings
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from heatcheck.core.errors import BadParameter, ClassifierUnavailable
from heatcheck.inputs import checkpoints, digests, own_networks
from heatcheck.tests.doubles.saved_networks import (
    ARCHITECTURE,
    assert_same,
    loaded,
    network,
    prefixed,
    state,
)


class History(list[Any]):
    """As training frameworks keep losses: a class of their own, with a state."""

    def __init__(self) -> None:
        super().__init__([1.0, 2.0])
        self.window = {"mean": np.zeros(3)}
        self.ways = {"mean": History.mean}  # protocol 2 writes it as a getattr

    def mean(self) -> float:
        return sum(self) / len(self)


class Settings(dict[str, Any]):
    """As Lightning keeps hyperparameters."""


def lightning(entries: dict[str, Tensor]) -> dict[str, Any]:
    return {
        "epoch": 1,
        "pytorch-lightning_version": "2.5.0",
        "state_dict": OrderedDict(entries),
        "hyper_parameters": Settings(lr=0.1, out=PurePosixPath("/runs")),
        "callbacks": {"ModelCheckpoint": {"best": torch.tensor(0.3)}},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(3)}}}],
    }


def scheduled(entries: Any) -> dict[str, Any]:
    return {"optimizer": {"state": {}}, "lr_scheduler": {"last": torch.ones(1)}, "model": entries}


WRITTEN: dict[str, Callable[[dict[str, Tensor]], Any]] = {
    "a state dict": lambda entries: entries,
    "timm's train.py": lambda entries: {
        "epoch": 9,
        "arch": "test_resnet",
        "state_dict": entries,
        "optimizer": {},
        "args": argparse.Namespace(lr=0.1),
        "metric": 71.3,
    },
    "torchvision's reference": lambda entries: (
        scheduled(entries) | {"args": argparse.Namespace(lr=0.1)}
    ),
    "numpy's numbers": lambda entries: {"state_dict": entries, "best": np.float64(71.3)},
    "numpy's arrays": lambda entries: {key: value.numpy() for key, value in entries.items()},
    "a path": lambda entries: {"state_dict": entries, "out": PurePosixPath("/x")},
    "a path of Windows": lambda entries: {"state_dict": entries, "out": PureWindowsPath("c:/x")},
    "Lightning": lambda entries: lightning(prefixed("model.", entries)),
    "Lightning beside a loss": lambda entries: lightning(
        {**prefixed("net.", entries), "criterion.weight": torch.ones(3)}
    ),
    "a history of losses": lambda entries: {"state_dict": entries, "log": History()},
    "settings": lambda entries: {"model": entries, "settings": defaultdict(SimpleNamespace)},
    "MMPretrain": lambda entries: {
        "meta": {"mmpretrain_version": "1.2.0"},
        "state_dict": {
            **prefixed("backbone.", {k: v for k, v in entries.items() if k[:3] != "fc."}),
            **prefixed("head.", {k: v for k, v in entries.items() if k[:3] == "fc."}),
            "data_preprocessor.mean": torch.zeros(3, 1, 1),
        },
    },
    "solo-learn": lambda entries: {
        "state_dict": {
            **prefixed("backbone.", {k: v for k, v in entries.items() if k[:3] != "fc."}),
            **{k.replace("fc.", "classifier."): v for k, v in entries.items() if k[:3] == "fc."},
            **prefixed("momentum_backbone.", {k: v + 1 for k, v in entries.items()}),
            "projector.0.weight": torch.ones(4, 4),
        },
    },
    "compiled, then parallel": lambda entries: prefixed("module._orig_mod.", entries),
    "parallel, then compiled": lambda entries: prefixed("_orig_mod.module.", entries),
    "under net": lambda entries: {"net": entries, "acc": 71.0},
    "under a name of one's own": lambda entries: {"my_weights": entries, "epoch": torch.ones(())},
    "nested": lambda entries: {"checkpoint": {"weights": {"module": prefixed("net.", entries)}}},
    "counted by thop": lambda entries: {**entries, "conv1.total_ops": torch.zeros(1)},
    "parameters": lambda entries: {
        key: nn.Parameter(value, requires_grad=value.is_floating_point())
        for key, value in entries.items()
    },
}


@pytest.mark.parametrize("script", WRITTEN)
@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_the_network_is_found_in_whatever_a_script_writes(
    script: str, form: str, tmp_path: Path
) -> None:
    file = tmp_path / "last.ckpt"
    torch.save(WRITTEN[script](state()), file, _use_new_zipfile_serialization=form == "zip")
    assert_same(loaded(file).model, network(), 64)


@pytest.mark.parametrize("ending", ["pth", "pt", "bin", "ckpt", "pth.tar", "safetensors", "PTH"])
def test_every_usual_ending_is_taken(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"model_best.{ending}"
    if ending == "safetensors":
        safetensors.torch.save_file(state(), file)
    else:
        torch.save(state(), file)
    name = own_networks.asked(ARCHITECTURE, str(file))
    assert str(file) in name
    assert_same(loaded(file).model, network(), 64)


def test_another_ending_is_refused_with_the_usual_ones(tmp_path: Path) -> None:
    (tmp_path / "net.h5").write_bytes(b"x")
    with pytest.raises(BadParameter, match=r"ends in \.safetensors, \.pth.*Got net\.h5"):
        own_networks.asked(ARCHITECTURE, str(tmp_path / "net.h5"))


def test_safetensors_under_another_ending_are_read(tmp_path: Path) -> None:
    safetensors.torch.save_file(state(), tmp_path / "pytorch_model.bin")
    assert_same(loaded(tmp_path / "pytorch_model.bin").model, network(), 64)


@pytest.mark.parametrize("key", ["state_dict_ema", "model_ema"])
def test_averaged_weights_are_chosen_as_timm_does_and_said(key: str, tmp_path: Path) -> None:
    trained = {name: value + 1 for name, value in state().items()}
    torch.save({"state_dict": trained, key: prefixed("module.", state())}, tmp_path / "last.pth")
    got = loaded(tmp_path / "last.pth")
    assert_same(got.model, network(), 64)
    assert got.notes == (
        f"The averaged weights (EMA) of '{key}' are used.",
        "Not used: state_dict.",
    )


def test_averaged_weights_within_one_state_dict_are_chosen_and_said(tmp_path: Path) -> None:
    trained = {name: value + 1 for name, value in state().items()}
    both = {**prefixed("model.", trained), **prefixed("ema_model.module.", state())}
    torch.save({"state_dict": both}, tmp_path / "last.ckpt")
    got = loaded(tmp_path / "last.ckpt")
    assert_same(got.model, network(), 64)
    assert got.notes == (
        "The averaged weights (EMA) under 'ema_model.module.' are used.",
        "Not used: 'model.'.",
    )


def test_averaged_weights_of_torch_itself(tmp_path: Path) -> None:
    averaged = torch.optim.swa_utils.AveragedModel(network())
    torch.save(averaged.state_dict(), tmp_path / "swa.pth")
    got = loaded(tmp_path / "swa.pth")
    assert_same(got.model, network(), 64)
    assert got.notes == ("Set aside: n_averaged.",)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_cast_and_said(kind: torch.dtype, tmp_path: Path) -> None:
    model = network().to(kind)
    torch.save(model.state_dict(), tmp_path / "ours.pth")
    got = loaded(tmp_path / "ours.pth")
    assert {value.dtype for value in got.model.parameters()} == {torch.float32}
    assert_same(got.model, model.float(), 64)
    assert got.notes == (f"Weights in {str(kind)[6:]} are computed in float32.",)


def test_what_is_set_aside_is_said(tmp_path: Path) -> None:
    torch.save({**state(), "criterion.weight": torch.ones(3)}, tmp_path / "ours.pth")
    assert loaded(tmp_path / "ours.pth").notes == ("Set aside: criterion.weight.",)
    torch.save(WRITTEN["solo-learn"](state()), tmp_path / "ours.pth")
    assert "Set aside: projector.0.weight." in loaded(tmp_path / "ours.pth").notes


@pytest.mark.parametrize("length", [0x20, 0x120])
def test_a_safetensors_header_of_any_length_is_read(length: int, tmp_path: Path) -> None:
    """A length of which the lowest byte is a space, in a file of which it is the first byte."""
    file = tmp_path / "ours.safetensors"
    entries = {"a": torch.ones(1)}
    padding = next(
        size
        for size in range(length, length + 512)
        if safetensors.torch.save(entries, {"by": " " * size})[0] == 0x20
    )
    safetensors.torch.save_file(entries, file, {"by": " " * padding})
    assert checkpoints.read(file).entries["a"].tolist() == [1]


def test_arrays_of_words_are_no_entries_and_sparse_ones_are(tmp_path: Path) -> None:
    entries = {
        **state(),
        "names": np.array(["a", "b"]),
        "fc.weight": state()["fc.weight"].to_sparse(),
    }
    torch.save(entries, tmp_path / "ours.pth")
    assert_same(loaded(tmp_path / "ours.pth").model, network(), 64)


# -- refusals --------------------------------------------------------------------------------------


def refusal(file: Path) -> str:
    with pytest.raises(ClassifierUnavailable) as caught:
        loaded(file)
    text = str(caught.value)
    assert "\x1b" not in text
    assert "\n" not in text
    assert "weights_only argument" not in text
    assert len(text) < 700
    return text


def test_a_whole_module_is_refused_with_the_line_that_saves_its_state_dict(tmp_path: Path) -> None:
    torch.save(network(), tmp_path / "whole.pth")
    text = refusal(tmp_path / "whole.pth")
    assert "holds a whole module (timm.models.resnet.ResNet)" in text
    assert "torch.save(torch.load('whole.pth', weights_only=False).state_dict(), 'whole_" in text


def test_the_line_that_is_given_for_a_whole_module_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"epoch": 3, "model": network()}, "best.pt")
    text = refusal(Path("best.pt"))
    assert "['model'].state_dict()" in text
    assert_same(followed(text).model, network(), 64)


def followed(text: str) -> own_networks.Loaded:
    """What is read once the line that a refusal gives was run."""
    exec(text[text.index("torch.save(") : text.rindex(")") + 1], {"torch": torch})
    return loaded(Path(text.split("'")[-2]))


def test_a_compiled_module_is_named(tmp_path: Path) -> None:
    torch.save(torch.compile(network(), backend="eager"), tmp_path / "whole.pth")
    assert "which torch.compile made" in refusal(tmp_path / "whole.pth")


def test_a_torchscript_program_is_named_with_the_line_that_saves_its_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # that jit is deprecated
        torch.jit.save(torch.jit.trace(network(), torch.rand(1, 3, 64, 64)), "traced.pt")
        text = refusal(Path("traced.pt"))
        assert "is a TorchScript program" in text
        assert_same(followed(text).model, network(), 64)


@pytest.mark.parametrize("kind", [torch.int32, torch.complex64, torch.bool])
def test_weights_without_a_point_are_refused(kind: torch.dtype, tmp_path: Path) -> None:
    entries = {**state(), "fc.weight": state()["fc.weight"].to(kind)}
    torch.save(entries, tmp_path / "ours.pth")
    text = refusal(tmp_path / "ours.pth")
    assert f"its weights are of {str(kind)[6:]} (fc.weight)" in text
    assert "Save them as float32" in text


def test_quantised_weights_are_named(tmp_path: Path) -> None:
    packed = state() | {"fc.weight": torch.zeros(3, 8, dtype=torch.int8)}
    torch.save(packed, tmp_path / "int8.pth")
    assert "holds quantised weights (fc.weight)" in refusal(tmp_path / "int8.pth")
    torch.save(state() | {"fc._packed_params._packed_params": (1, 2)}, tmp_path / "p.pth")
    assert "quantised weights (fc._packed_params._packed_params)" in refusal(tmp_path / "p.pth")


def test_a_diverged_training_is_named(tmp_path: Path) -> None:
    entries = state()
    entries["fc.bias"] = torch.full_like(entries["fc.bias"], torch.nan)
    torch.save(entries, tmp_path / "ours.pth")
    assert "has NaN in fc.bias: the training diverged" in refusal(tmp_path / "ours.pth")


BYTES = {
    "is empty": b"",
    "the pointer that Git LFS leaves": b"version https://git-lfs.github.com/spec/v1\noid sha256:1",
    "is a web page": b"<!DOCTYPE html><html><title>Google Drive - Virus scan warning</title>",
    "is an HDF5 file, as Keras writes": b"\x89HDF\r\n\x1a\n" + b"\0" * 64,
    "is packed with gzip": b"\x1f\x8b\x08" + b"\0" * 64,
    "is no file of weights": b"conv1.weight 0.1 0.2",
}


@pytest.mark.parametrize("words", BYTES)
def test_what_is_no_file_of_weights_is_named(words: str, tmp_path: Path) -> None:
    (tmp_path / "ours.pth").write_bytes(BYTES[words])
    assert words in refusal(tmp_path / "ours.pth")


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
def test_a_file_that_is_cut_off_is_named(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"ours.{ending}"
    if ending == "pth":
        torch.save(state(), file)
    else:
        safetensors.torch.save_file(state(), file)
    file.write_bytes(file.read_bytes()[:5000])
    assert "Copy or download it again" in refusal(file)


def test_other_archives_and_protocols_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.pth", "w") as archive:
        archive.writestr("ours/model.pth", b"x")
    assert "zip archive of other files (ours/model.pth)" in refusal(tmp_path / "all.pth")
    for content in (state(), {"state_dict": state(), "log": History()}):
        torch.save(content, tmp_path / "four.pth", pickle_protocol=4)
        assert "expected pickle protocol 2" in refusal(tmp_path / "four.pth")


def test_several_networks_in_one_file_are_refused_by_name(tmp_path: Path) -> None:
    torch.save({"teacher": state(), "student": state()}, tmp_path / "dino.pth")
    assert "holds several networks (student, teacher)" in refusal(tmp_path / "dino.pth")
    both = {**prefixed("student.", state()), **prefixed("other.", state())}
    torch.save(both, tmp_path / "dino.pth")
    assert "under student., other." in refusal(tmp_path / "dino.pth")


@pytest.mark.parametrize(
    "content", [{"epoch": 3, "loss": 0.1}, [1, 2], {}, argparse.Namespace(lr=0.1)]
)
def test_a_file_without_a_network_is_told(content: Any, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "ours.pth")
    assert "holds no state dict, it holds" in refusal(tmp_path / "ours.pth")


class Opened:
    """What runs code when it is unpickled."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def test_a_file_beside_whose_weights_code_waits_does_not_run_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.chdir(tmp_path)
    for function, args in (
        (Path.touch, (Path("opened"),)),
        (exec, ("open('opened', 'w')",)),
        (eval, ("open('opened', 'w')",)),
        (os.system, ("touch opened",)),
    ):
        torch.save({"state_dict": state(), "log": Opened(function, *args)}, "ours.pth")
        try:
            assert_same(loaded(tmp_path / "ours.pth").model, network(), 64)
        except ClassifierUnavailable as error:
            assert "cannot be read as weights alone" in str(error)
        Path("pickled.pth").write_bytes(pickle.dumps(Opened(function, *args), protocol=2))
        refusal(Path("pickled.pth"))
        assert not Path("opened").exists()


def test_reading_leaves_nothing_allowed(tmp_path: Path) -> None:
    before = torch.serialization.get_safe_globals()
    torch.save({"state_dict": state(), "log": History()}, tmp_path / "ours.pth")
    checkpoints.read(tmp_path / "ours.pth")
    assert torch.serialization.get_safe_globals() == before


def test_the_digest_of_a_network_is_that_of_its_bytes_in_any_precision() -> None:
    import hashlib

    model = nn.Linear(2, 3)
    total = hashlib.sha256()
    for key, value in model.state_dict().items():
        total.update(key.encode() + value.numpy().tobytes())
    assert digests.of_values(model) == total.hexdigest()
    assert len(digests.of_values(model.bfloat16())) == 64
