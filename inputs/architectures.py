"""Architectures of timm and torchvision: built by name, and what can be known before that.

An outline is the architecture without memory: the names and shapes of its entries, which of them
belong to the head, where the picture comes in. What the preprocessing is belongs to the library's
record of the architecture, also for a checkpoint of the user's.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from heatcheck.core.errors import ClassifierUnavailable, UnknownName, first_line
from heatcheck.inputs.sizes import Size

CLASSES = 1009  # of an outline: no other dimension of any architecture is that long
SIZE_WORDS = {"timm": ("img_size",), "torchvision": ("image_size", "input_size")}
AUXILIARY = ("googlenet", "inception_v3")  # of torchvision: with heads for training


@dataclass(frozen=True)
class Design:
    """An architecture as it is asked for."""

    architecture: str  # timm:NAME, torchvision:NAME
    classes: int = CLASSES
    channels: int = 3
    size: Size | None = None  # of the input; None: its own
    options: tuple[tuple[str, Any], ...] = ()  # of its constructor

    @property
    def library(self) -> str:
        """timm or torchvision."""
        return self.architecture.partition(":")[0]

    @property
    def model(self) -> str:
        """The library's name of it."""
        return self.architecture.partition(":")[2]


@dataclass(frozen=True, eq=False)
class Outline:
    """An architecture without memory, with `CLASSES` classes."""

    model: nn.Module
    shapes: Mapping[str, tuple[int, ...]]  # of all entries
    head: Mapping[str, int] = field(default_factory=dict)  # the head's entries: the classes' axis

    @property
    def heads(self) -> list[str]:
        """The paths of the modules that give a number a class; those for training are last."""
        paths = dict.fromkeys(name.rpartition(".")[0] for name in self.head)
        return sorted(paths, key=lambda path: ("aux" in path.lower(), "dist" in path))

    @property
    def first(self) -> str:
        """The entry that the picture's channels come into, the first in the modules' order."""
        for path, module in self.model.named_modules():
            weight = getattr(module, "weight", None)
            if isinstance(weight, nn.Parameter) and weight.ndim == 4:
                return f"{path}.weight" if path else "weight"
        return ""

    @property
    def unsaved(self) -> frozenset[str]:
        """Buffers that the architecture makes itself; older versions have saved some."""
        return frozenset(name for name, _ in self.model.named_buffers()) - set(self.shapes)


def check(architecture: str) -> None:
    """Raise UnknownName where the library has no such classifier."""
    design = Design(architecture)
    if design.library == "timm":
        import timm

        known = timm.is_model(design.model)
        names = [] if known else timm.list_models()
    else:
        names = torchvision_names()
        known = design.model in names
    if not known:
        near = difflib.get_close_matches(design.model, names, n=3)
        raise UnknownName(
            f"Expected the name of a {design.library} classifier. Got {design.model!r}. "
            + (f"The nearest are {', '.join(near)}." if near else "None is near.")
        )


def torchvision_names() -> list[str]:
    """torchvision's classifiers."""
    import torchvision

    return list(torchvision.models.list_models(module=torchvision.models))


# -- building --------------------------------------------------------------------------------------


def build(design: Design) -> nn.Module:
    """The architecture with random weights. Raises what the library raises."""
    words = {**dict(design.options), **_size_words(design)}
    if design.library == "timm":
        import timm

        timms: nn.Module = timm.create_model(
            design.model, num_classes=design.classes, in_chans=design.channels, **words
        )
        return timms
    import torchvision

    if design.model in AUXILIARY:
        words["init_weights"] = False  # the weights come from a file
    model: nn.Module = torchvision.models.get_model(
        design.model, weights=None, num_classes=design.classes, **words
    )
    return model if design.channels == 3 else _with_channels(model, design.channels)


def _with_channels(model: nn.Module, channels: int) -> nn.Module:
    """The same network with another number of channels in its first convolution."""
    path, first = next(
        (path, module) for path, module in model.named_modules() if isinstance(module, nn.Conv2d)
    )
    conv = nn.Conv2d(
        channels,
        first.out_channels,
        first.kernel_size,  # type: ignore[arg-type]
        first.stride,  # type: ignore[arg-type]
        first.padding,  # type: ignore[arg-type]
        first.dilation,  # type: ignore[arg-type]
        first.groups,
        first.bias is not None,
    )
    put(model, path, conv)
    return model


