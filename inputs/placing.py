"""Where a network lies in a checkpoint: under the prefix that holds the architecture's names.

What training scripts keep beside a network is set aside; what may be a part of it is kept apart.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from heatcheck.core.errors import ClassifierUnavailable
from heatcheck.inputs import misfits
from heatcheck.inputs.architectures import Outline
from heatcheck.inputs.checkpoints import Checkpoint, named

COUNTED = ("total_ops", "total_params")  # left in every module by thop, which counts operations
ASIDE = (  # what training scripts keep beside a network, at its level or around it
    "criterion",
    "loss",
    "metric",
    "train_",
    "val_",
    "valid_",
    "test_",
    "n_averaged",
    "class_weight",
    "pos_weight",
    "momentum_",
    "projector",
    "predictor",
    "prototypes",
    "queue",
    "data_preprocessor",
)


@dataclass(frozen=True, eq=False)
class Placed:
    """A file's entries, sorted out."""

    state: Mapping[str, Tensor]  # the network's, under the architecture's names
    outside: Mapping[str, Tensor]  # what lies beside it, under the file's names
    notes: tuple[str, ...]


def placed(checkpoint: Checkpoint, outline: Outline, architecture: str) -> Placed:
    """The entries under the prefix that holds the architecture's names."""
    entries = {
        key: value
        for key, value in checkpoint.entries.items()
        if key.rpartition(".")[2] not in COUNTED
    }
    prefix, others, notes = _prefix(entries, outline, checkpoint, architecture)
    entries = {
        key: value for key, value in entries.items() if not (others and key.startswith(others))
    }
    state = {
        key.removeprefix(prefix): value for key, value in entries.items() if key.startswith(prefix)
    }
    outside = {key: value for key, value in entries.items() if not key.startswith(prefix)}
    aside = [key for key in state if key not in outline.shapes and _is_aside(key, outline)]
    aside += [key for key in outside if _is_aside(key, outline)]
    said = [key for key in aside if key not in outline.unsaved]
    if said:
        notes += (f"Set aside: {named(said)}.",)
    return Placed(
        {key: value for key, value in state.items() if key not in aside},
        {key: value for key, value in outside.items() if key not in aside},
        notes,
    )


def _is_aside(key: str, outline: Outline) -> bool:
    return key in outline.unsaved or key.startswith(ASIDE)


def _prefix(
    entries: Mapping[str, Tensor], outline: Outline, checkpoint: Checkpoint, architecture: str
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """What stands before the architecture's names in the file, the prefixes of other networks that
    fit, and what there is to say.
    """
    body = outline.shapes.keys() - outline.head.keys()
    counts: Counter[str] = Counter()
    for key in entries:
        parts = key.split(".")
        for place in range(len(parts)):
            if ".".join(parts[place:]) in body:
                counts[".".join([*parts[:place], ""]).lstrip(".")] += 1
    most = max(counts.values(), default=0)
    if most < min(len(body), len(entries)) / 2:
        raise ClassifierUnavailable(
            misfits.other_names(architecture, checkpoint.file, list(entries), body, most)
        )
    full = [prefix for prefix, count in counts.items() if count >= 0.9 * most]
    if "" in full:
        return "", (), ()
    averaged = [prefix for prefix in full if "ema" in prefix.lower().replace(".", "_").split("_")]
    plain = [prefix for prefix in full if not prefix.startswith(("momentum_", "teacher"))]
    rivals = averaged or plain or full
    if len(rivals) > 1:
        raise ClassifierUnavailable(
            f"{checkpoint.file} holds several networks that fit {architecture}, under "
            f"{named(rivals)}. Save a state dict of the one that is meant"
        )
    (prefix,) = rivals
    notes: tuple[str, ...] = ()
    if averaged:
        notes += (f"The averaged weights (EMA) under {prefix!r} are used.",)
    others = tuple(other for other in full if other != prefix)
    if others:
        notes += (f"Not used: {named([repr(other) for other in others])}.",)
    return prefix, others, notes


def renamed(placed: Placed, outline: Outline) -> Placed:
    """The same entries under the names that timm has today, where its own converter knows the
    older ones; as they are where it does not, or where it would change a value.
    """
    module = sys.modules.get(type(outline.model).__module__)
    convert = getattr(module, "checkpoint_filter_fn", None)
    wanted = outline.shapes.keys() - outline.head.keys()
    if convert is None or wanted <= placed.state.keys() or placed.outside:
        return placed
    try:
        state = convert(dict(placed.state), outline.model)
    except Exception:  # it is made for other files
        return placed
    if not wanted <= state.keys() or _values(state) != _values(placed.state):
        return placed
    note = "Its entries are renamed as timm does for older checkpoints."
    return Placed(state, {}, (*placed.notes, note))


def _values(state: Mapping[str, Tensor]) -> Counter[tuple[int, tuple[int, ...]]]:
    """Which tensors there are, whatever their names."""
    return Counter((value.data_ptr(), tuple(value.shape)) for value in state.values())
