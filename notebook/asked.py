"""What a Python program may say in several ways: methods and metrics, the size of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatcheck.attribution import Method
from heatcheck.core.errors import BadParameter, shown
from heatcheck.inputs.sizes import Size, size_of
from heatcheck.metrics import Metric

Asked = Sequence[str | Mapping[str, Any] | Method | Metric]


def specs_of(given: Asked | None) -> list[str | dict[str, Any]] | None:
    """Methods or metrics as names and mappings; None for the standard ones.

    Raises:
        BadParameter: they are no list.
    """
    if given is None:
        return None
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise BadParameter(
            f"Expected methods and metrics as lists. Got {shown(given)}. Put it into a list."
        )
    return [_spec_of(one) for one in given]


def _spec_of(given: object) -> str | dict[str, Any]:
    if isinstance(given, Method | Metric):
        return given.spec
    if isinstance(given, Mapping):
        return dict(given)
    if isinstance(given, str):
        return given
    raise BadParameter(
        f"Expected a method or metric by its name, or as a mapping with a name and parameters. Got "
        f"{shown(given)}."
    )


def input_size(given: object, of_images: Size | None) -> Size:
    """The size of a model's input: as it is given, else that of the images.

    Raises:
        BadParameter: it is no size, or left out where the images do not tell it.
    """
    size = size_of(given) or of_images
    if size is None:
        raise BadParameter(
            "Expected size=, the side of the model's input in pixels, since files and images of "
            "several sizes do not tell it. Say size=224 where your model was trained so."
        )
    return size
