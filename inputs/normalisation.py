"""Mean and std of a network's normalisation: one number a channel, of pixels in [0, 1]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatcheck.core.errors import BadParameter, shown
from heatcheck.inputs.classifier_names import listed, numbers

CHANNELS = 3  # where one number stands for all and nothing says how many there are
FURTHEST = 2.0  # a mean beyond this, or a std above it, is none of pixels in [0, 1]
LEAST = 1e-6  # a std below this leaves nothing of a picture but infinity


def check(mean: Sequence[float], std: Sequence[float]) -> None:
    """Raise BadParameter where a mean or a std cannot be of pixels in [0, 1], or the two have
    other channels. An empty one says nothing.
    """
    for kind, values in (("mean", mean), ("std", std)):
        if any(abs(value) > FURTHEST for value in values):
            raise BadParameter(
                f"Expected {kind} of pixels in [0, 1]. Got {listed(values)}, which looks like "
                "pixels of 0 to 255. Divide it by 255."
            )
    if any(value < LEAST for value in std):
        raise BadParameter(
            f"Expected std above zero in every channel. Got {listed(std)}. Take it from the "
            "training code."
        )
    if mean and std and len(mean) != len(std):
        raise BadParameter(
            f"Expected as many numbers for mean as for std, one a channel. Got {len(mean)} and "
            f"{len(std)}."
        )


def of_mapping(settings: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and std of what a user's function returns. A plain number serves all channels: as many
    as `channels` says, else as the other list has, else three. Raises BadParameter.
    """
    given = {kind: settings[kind] for kind in ("mean", "std")}
    lists = {
        kind: numbers(kind, value) for kind, value in given.items() if not _plain_number(value)
    }
    channels = _channels(settings.get("channels"), lists)
    mean, std = (
        lists.get(kind) or numbers(kind, [value] * channels) for kind, value in given.items()
    )
    if len(mean) != channels or len(std) != channels:
        raise BadParameter(
            f"Expected a mean and a std for each of {channels} channels, or one plain number for "
            f"all. Got {len(mean)} and {len(std)}."
        )
    check(mean, std)
    return mean, std


def _plain_number(value: Any) -> bool:
    """Whether a value is one number: Python's, or an array's without an axis."""
    if isinstance(value, bool | str):
        return False
    return isinstance(value, int | float) or getattr(value, "ndim", None) == 0


def _channels(given: Any, lists: Mapping[str, tuple[float, ...]]) -> int:
    if given is None:
        return max((len(values) for values in lists.values()), default=CHANNELS)
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise BadParameter(f"Expected channels as a whole number from 1. Got {shown(given)}.")
    return given
