"""How a classifier is called: the one reader of its name, and what a name says without loading
anything.

A name is a text. It stands in a run's spec, in addresses and in HEATCHECK_CLASSIFIER:
`efficientnet_lite0`, `torchvision:NAME`, `timm:NAME`. A network of the user's own has a question
mark in its name, and behind it what the user said:
`timm:resnet18?weights=/data/ours.pth&size=224&sha256=...`, `module:function?folder=...&sha256=...`,
`hf:ours?folder=/data/ours&sha256=...`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from heatcheck.core.errors import BadParameter, unknown
from heatcheck.inputs.printable import printable
from heatcheck.inputs.sizes import Size, size_of

LIBRARIES = ("torchvision", "timm")
MEMORY = "memory"  # a model that the process which asked held: `memory:Network-0123456789abcdef`
HUGGING_FACE = "hf"  # what transformers saved
LONGEST = 256  # characters of a model's name
LONGEST_OWN = 16_384  # of a name with settings: room for three long paths


@dataclass(frozen=True)
class OwnNetwork:
    """What a person said about their network. Empty means: its library or its weights tell."""

    architecture: str  # timm:NAME, torchvision:NAME, module:function, hf:NAME
    weights: str = ""  # the file, an absolute path; none for a function
    labels: str = ""  # a file with a class name a line, an absolute path
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    size: Size | None = None
    output: str = ""  # how its outputs are read, a word of attribution.outputs.Output
    folder: str = ""  # where a function's module lies; what transformers saved
    sha256: str = ""  # of the file or files, or of the function's weights
    says: str = ""  # digest of what else is read: a function's settings, a file's labels
    code: str = ""  # digest of what else decides a function's answers

    @property
    def name(self) -> str:
        """The classifier's name; `read` is the inverse."""
        query = urlencode({**self.settings, **self.origin}, safe="/:,")
        return f"{self.architecture}?{query}"

    @property
    def settings(self) -> dict[str, str]:
        """What the command line's options say, each as it is written there; empty ones left out."""
        texts = {
            "weights": self.weights,
            "labels": self.labels,
            "mean": listed(self.mean),
            "std": listed(self.std),
            "size": self.size.text if self.size else "",
            "output": self.output,
        }
        return {key: text for key, text in texts.items() if text}

    @property
    def origin(self) -> dict[str, str]:
        """Where it lay and what it was when it was asked for; empty ones left out."""
        texts = {
            "folder": self.folder,
            "sha256": self.sha256,
            "says": self.says,
            "code": self.code,
        }
        return {key: text for key, text in texts.items() if text}

    @property
    def question(self) -> str:
        """The name without the places of files: the same weights elsewhere are the same network."""
        plain = replace(self, weights=Path(self.weights).suffix, labels="", folder="")
        same = f"{HUGGING_FACE}:" if self.is_hugging_face else self.architecture
        return replace(plain, architecture=same).name

    @property
    def title(self) -> str:
        """What people call it."""
        if not self.weights:
            return self.architecture
        return f"{self.architecture.partition(':')[2]}, {printable(Path(self.weights).name)}"

    @property
    def is_function(self) -> bool:
        """Whether it is code of the user's."""
        return self.architecture.partition(":")[0] not in (*LIBRARIES, HUGGING_FACE)

    @property
    def is_hugging_face(self) -> bool:
        """Whether transformers saved it, in a folder or on the hub."""
        return self.architecture.partition(":")[0] == HUGGING_FACE


@dataclass(frozen=True)
class ClassifierName:
    """A name that was read."""

    text: str  # as it stands in a spec
    library: str  # torchvision or timm as the name says it; empty where the name is bare
    model: str  # what the library calls it
    network: OwnNetwork | None = None

    @property
    def title(self) -> str:
        """What people call the classifier."""
        if self.in_memory:
            kind, _, digest = self.model.rpartition("-")
            return f"{kind} in memory ({digest[:6]})"
        return self.network.title if self.network else self.text

    @property
    def question(self) -> str:
        """What of the name belongs to a run's question."""
        return self.network.question if self.network else self.text

    @property
    def in_memory(self) -> bool:
        """Whether it is a model that a process held, which no other one can load."""
        return self.library == MEMORY

    @property
    def words(self) -> list[str]:
        """The words of a command line that say which classifier; one word for an option whose value
        would be taken for another option.
        """
        if self.network is None:
            return ["--classifier", self.text]
        network = self.network
        placed = network.is_hugging_face and network.folder
        words = ["--classifier", f"{HUGGING_FACE}:{placed}" if placed else network.architecture]
        for option, text in self.network.settings.items():
            words += [f"--{option}={text}"] if text[0] == "-" else [f"--{option}", text]
        return words


