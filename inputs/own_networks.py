"""The user's own network: a checkpoint for a known architecture, or a function that makes the
module.

What a person says on the command line becomes one word, the classifier's name, which travels to
workers and stays in a run's spec: `timm:resnet18?weights=/data/ours.pth&size=224&sha256=...`.
Whoever loads it checks that the weights are still those. A function is code that runs, so such a
name comes from the command line or a spec file alone, never from the browser.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import torch
from torch import Tensor, nn

from heatcheck.attribution.target import Target
from heatcheck.core.errors import BadParameter, ClassifierUnavailable

LIBRARIES = ("timm", "torchvision")
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225), "size": 224}
SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")


@dataclass(frozen=True)
class Own:
    """What a person said about their network. Empty means: found by itself."""

    architecture: str  # timm:NAME, torchvision:NAME, module:function
    weights: str = ""  # the file, an absolute path; none for a function
    labels: str = ""  # a file with a class name a line, an absolute path
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    size: int = 0
    folder: str = ""  # where a function's module lies
    sha256: str = ""  # of the file, or of the function's weights

    @property
    def name(self) -> str:
        """The classifier's name; `parsed` is the inverse."""
        said = {
            "weights": self.weights,
            "labels": self.labels,
            "mean": _listed(self.mean),
            "std": _listed(self.std),
            "size": str(self.size or ""),
            "folder": self.folder,
            "sha256": self.sha256,
        }
        query = urlencode({key: value for key, value in said.items() if value}, safe="/:,")
        return f"{self.architecture}?{query}"

    @property
    def question(self) -> str:
        """The name without the places of files: the same weights elsewhere are the same network."""
        return replace(self, weights=Path(self.weights).suffix, labels="", folder="").name

    @property
    def title(self) -> str:
        """What people call it."""
        return (
            f"{self.architecture.partition(':')[2]}, {Path(self.weights).name}"
            if self.weights
            else self.architecture
        )

    @property
    def is_function(self) -> bool:
        """Whether it is code of the user's."""
        return self.architecture.partition(":")[0] not in LIBRARIES


def parsed(name: str) -> Own | None:
    """What a classifier's name says of the user's own network; None where it names none."""
    architecture, mark, query = name.partition("?")
    if not mark:
        return None
    said = dict(parse_qsl(query))
    return Own(
        architecture,
        said.get("weights", ""),
        said.get("labels", ""),
        _numbers("mean", said.get("mean", "")),
        _numbers("std", said.get("std", "")),
        int(said.get("size", 0)),
        said.get("folder", ""),
        said.get("sha256", ""),
    )


def asked(
    architecture: str,
    weights: str = "",
    labels: str = "",
    mean: str | Sequence[float] = "",
    std: str | Sequence[float] = "",
    size: int = 0,
) -> str:
    """The name of the user's own network, with the digest of its weights as they are now.

    Args:
        architecture: `timm:NAME` or `torchvision:NAME` for a checkpoint; `module:function`, the
            module in the working directory or installed, for a function that returns the module and
            a mapping with size, mean, std and labels.
        weights: a safetensors file, or a `.pth` that loads without running code.
        labels: a text file with a class name a line, in the order of the logits.
        mean, std: of the normalisation, in pixel units of [0, 1], one number a channel.
        size: the side of the input in pixels.

    Raises:
        BadParameter: something is missing or does not fit. ClassifierUnavailable: the network
        cannot be loaded.
    """
    library, colon, bare = architecture.partition(":")
    if not colon or not bare:
        raise BadParameter(
            "Expected timm:NAME or torchvision:NAME with --weights, or module:function. "
            f"Got {architecture!r}."
        )
    means, deviations = _numbers("mean", mean), _numbers("std", std)
    if library not in LIBRARIES:
        if weights or labels or means or deviations or size:
            raise BadParameter(
                f"Expected {architecture} to say its own size, mean, std and labels. Got "
                "some of them beside it. Let the function return them."
            )
        own = Own(architecture, folder=str(Path.cwd()))
        return replace(own, sha256=state_digest(made_by(own)[0])).name
    if not weights:
        raise BadParameter(
            f"Expected --weights FILE beside {architecture}. Got other settings without "
            "it. Add the checkpoint."
        )
    path = _file("weights", weights)
    if path.suffix not in SUFFIXES:
        raise BadParameter(
            f"Expected weights in a file that ends in {', '.join(SUFFIXES)}. Got "
            f"{path.name}. Save a state dict."
        )
    if size < 0 or (size and size < 32):
        raise BadParameter(f"Expected a size of at least 32 pixels. Got {size}.")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Own(
        architecture,
        str(path),
        str(_file("labels", labels)) if labels else "",
        means,
        deviations,
        size,
        sha256=digest,
    ).name


