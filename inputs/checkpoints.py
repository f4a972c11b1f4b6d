"""A file of weights as a training script wrote it: its entries by name, out of every wrapping.

A file is read without running code. What weights alone do not need (the script's arguments, paths,
settings, histories) is put in the place of by an inert stand-in, whatever its class. Which of
several networks was taken, what was set aside and what was cast is said in the notes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from heatcheck.core.errors import ClassifierUnavailable
from heatcheck.inputs import pickled

ENDINGS = (".safetensors", ".pth", ".pth.tar", ".pt", ".bin", ".ckpt")
AVERAGED = ("state_dict_ema", "model_ema")  # chosen before the trained weights, as timm does
NETWORKS = (
    *AVERAGED,
    "state_dict",
    "model",
    "model_state_dict",
    "model_state",
    "net",
    "network",
    "net_state_dict",
    "module",
    "weights",
    "params",
    "classifier",
    "encoder",
    "backbone",
)
BESIDE = (
    "optim",
    "sched",
    "lr_",
    "scaler",
    "amp",
    "callback",
    "loop",
    "criterion",
    "loss",
    "hyper",
)
DEEPEST = 4  # wrappings around each other
PACKED = ("_packed_params", "qweight", "weight_format", "SCB", "quant_map", "quant_state")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A file's entries: float32 where they are numbers with a point, under the file's names."""

    file: str
    entries: dict[str, Tensor]
    notes: tuple[str, ...] = ()  # what was chosen and cast, a sentence each


def read(path: Path) -> Checkpoint:
    """The entries of a file of weights.

    Raises:
        ClassifierUnavailable: the file is damaged, holds something else than weights, or holds them
        in a form that no gradient passes. The text goes on after the network's title.
    """
    content = _safetensors(path) if _is_safetensors(path) else _torch_file(path)
    entries, notes = _unwrapped(content, path.name)
    _check_plain(entries, path.name)
    cast = sorted({_type(value) for value in entries.values() if _is_cast(value)})
    if cast:
        notes += (f"Weights in {' and '.join(cast)} are computed in float32.",)
    floats = {key: value.float() if _is_cast(value) else value for key, value in entries.items()}
    for key, value in floats.items():
        if value.is_floating_point() and value.isnan().any():
            raise ClassifierUnavailable(
                f"{path.name} has NaN in {key}: the training diverged. Give an earlier checkpoint"
            )
    return Checkpoint(path.name, floats, notes)


def named(names: list[str], most: int = 3) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


# -- files -----------------------------------------------------------------------------------------