def put(model: nn.Module, path: str, module: nn.Module) -> None:
    """Put a module in the place of the one at the path."""
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, module)


def _size_words(design: Design) -> dict[str, Any]:
    """How the constructor is told the size of the input; nothing where it takes none."""
    word = size_word(design.architecture) if design.size else ""
    if not word:
        return {}
    assert design.size is not None
    pair = tuple(design.size)
    return {word: pair if word == "input_size" or pair[0] != pair[1] else pair[0]}


@lru_cache(maxsize=64)
def size_word(architecture: str) -> str:
    """What the architecture's constructor calls the size of its input; empty where it takes
    none.
    """
    design = Design(architecture)
    for word in SIZE_WORDS[design.library]:
        value: Any = (224, 224) if word == "input_size" else 224
        try:
            without_memory(lambda: build(replace(design, options=((word, value),))))  # noqa: B023
        except TypeError as error:
            if word in str(error):
                continue
        except Exception:  # it takes a size, though not this one
            return word
        return word
    return ""


# -- outlines --------------------------------------------------------------------------------------


def outline(design: Design) -> Outline:
    """The outline of an architecture. Raises ClassifierUnavailable where it cannot be built so."""
    if design.size:
        size_word(design.architecture)  # found, and kept, while tensors still have memory
    try:
        model = without_memory(lambda: build(design))
    except Exception as error:
        channels = f" with {design.channels} channels" if design.channels != 3 else ""
        size = f" for an input of {design.size}" if design.size else ""
        line = first_line(error)
        raise ClassifierUnavailable(
            f"{design.architecture}{channels}{size} cannot be built ({line})"
        ) from error
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    head = {name: shape.index(CLASSES) for name, shape in shapes.items() if CLASSES in shape}
    return Outline(model, shapes, head)


def without_memory(make: Callable[[], nn.Module]) -> nn.Module:
    """What is made, without memory for its entries."""
    try:
        with torch.device("meta"):
            return make()
    except NotImplementedError:  # it counts with tensors on its way
        with _entrieswithout_memory():
            return make()


@contextlib.contextmanager
def _entrieswithout_memory() -> Iterator[None]:
    with _OnMeta():
        yield


class _OnMeta(TorchFunctionMode):
    """Makes entries without memory, and leaves what is counted with."""

    MAKERS = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """On the meta device where something is made that a value is put in."""
        kwargs = kwargs or {}
        if func in self.MAKERS and kwargs.get("device") is None:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


# -- preprocessing ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Preprocessing:
    """What a library's record says of an architecture's input."""

    size: Size
    mean: tuple[float, ...]
    std: tuple[float, ...]


def preprocessing(architecture: str, model: nn.Module) -> Preprocessing:
    """The preprocessing that belongs to an architecture, out of its library's record."""
    design = Design(architecture)
    if design.library == "timm":
        import timm

        config = timm.data.resolve_model_data_config(model)
        size = Size(*config["input_size"][1:])
        return Preprocessing(size, tuple(config["mean"]), tuple(config["std"]))
    transform = torchvision_weights(design.model).transforms()
    return Preprocessing(
        Size.square(int(transform.crop_size[0])), tuple(transform.mean), tuple(transform.std)
    )


def torchvision_weights(name: str) -> Any:
    """torchvision's record of its own weights for a classifier."""
    import torchvision

    return torchvision.models.get_model_weights(name)["DEFAULT"]


def turns_input(design: Design) -> bool:
    """Whether the network takes ImageNet's normalisation and turns it to its own, as torchvision's
    GoogLeNet and Inception do with its weights. A file does not say it.
    """
    inception = design.library == "torchvision" and design.model in AUXILIARY
    return inception and design.channels == 3


def without_auxiliary(design: Design, model: nn.Module) -> nn.Module:
    """GoogLeNet and Inception as torchvision gives them with its weights: without the heads for
    training, the input turned.
    """
    if design.library == "torchvision" and design.model in AUXILIARY:
        for name in ("aux1", "aux2", "AuxLogits"):
            if hasattr(model, name):
                setattr(model, name, None)
        model.aux_logits = False  # type: ignore[assignment]
        model.transform_input = turns_input(design)  # type: ignore[assignment]
    return model
