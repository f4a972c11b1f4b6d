"""The user's own network: a checkpoint for a known architecture, or a function that makes the
module.

What a person says becomes the classifier's name (`inputs/classifier_names.py`), which travels to
workers and stays in a run's spec. Whoever loads it checks that the weights are still those. A
function is code that runs, so such a name comes from the command line or a spec file alone, never
from the browser.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from heatcheck.attribution.outputs import Output
from heatcheck.core.errors import BadParameter, ClassifierUnavailable, HeatcheckError
from heatcheck.inputs import (
    checkpoints,
    digests,
    fitting,
    foreign_code,
    hugging_face,
    label_files,
    modules,
    normalisation,
    probes,
    travelling,
)
from heatcheck.inputs.classifier_names import (
    HUGGING_FACE,
    LIBRARIES,
    OwnNetwork,
    checked_architecture,
    checked_text,
    listed,
    numbers,
)
from heatcheck.inputs.fitting import Fitted
from heatcheck.inputs.preparations import Preparation
from heatcheck.inputs.sizes import Size, size_of

RETURNS = (
    "The function loads its weights itself, and returns the network and what belongs to it: return "
    'net, {"size": 224, "mean": [0.5] * 3, "std": [0.5] * 3, "labels": ["cat", "dog"]}.'
)
DIGITS = 16  # of a digest that stands beside another
AGAIN = "Ask again; a function that draws its weights has to set a seed"


def asked(
    architecture: str,
    weights: str = "",
    labels: str = "",
    mean: str | Sequence[float] = "",
    std: str | Sequence[float] = "",
    size: int | str | Sequence[int] | None = None,
    output: str = "",
) -> str:
    """The name of the user's own network, with the digest of its weights as they are now.

    Args:
        architecture: `timm:NAME` or `torchvision:NAME` for a checkpoint; `module:function`, the
            module in the working directory or installed, for a function that returns the module and
            a mapping with size, mean, std and labels.
        weights: a safetensors file, or a `.pth` that loads without running code.
        labels: a text file with a class name a line, in the order of the logits.
        mean, std: of the normalisation, in pixel units of [0, 1], one number a channel.
        size: of the input in pixels: a side, or height and width.
        output: how its outputs are read, a word of `Output`; of one output `binary` where left out,
            else `softmax`.

    Raises:
        BadParameter: something is missing or does not fit. ClassifierUnavailable: the network
        cannot be loaded.
    """
    checkpoint = checked_architecture(architecture).partition(":")[0] in LIBRARIES
    if output:
        output = Output.read(output).value
    means, deviations, pixels = numbers("mean", mean), numbers("std", std), size_of(size)
    if architecture.partition(":")[0] == HUGGING_FACE:
        if weights or labels or means or deviations or pixels:
            raise BadParameter(
                f"Expected {architecture} to hold its own size, mean, std and labels. Got some of "
                "them beside it. Leave them out."
            )
        return hugging_face.asked(architecture.partition(":")[2], output).name
    if not checkpoint:
        given: dict[str, object] = {"weights": weights, "labels": labels, "size": pixels}
        given |= {"mean": means, "std": deviations}
        if beside := [f"--{word}" for word, value in given.items() if value]:
            raise BadParameter(f"Expected {architecture} alone, without {beside[0]}. {RETURNS}")
        folder = checked_text("the working folder", str(Path.cwd()))
        network = OwnNetwork(architecture, folder=folder, output=output)
        loaded = _from_function(network)
        code = digests.of_answers(loaded.model, "")[:DIGITS]
        return replace(network, sha256=loaded.digest, says=loaded.says, code=code).name
    normalisation.check(means, deviations)
    if not weights:
        raise BadParameter(
            f"Expected --weights FILE beside {architecture}. Got other settings without "
            "it. Add the checkpoint."
        )
    path = _file("weights", weights)
    if not path.name.lower().endswith(checkpoints.ENDINGS):
        raise BadParameter(
            f"Expected weights in a file that ends in {', '.join(checkpoints.ENDINGS)}. Got "
            f"{path.name}. Save a state dict."
        )
    names = str(_file("labels", labels)) if labels else ""
    try:
        digest, says = hashlib.sha256(path.read_bytes()).hexdigest(), _labels_digest(names)
    except OSError as error:
        raise BadParameter(
            f"Expected files that can be read. Got {error.filename}: {error.strerror}. Check its "
            "rights."
        ) from error
    return OwnNetwork(
        architecture,
        str(path),
        names,
        means,
        deviations,
        pixels,
        output=output,
        sha256=digest,
        says=says,
    ).name


def _file(kind: str, given: object) -> Path:
    """The absolute path of a file that is there."""
    try:
        path = Path(checked_text(kind, given)).expanduser().resolve()
        there = path.is_file()
    except (OSError, ValueError, RuntimeError) as error:
        raise BadParameter(f"Expected a file of {kind}. Got {given!r} ({error}).") from error
    if not there:
        raise BadParameter(f"Expected a file of {kind}. There is none at {path}.")
    checked_text(kind, str(path))
    return path


# -- loading ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Loaded:
    """A network with its preprocessing, as the user gave it or as its library knows it."""

    model: nn.Module
    size: Size
    mean: tuple[float, ...]
    std: tuple[float, ...]
    labels: tuple[str, ...]  # empty where nobody named the classes
    digest: str
    source: str
    notes: tuple[str, ...] = ()  # as `Classifier.notes`
    said: Output | None = None  # how its outputs are read, as a person said it
    output: Output = Output.SOFTMAX  # and as was found
    outputs: int = 0  # how many numbers it answers an image with
    own: Preparation | None = None  # how its own preprocessor scales, where in another way
    says: str = ""  # as of an `OwnNetwork`


def load(network: OwnNetwork) -> Loaded:
    """Load the user's own network; raises ClassifierUnavailable where it is not what was asked
    for.
    """
    loaded = _source(network)(network)
    if loaded.digest != network.sha256:
        raise _refused(
            network,
            f"its weights have changed since it was asked for: sha256 {network.sha256[:16]} "
            f"then, {loaded.digest[:16]} now. {AGAIN if network.is_function else 'Ask again'}",
        )
    if network.says and loaded.says != network.says:
        what = "size, mean, std, labels or output have" if network.is_function else "labels have"
        raise _refused(network, f"its {what} changed since it was asked for. Ask again")
    try:
        return probed(loaded)
    except HeatcheckError as error:
        raise _refused(network, str(error).rstrip(".")) from error


def probed(loaded: Loaded) -> Loaded:
    """The network once it has passed `probes.probed`, whose errors it raises; with what was found
    of it.
    """
    tried = probes.probed(
        loaded.model,
        (len(loaded.mean), *loaded.size),
        loaded.mean,
        loaded.std,
        named=len(loaded.labels),
        said=loaded.said,
    )
    return replace(
        loaded,
        model=tried.model,
        output=tried.output,
        outputs=tried.outputs,
        notes=(*loaded.notes, *tried.notes),
    )


def _source(network: OwnNetwork) -> Callable[[OwnNetwork], Loaded]:
    """What reads a network from where it lies."""
    if network.is_hugging_face:
        return _from_hugging_face
    return _from_function if network.is_function else _from_file


def _from_hugging_face(network: OwnNetwork) -> Loaded:
    try:
        saved = hugging_face.load(network)
        digest = hugging_face.digest_of(hugging_face.files_of(network))
    except HeatcheckError as error:
        raise _refused(network, str(error).rstrip(".")) from error
    said = Output.read(network.output) if network.output else saved.output
    return Loaded(
        saved.model,
        saved.size,
        saved.mean,
        saved.std,
        saved.labels,
        digest,
        f"transformers, {network.architecture}",
        saved.notes,
        said,
        own=saved.own,
    )


def _from_function(network: OwnNetwork) -> Loaded:
    model, told = _module(network)
    try:
        size = size_of(told["size"])
        if size is None:
            raise BadParameter("Expected size in pixels. Got an empty one.")
        mean, std = normalisation.of_mapping(told)
        labels = label_files.named(told.get("labels"))
        word = network.output or told.get("output") or ""
        said = Output.read(word) if word else None
    except (HeatcheckError, TypeError) as error:
        raise _refused(network, f"in what it returns: {str(error).rstrip('.')}") from error
    settings = (size.text, listed(mean), listed(std), labels, said and said.value)
    return Loaded(
        model,
        size,
        mean,
        std,
        labels,
        digests.of_values(model),
        f"function {network.architecture}",
        says=hashlib.sha256(repr(settings).encode()).hexdigest()[:DIGITS],
        said=said,
    )


def _module(network: OwnNetwork) -> tuple[nn.Module, Mapping[str, Any]]:
    """What the user's function returns: the module, and size, mean, std and perhaps labels."""
    try:
        answer = foreign_code.call(network.architecture, network.folder)
    except HeatcheckError as error:
        raise _refused(network, str(error).rstrip(".")) from error
    except Exception as error:
        raise _refused(
            network,
            f"{type(error).__name__}: {error}. Expected an importable module with that "
            "function, called without arguments",
        ) from error
    if not (
        isinstance(answer, tuple)
        and len(answer) == 2
        and isinstance(answer[0], nn.Module)
        and isinstance(answer[1], Mapping)
    ):
        raise _refused(
            network,
            f"expected it to return a module and a mapping, got {type(answer).__name__}. "
            f"{RETURNS.rstrip('.')}",
        )
    if missing := [key for key in ("size", "mean", "std") if key not in answer[1]]:
        raise _refused(
            network,
            f"expected its mapping to have size, mean and std, {', '.join(missing)} missing",
        )
    if reason := modules.why_closed(modules.carried(answer[0])[0]):
        raise _refused(network, reason.rstrip("."))
    return answer