def _is_safetensors(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(9)
    return path.suffix == ".safetensors" or (len(head) == 9 and head[8:] == b"{")


def _safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    _check_kind(path)
    try:
        return load_file(path)
    except Exception as error:
        raise ClassifierUnavailable(
            f"{path.name} is no whole safetensors file ({_clean(error)}). Copy or download it again"
        ) from error


def _torch_file(path: Path) -> Any:
    """What `torch.save` wrote, with stand-ins for whatever weights alone do not need."""
    _check_kind(path)
    if zipfile.is_zipfile(path):
        _check_archive(path)
    elif _starts(path, b"PK"):
        raise ClassifierUnavailable(f"{path.name} is cut off or damaged. Copy or download it again")
    try:
        return pickled.load(path)
    except Exception as error:
        raise ClassifierUnavailable(
            f"{path.name} cannot be read as weights alone ({_clean(error)}). Save a state dict: "
            f"torch.save(model.state_dict(), {_saved(path.name)!r})"
        ) from error


KINDS = {  # how files begin that are taken for weights
    b"version https://git-lfs": "is the pointer that Git LFS leaves in place of the file. Run git "
    "lfs pull",
    b"<": "is a web page, not the weights. Download it again, with the link to the file itself",
    b"\x89HDF": "is an HDF5 file, as Keras writes. Expected weights of PyTorch",
    b"\x1f\x8b": "is packed with gzip. Unpack it",
    b"7z": "is packed with 7-Zip. Unpack it",
    b"Rar!": "is packed with RAR. Unpack it",
}


def _check_kind(path: Path) -> None:
    """Refuse what begins like no weights. Raises ClassifierUnavailable."""
    with path.open("rb") as file:
        head = file.read(512)
    text = head.lstrip()
    if not text:
        raise ClassifierUnavailable(f"{path.name} is empty. Copy or download it again")
    for beginning, what in KINDS.items():
        if text.startswith(beginning):
            raise ClassifierUnavailable(f"{path.name} {what}")
    if head[257:262] == b"ustar":
        raise ClassifierUnavailable(f"{path.name} is a tar archive of files. Unpack it")
    if not head.startswith((b"PK", b"\x80")) and head[8:9] != b"{":
        raise ClassifierUnavailable(
            f"{path.name} is no file of weights: neither torch.save nor safetensors writes files "
            "that begin so. Give the checkpoint"
        )


def _check_archive(path: Path) -> None:
    """Refuse archives that hold a program or other files. Raises ClassifierUnavailable."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    inner = {name.partition("/")[2] for name in names}
    if "constants.pkl" in inner or any(name.startswith("code/") for name in inner):
        raise ClassifierUnavailable(
            f"{path.name} is a TorchScript program, whose layers cannot be followed. Save its "
            f"weights: torch.save(torch.jit.load({path.name!r}).state_dict(), "
            f"{_saved(path.name)!r})"
        )
    if any("exported_program" in name or name.startswith("models/") for name in inner | set(names)):
        raise ClassifierUnavailable(
            f"{path.name} is a program of torch.export, whose layers cannot be followed. Save a "
            f"state dict: torch.save(model.state_dict(), {_saved(path.name)!r})"
        )
    if "data.pkl" not in inner:
        raise ClassifierUnavailable(
            f"{path.name} is a zip archive of other files ({named(sorted(names))}). Unpack it, and "
            "give the file of weights"
        )


def _starts(path: Path, beginning: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(beginning)) == beginning


def _saved(name: str) -> str:
    """A name for the state dict that is saved instead of the file."""
    return f"{name.partition('.')[0]}_state.pth"


def _clean(error: Exception) -> str:
    """What torch says, without its advice and its codes for terminals."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    text = text.rpartition("WeightsUnpickler error:")[2] or text
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    sentence = lines[0] if lines else type(error).__name__
    return sentence.partition(" Please ")[0].rstrip(".: ")[:200]


# -- wrappings -------------------------------------------------------------------------------------


def _unwrapped(content: Any, file: str) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The innermost mapping of names to tensors, and what there is to say about the choice."""
    notes: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    for _ in range(DEEPEST):
        _check_module(content, file, place)
        inner = _networks(content)
        if not inner:
            break
        known = [key for key in NETWORKS if key in inner]
        if not known and len(inner) > 1:
            raise ClassifierUnavailable(
                f"{file} holds several networks ({named(sorted(inner))}). Save a state dict of the "
                "one that is meant"
            )
        key = known[0] if known else next(iter(inner))
        others = [other for other in inner if other != key]
        if key in AVERAGED:
            notes += (f"The averaged weights (EMA) of {key!r} are used.",)
        elif others or not known:
            notes += (f"The entries of {key!r} are used.",)
        if others:
            notes += (f"Not used: {named(sorted(others))}.",)
        content, place = content[key], (*place, key)
    _check_module(content, file, place)
    entries = dict(_entries(content)) if isinstance(content, Mapping) else {}
    if not entries:
        unread = pickled.stood_for(content)
        what = f"an object of {unread}" if unread else _what(content)
        raise ClassifierUnavailable(
            f"{file} holds no state dict, it holds {what}. Save one: "
            f"torch.save(model.state_dict(), {_saved(file)!r})"
        )
    return entries, notes


def _what(content: Any) -> str:
    if isinstance(content, Mapping):
        return f"a mapping of {named([str(key) for key in content]) or 'nothing'}"
    return f"a {type(content).__name__}"


def _networks(content: Any) -> dict[str, Any]:
    """What of a mapping is a mapping with tensors in it, or a whole module, and may be a network.

    A mapping that is mostly tensors itself has none.
    """
    if not isinstance(content, Mapping):
        return {}
    inner = {
        str(key): value
        for key, value in content.items()
        if isinstance(key, str)
        and isinstance(value, Mapping)
        and not key.lower().startswith(BESIDE)
        and (_holds_tensors(value) or pickled.is_module(value))
    }
    tensors = sum(isinstance(value, Tensor) and value.ndim > 0 for value in content.values())
    return {} if tensors > 2 * len(inner) else inner


def _holds_tensors(content: Any, deep: int = DEEPEST) -> bool:
    return isinstance(content, Mapping) and any(
        _is_entry(key, value) or (deep > 0 and _holds_tensors(value, deep - 1))
        for key, value in content.items()
    )


def _is_entry(key: Any, value: Any) -> bool:
    """Whether it is a tensor, or an array of numbers, under a name."""
    numbers = isinstance(value, np.ndarray) and value.dtype.kind in "fiub"
    return isinstance(key, str) and (numbers or isinstance(value, Tensor))


def _entries(content: Mapping[Any, Any]) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a mapping, arrays among them; what else stands there is left."""
    for key, value in content.items():
        if _is_entry(key, value):
            tensor = torch.as_tensor(value).detach()
            yield key, tensor if tensor.layout is torch.strided else tensor.to_dense()
        elif isinstance(key, str) and _is_packed(key):
            yield key, torch.zeros(0, dtype=torch.int8)  # a layer packed for integers: refused


def _check_module(content: Any, file: str, place: tuple[str, ...]) -> None:
    """Refuse a whole module, with the line that saves its state dict."""
    if not pickled.is_module(content):
        return
    kind = pickled.stood_for(content)
    compiled = ", which torch.compile made," if "OptimizedModule" in kind else ""
    where = "".join(f"[{key!r}]" for key in place)
    raise ClassifierUnavailable(
        f"{file} holds a whole module ({kind}){compiled} and reading it would run code. Save its "
        f"state dict where it was made: torch.save(torch.load({file!r}, weights_only=False){where}"
        f".state_dict(), {_saved(file)!r})"
    )


# -- entries ---------------------------------------------------------------------------------------


def _check_plain(entries: Mapping[str, Tensor], file: str) -> None:
    """Refuse weights as integers with a scale: no gradient passes them."""
    packed = [
        key
        for key, value in entries.items()
        if value.is_quantized
        or _is_packed(key)
        or (value.dtype in (torch.int8, torch.uint8) and key.endswith("weight"))
    ]
    if packed:
        raise ClassifierUnavailable(
            f"{file} holds quantised weights ({named(packed)}), which no gradient passes. Give the "
            "weights from before they were quantised"
        )


def _is_packed(key: str) -> bool:
    return any(part in PACKED for part in key.split("."))


def _is_cast(value: Tensor) -> bool:
    return value.is_floating_point() and value.dtype != torch.float32


def _type(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")