@lru_cache(maxsize=256)
def read(text: str) -> ClassifierName:
    """A name from its text, which need not name anything that is here.

    Raises:
        UnknownName: it names a library that there is not, or a setting of one's own network that
            there is not.
        BadParameter: it is longer than any name, or a setting is not what it should be.
    """
    architecture, mark, query = text.partition("?")
    _check_length(text, LONGEST_OWN if mark else LONGEST)
    if mark:
        library, _, model = checked_architecture(architecture).partition(":")
        return ClassifierName(text, library, model, _own_network(architecture, query))
    library, _, model = text.rpartition(":")
    if library and library not in (*LIBRARIES, MEMORY):
        raise unknown("library of classifiers", library, (*LIBRARIES, HUGGING_FACE))
    return ClassifierName(text, library, model)


def _own_network(architecture: str, query: str) -> OwnNetwork:
    known = [field.name for field in fields(OwnNetwork) if field.name != "architecture"]
    settings: dict[str, Any] = dict(parse_qsl(query))
    for key in settings:
        if key not in known:
            raise unknown("setting of one's own network", key, known)
    for key in ("mean", "std"):
        settings[key] = numbers(key, settings.get(key, ""))
    if "output" in settings:
        from heatcheck.attribution.outputs import Output  # brings torch, which a name needs not

        settings["output"] = Output.read(settings["output"]).value
    return OwnNetwork(architecture, **{**settings, "size": size_of(settings.get("size"))})


def _check_length(text: str, longest: int) -> None:
    if len(text) > longest:
        raise BadParameter(
            f"Expected a classifier's name of at most {longest} characters. Got {len(text)}, "
            f"beginning with {text[:40]!r}. See docs/command-line.md for how classifiers are named."
        )


# -- what a person may say -------------------------------------------------------------------------


def checked_architecture(text: object) -> str:
    """The same text, where it has the form of an architecture. Raises BadParameter."""
    if isinstance(text, str):
        _check_length(text, LONGEST)
    library, _, model = text.partition(":") if isinstance(text, str) else ("", "", "")
    if not library or not model or "?" in model:
        raise BadParameter(
            "Expected timm:NAME or torchvision:NAME with --weights, module:function, or hf:DIR. "
            f"Got {text!r}."
        )
    return str(text)


def numbers(kind: str, given: object) -> tuple[float, ...]:
    """A mean or a std, one number a channel, from a text with commas between or from a list. Raises
    BadParameter.
    """
    parts = given.split(",") if isinstance(given, str) else given
    try:
        values = tuple(float(part) for part in parts if part != "")  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise BadParameter(
            f"Expected {kind} as numbers with commas between, one a channel. Got {given!r}."
        ) from error
    if not all(map(math.isfinite, values)):
        raise BadParameter(f"Expected a finite {kind} in every channel. Got {given!r}.")
    if kind == "std" and any(value <= 0 for value in values):
        raise BadParameter(f"Expected std above zero in every channel. Got {given!r}.")
    return values


def listed(values: Sequence[float]) -> str:
    """Numbers as a name and a command line say them: nine digits, commas between."""
    return ",".join(f"{value:.9g}" for value in values)


def checked_text(kind: str, given: object) -> str:
    """The same text. Raises BadParameter where it is something else, or bytes that are no text."""
    if not isinstance(given, str):
        raise BadParameter(f"Expected {kind} to be a text. Got {given!r}.")
    if any("\ud800" <= letter <= "\udfff" for letter in given):
        raise BadParameter(
            f"Expected {kind} in a place whose name is UTF-8. Got {given!r}. Rename it."
        )
    return given