def _from_file(network: OwnNetwork) -> Loaded:
    try:
        path = travelling.here(network.weights, network.sha256)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        named = travelling.here(network.labels, network.says) if network.labels else None
        labels = label_files.read(named) if named else ()
    except BadParameter as error:
        raise _refused(network, str(error).rstrip(".")) from error
    except OSError as error:
        raise _refused(
            network,
            f"its file is gone or cannot be read: {error.filename}. Put it back, or ask with the "
            "one there is",
        ) from error
    fitted = _fitted(network, path, len(labels))
    known = fitted.preprocessing
    return Loaded(
        fitted.model,
        network.size or known.size,
        network.mean or known.mean[: fitted.channels],
        network.std or known.std[: fitted.channels],
        labels,
        digest,
        f"file {Path(network.weights).name}",
        fitted.notes,
        says=_labels_digest(str(named or "")),
        said=Output.read(network.output) if network.output else None,
    )


def _labels_digest(path: str) -> str:
    """Of the bytes of a file of labels; empty where there is none."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:DIGITS] if path else ""


def _fitted(network: OwnNetwork, path: Path, labels: int) -> Fitted:
    """The architecture with the file's weights."""
    try:
        return fitting.fitted(
            network.architecture,
            checkpoints.read(path),
            labels=labels,
            channels=len(network.mean),
            size=network.size,
        )
    except HeatcheckError as error:
        raise _refused(network, str(error).rstrip(".")) from error


def _refused(network: OwnNetwork, why: str) -> ClassifierUnavailable:
    return ClassifierUnavailable(f"{network.title} cannot be used: {why}.")
