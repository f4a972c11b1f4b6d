"""A model that a Python program hands over: copied, so that the program's own stays as it is, tried
once, and named by a digest of all that decides what it answers.

The copy costs as much memory as the weights; making it ready for speed takes as much again while
it is done.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from heatcheck.attribution.hooks import evaluating
from heatcheck.attribution.outputs import Output
from heatcheck.core.errors import (
    BadParameter,
    ClassifierUnavailable,
    HeatcheckError,
    first_line,
    shown,
)
from heatcheck.inputs import classifiers, digests, memory, modules, normalisation, own_networks
from heatcheck.inputs.classifier_names import MEMORY, listed
from heatcheck.inputs.own_networks import Loaded
from heatcheck.inputs.printable import printable
from heatcheck.inputs.sizes import Size

DIGITS, LETTERS = 16, 64  # of a name: of its digest, and of its class's name
PLAIN = (0.0, 1.0)  # the mean and the std of a model that takes pixels in [0, 1] as they are


@dataclass(frozen=True, eq=False)
class Handed:
    """A model that is ready to be held, under its name."""

    name: str
    loaded: Loaded


def handed(
    model: nn.Module,
    *,
    size: Size,
    channels: int = 0,
    classes: Sequence[str] | None = None,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    output: str | None = None,
) -> Handed:
    """A copy of a model with its preprocessing, tried on one input.

    Args:
        model: takes `[N,C,H,W]`, returns outputs `[N,K]`.
        size: of its input.
        channels: that the images have, 0 where they can be brought to the model's; a mean and a
            std with a number a channel say otherwise.
        classes: a name a class, in the order of its outputs.
        mean, std: of its normalisation, of pixels in [0, 1], one number or one a channel; where
            neither is given the model gets pixels as they are.
        output: how its outputs are read, a word of `Output`; of one output `binary` where left out,
            else `softmax`.

    Raises:
        BadParameter: it is no module, or something said of it has the wrong form.
        ClassifierUnavailable: it cannot be copied, or does not answer such an input.
    """
    if not isinstance(model, nn.Module):
        raise BadParameter(
            f"Expected a model, a torch.nn.Module. Got {type(model).__name__}. Give the object "
            "that takes [N,C,H,W] and returns logits."
        )
    if (mean is None) != (std is None):
        raise BadParameter(
            f"Expected mean and std together. Got {'std' if mean is None else 'mean'} alone. Give "
            "both, or neither where the model takes pixels in [0, 1]."
        )
    labels = _classes(classes)
    said = None if output is None else Output.read(output)
    source = "a model in the memory of a Python process"
    network, notes = modules.carried(model)
    notes = (*notes, *(() if mean is not None else (AS_THEY_ARE,)))
    kind = printable(type(network).__name__)[:LETTERS]
    made = _copied(network, kind)
    means, deviations = _normalisation(mean, std, channels or _channels(made, size))
    settings = (size.text, listed(means), listed(deviations), labels, said)
    digest = digests.of_answers(made, repr(settings))
    loaded = Loaded(made, size, means, deviations, labels, digest, source, notes=notes, said=said)
    try:
        return Handed(f"{MEMORY}:{kind}-{digest[:DIGITS]}", own_networks.probed(loaded))
    except HeatcheckError as error:
        raise ClassifierUnavailable(f"{kind} cannot be used: {error}") from error


AS_THEY_ARE = "No mean and std are given: the model gets pixels in [0, 1] as they are."


@contextmanager
def held(model: Handed) -> Iterator[tuple[str, ...]]:
    """Hold a model while the block runs; its class names. Afterwards nothing of it is kept here."""
    with memory.held_model(model.name, model.loaded):
        try:
            yield classifiers.load(model.name).labels
        finally:
            classifiers.load.cache_clear()


def _normalisation(
    mean: float | Sequence[float] | None, std: float | Sequence[float] | None, channels: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A mean and a std a channel; `channels` counts where both are one number, or left out."""
    given: dict[str, Any] = {"mean": mean, "std": std}
    if mean is None:
        given = {"mean": PLAIN[0], "std": PLAIN[1]}
    single = all(not isinstance(value, str) and np.ndim(value) == 0 for value in given.values())
    return normalisation.of_mapping({**given, **({"channels": channels} if single else {})})


def _channels(network: nn.Module, size: Size) -> int:
    """How many channels a network takes: three, or as many as its first convolution where three
    fail.
    """
    first = next((one for one in network.modules() if isinstance(one, nn.Conv2d)), None)
    if first is None or first.in_channels == 3:
        return 3
    try:
        with torch.no_grad(), evaluating(network):
            copy.deepcopy(network).float()(torch.zeros(1, 3, *size))
    except Exception:
        return first.in_channels
    return 3


def _classes(given: Sequence[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    names = [] if isinstance(given, str) else list(given)
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise BadParameter(
            f"Expected classes as a list of names, one an output. Got {shown(given)}."
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadParameter(f"Expected each class under a name of its own. Got {twice!r} twice.")
    return tuple(printable(name.strip()) for name in names)


def _copied(model: nn.Module, kind: str) -> nn.Module:
    """A copy that shares nothing with the model, without gradients.

    Raises:
        ClassifierUnavailable: it cannot be copied, or no method could look into it.
    """
    if reason := modules.why_closed(model):
        raise ClassifierUnavailable(f"{kind} cannot be used: {reason}")
    try:
        return copy.deepcopy(model).requires_grad_(False)
    except Exception as error:
        raise ClassifierUnavailable(
            "Expected a model that can be copied, so that yours stays as it is. Copying "
            f"{kind} failed: {first_line(error)}. Give it without what belongs to "
            "training, such as kept outputs."
        ) from error