def _file(kind: str, given: str) -> Path:
    path = Path(given).expanduser().resolve()
    if not path.is_file():
        raise BadParameter(f"Expected a file of {kind}. There is none at {path}.")
    return path


def _numbers(kind: str, given: str | Sequence[float]) -> tuple[float, ...]:
    try:
        numbers = tuple(
            float(word)
            for word in (given.split(",") if isinstance(given, str) else given)
            if word != ""
        )
    except (TypeError, ValueError) as error:
        raise BadParameter(
            f"Expected {kind} as numbers with commas between, one a channel. Got {given!r}."
        ) from error
    if kind == "std" and any(number <= 0 for number in numbers):
        raise BadParameter(f"Expected std above zero in every channel. Got {given!r}.")
    return numbers


def _listed(numbers: Sequence[float]) -> str:
    return ",".join(f"{number:.9g}" for number in numbers)


# -- loading ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Loaded:
    """A network with its preprocessing, as the user gave it or as its library knows it."""

    model: nn.Module
    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    labels: tuple[str, ...]  # empty where nobody named the classes
    digest: str
    source: str


def load(own: Own) -> Loaded:
    """Load the user's own network; raises ClassifierUnavailable where it is not what was asked
    for.
    """
    if own.is_function:
        model, said = made_by(own)
        digest, source = state_digest(model), f"function {own.architecture}"
        size, labels = said["size"], tuple(str(label) for label in said.get("labels", ()))
        mean, std = tuple(map(float, said["mean"])), tuple(map(float, said["std"]))
    else:
        path = Path(own.weights)
        if not path.is_file():
            raise _refused(
                own,
                f"its file of weights is gone: {path}. Put it back, or ask with the one there is",
            )
        digest, source = hashlib.sha256(path.read_bytes()).hexdigest(), f"file {path.name}"
        labels = (
            tuple(
                line.strip() for line in Path(own.labels).read_text().splitlines() if line.strip()
            )
            if own.labels
            else ()
        )
        model, known = _with_weights(own, _state(own, path), len(labels))
        size = own.size or known["size"]
        mean, std = own.mean or known["mean"], own.std or known["std"]
    if digest != own.sha256:
        raise _refused(
            own,
            f"its weights have changed since it was asked for: sha256 {own.sha256[:16]} "
            f"then, {digest[:16]} now. Ask again",
        )
    if len(mean) != len(std) or len(mean) not in (1, 3):
        raise _refused(
            own,
            f"expected a mean and a std of one channel or three, got {len(mean)} and {len(std)}",
        )
    _check_answers(own, model.eval(), len(mean), int(size), len(labels))
    return Loaded(model, int(size), mean, std, labels, digest, source)


def made_by(own: Own) -> tuple[nn.Module, Mapping[str, Any]]:
    """What the user's function returns: the module, and size, mean, std and perhaps labels."""
    where, _, function = own.architecture.partition(":")
    if own.folder and own.folder not in sys.path:
        sys.path.append(own.folder)  # last: a user's timm.py is not the library
    try:
        make = getattr(importlib.import_module(where), function)
        made = make()
    except Exception as error:
        raise _refused(
            own,
            f"{type(error).__name__}: {error}. Expected an importable module with that "
            "function, called without arguments",
        ) from error
    if not (
        isinstance(made, tuple)
        and len(made) == 2
        and isinstance(made[0], nn.Module)
        and isinstance(made[1], Mapping)
    ):
        raise _refused(
            own, f"expected it to return a module and a mapping, got {type(made).__name__}"
        )
    if missing := [key for key in ("size", "mean", "std") if key not in made[1]]:
        raise _refused(
            own, f"expected its mapping to have size, mean and std, {', '.join(missing)} missing"
        )
    return made


