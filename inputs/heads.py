"""Heads that people put in place of an architecture's own, rebuilt from the names of their entries.

A file has no layers without entries: a Dropout before the only layer is a gap in the numbers and
changes nothing, while an activation between two layers cannot be known, and is not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from heatcheck.core.errors import ClassifierUnavailable

PLAIN = (  # what a head may be made of that is replaced as a whole: nothing that pools
    nn.Linear,
    nn.Identity,
    nn.Dropout,
    nn.Flatten,
    nn.ReLU,
    nn.ReLU6,
    nn.Hardswish,
    nn.GELU,
    nn.Tanh,
    nn.LayerNorm,
    nn.BatchNorm1d,
)
FUNCTION = "Give a function (module:function) that builds the network"


def can_be_replaced(module: nn.Module) -> bool:
    """Whether what comes into a head's module is known: a vector of features an image."""
    leaves = [leaf for leaf in module.modules() if not list(leaf.children())]
    return isinstance(module, nn.Linear | nn.Sequential) and all(
        isinstance(leaf, PLAIN) for leaf in leaves
    )


def grown(entries: Mapping[str, Tensor], features: int, original: nn.Module | None) -> nn.Module:
    """The head that has these entries, names relative to the head; weights are still random.

    Args:
        entries: what the file has in the head's place.
        features: the length of the vector that comes in.
        original: the architecture's own head, for the layers between where the numbers are the
        same.

    Raises ClassifierUnavailable where a layer cannot be known.
    """
    layers: dict[str, dict[str, Tensor]] = {}
    for name, value in entries.items():
        path, _, kind = name.rpartition(".")
        layers.setdefault(path, {})[kind] = value
    order = sorted(layers, key=int) if all(path.isdigit() for path in layers) else list(layers)
    modules = {path: _layer(path, layers[path]) for path in order}
    _check_ends(list(modules.values()), features)
    if list(modules) == [""]:
        return modules[""]
    if not all(path.isdigit() for path in modules):
        return _named(modules)
    return _numbered({int(path): module for path, module in modules.items()}, original)


def told(head: nn.Module) -> str:
    """What a head is made of, in the order of its layers."""
    layers = [type(layer).__name__ for layer in head.modules() if not list(layer.children())]
    return ", ".join(layers)


def _layer(path: str, kinds: Mapping[str, Tensor]) -> nn.Module:
    """The layer that has such entries."""
    weight, bias = kinds.get("weight"), "bias" in kinds
    rest = set(kinds) - {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
    if weight is None or rest:
        raise _unknown(f"the head's entries {', '.join(sorted(kinds))} at {path or 'its place'}")
    if weight.ndim == 2:
        return nn.Linear(weight.shape[1], weight.shape[0], bias=bias)
    if weight.ndim == 1 and "running_mean" in kinds:
        return nn.BatchNorm1d(len(weight))
    if weight.ndim == 1 and bias:
        return nn.LayerNorm(len(weight))
    raise _unknown(f"the head's layer {path or 'there'} with a weight of {list(weight.shape)}")


def _check_ends(modules: list[nn.Module], features: int) -> None:
    linear = [module for module in modules if isinstance(module, nn.Linear)]
    if not linear or not isinstance(modules[-1], nn.Linear):
        raise _unknown("a head that does not end in a linear layer")
    width = linear[0].in_features
    if width != features:
        raise ClassifierUnavailable(
            f"the head in the file takes {width} features, and the architecture gives {features}: "
            "it was saved from another architecture, or pools in another way. " + FUNCTION
        )


def _named(modules: Mapping[str, nn.Module]) -> nn.Module:
    """One layer at a path of names, in containers of those names."""
    if len(modules) > 1:
        raise _unknown(f"the order of the head's layers {', '.join(modules)}")
    ((path, module),) = modules.items()
    for name in reversed(path.split(".")):
        outer = nn.Sequential()
        outer.add_module(name, module)
        module = outer
    return module


def _numbered(modules: Mapping[int, nn.Module], original: nn.Module | None) -> nn.Sequential:
    """Layers at their numbers in a Sequential."""
    numbers = sorted(modules)
    first, last = numbers[0], numbers[-1]
    layers: list[nn.Module] = [
        nn.Flatten(1) if place == 0 else nn.Identity() for place in range(first)
    ]
    for place in range(first, last + 1):
        layers.append(modules[place] if place in modules else _between(place, numbers, original))
    return nn.Sequential(*layers)


def _between(place: int, numbers: list[int], original: nn.Module | None) -> nn.Module:
    """The architecture's own layer between two others, where its numbers are the same."""
    if isinstance(original, nn.Sequential):
        own = [number for number, layer in enumerate(original) if list(layer.parameters())]
        if own == numbers:
            return original[place]
    raise _unknown(
        f"the layer {place} of the head, between two that have entries: it may be any activation"
    )


def _unknown(what: str) -> ClassifierUnavailable:
    return ClassifierUnavailable(f"a file does not say {what}. {FUNCTION}")