def _state(own: Own, path: Path) -> dict[str, Tensor]:
    """The file's entries by name, out of the wrappings that training scripts put around them."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            found: Any = load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise _refused(
            own,
            f"{path.name} cannot be read as weights alone ({str(error).splitlines()[0]}). "
            "Save a state dict",
        ) from error
    for key in ("state_dict", "model", "model_state_dict"):
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if (
        not isinstance(found, Mapping)
        or not found
        or not all(isinstance(value, Tensor) for value in found.values())
    ):
        raise _refused(own, f"{path.name} holds no state dict. Save model.state_dict()")
    return {
        key.removeprefix("module.").removeprefix("_orig_mod."): value
        for key, value in found.items()
    }


def _with_weights(
    own: Own, state: Mapping[str, Tensor], named: int
) -> tuple[nn.Module, dict[str, Any]]:
    """The architecture with the file's weights, and the preprocessing its library knows."""
    channels = len(own.mean) or next(
        (value.shape[1] for value in state.values() if value.ndim == 4), 3
    )
    try:
        with torch.device("meta"):  # without memory: which entry is the head's
            last = list(_built(own, channels).state_dict())[-1]
        classes = named or (len(state[last]) if last in state else 0)
        model = _built(own, channels, **({"num_classes": classes} if classes else {}))
    except Exception as error:
        raise _refused(
            own, f"{own.architecture} with {channels} channels cannot be built ({error})"
        ) from error
    known: dict[str, Any] = {**IMAGENET}
    if own.architecture.startswith("timm:"):
        import timm

        config = timm.data.resolve_model_data_config(model)
        known = {
            "size": config["input_size"][1],
            "mean": tuple(config["mean"])[:channels],
            "std": tuple(config["std"])[:channels],
        }
    try:
        model.load_state_dict(dict(state), strict=True)
    except RuntimeError as error:
        listed = " ".join(line.strip() for line in str(error).splitlines()[1:3])[:300]
        raise _refused(
            own,
            "the file's entries do not fit "
            f"{own.architecture}{f' with {classes} classes' if classes else ''}. {listed} "
            "Name the architecture it was saved from",
        ) from error
    return model, known


def _built(own: Own, channels: int, **options: int) -> nn.Module:
    """The architecture without weights."""
    library, _, bare = own.architecture.partition(":")
    if library == "timm":
        import timm

        sized = {"img_size": own.size} if own.size and "vit" in bare else {}
        made: nn.Module = timm.create_model(bare, in_chans=channels, **sized, **options)
        return made
    import torchvision

    built: nn.Module = torchvision.models.get_model(bare, weights=None, **options)
    return built


def _check_answers(own: Own, model: nn.Module, channels: int, size: int, named: int) -> None:
    """One pass: the network takes such an input and returns logits, one a class."""
    x = torch.rand(1, channels, size, size, generator=torch.Generator().manual_seed(0)) - 0.5
    try:
        with torch.no_grad():
            logits = model(x)
    except Exception as error:
        raise _refused(
            own,
            f"it does not take an input of {list(x.shape)} "
            f"({str(error).splitlines()[0]}). Give the size and the channels it was made "
            "for",
        ) from error
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != 1:
        got = list(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise _refused(
            own, f"expected logits [1,classes], got {got}. Wrap it so that it returns them"
        )
    if named and logits.shape[1] != named:
        raise _refused(
            own, f"expected a label for each of its {logits.shape[1]} classes, got {named}"
        )
    if reason := Target(model, 0, x).why_no_logits():
        raise _refused(own, reason.rstrip("."))


def state_digest(model: nn.Module) -> str:
    """sha256 of a network's entries, names and values."""
    total = hashlib.sha256()
    for key, value in model.state_dict().items():
        total.update(key.encode())
        total.update(value.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()


def _refused(own: Own, why: str) -> ClassifierUnavailable:
    return ClassifierUnavailable(f"{own.title} cannot be used: {why}.")
