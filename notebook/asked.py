"""What a Python program may say in several ways: methods and metrics, the size of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from heatcheck.attribution import METHODS, Method, given
from heatcheck.core.errors import BadParameter, shown, unknown
from heatcheck.inputs.images import Image
from heatcheck.inputs.sizes import Size, size_of
from heatcheck.metrics import Metric
from heatcheck.runs.questions import ALL
from heatcheck.runs.specs import STANDARD

Asked = Sequence[str | Mapping[str, Any] | Method | Metric]
Maps = Mapping[str, Mapping[str, Any] | Sequence[Any]]  # arrays [H,W] or [C,H,W] by a method's name


def specs_of(asked: Asked | None) -> list[str | dict[str, Any]] | None:
    """Methods or metrics as names and mappings; None for the standard ones.

    Raises:
        BadParameter: they are no list.
    """
    if asked is None:
        return None
    if isinstance(asked, str) or not isinstance(asked, Sequence):
        raise BadParameter(
            f"Expected methods and metrics as lists. Got {shown(asked)}. Put it into a list."
        )
    return [_spec_of(one) for one in asked]


def with_maps(
    methods: list[str | dict[str, Any]] | None, maps: Maps | None, images: Sequence[Image]
) -> list[str | dict[str, Any]] | None:
    """The methods, and behind them one a name of maps from elsewhere.

    Raises:
        BadParameter: maps are neither a mapping by the images' names nor a list as long as the
            images, a name is no image's, or they cannot be called so.
    """
    if not maps:
        return methods
    if not isinstance(maps, Mapping):
        raise BadParameter(
            f"Expected maps as a mapping from a method's name to its maps. Got {shown(maps)}."
        )
    named = list(STANDARD) if methods is None else methods
    named = list(METHODS) if named == [ALL] else named
    return [
        *named,
        *(given.method(name, _arrays(name, of, images)).spec for name, of in maps.items()),
    ]


def _arrays(called: str, maps: object, images: Sequence[Image]) -> dict[str, np.ndarray]:
    """The maps of one method by the images' names."""
    names = [image.name for image in images]
    if isinstance(maps, Mapping):
        for name in maps:
            if name not in names:
                raise unknown("image", str(name), names)
        return {name: _array(heat) for name, heat in maps.items()}
    if isinstance(maps, str) or not isinstance(maps, Sequence | np.ndarray | Tensor):
        raise BadParameter(
            f"Expected the maps of {called} as a list, one an image, or as a mapping by the "
            f"images' names. Got {type(maps).__name__}."
        )
    if len(maps) != len(names):
        raise BadParameter(
            f"Expected a map of {called} for each of {len(names)} images, in their order. Got "
            f"{len(maps)}. Give a mapping by the images' names where some have none."
        )
    return {name: _array(heat) for name, heat in zip(names, maps, strict=True)}


def _array(heat: object) -> np.ndarray:
    return np.asarray(heat.detach().cpu() if isinstance(heat, Tensor) else heat)


def _spec_of(asked: object) -> str | dict[str, Any]:
    if isinstance(asked, Method | Metric):
        return asked.spec
    if isinstance(asked, Mapping):
        return dict(asked)
    if isinstance(asked, str):
        return asked
    raise BadParameter(
        f"Expected a method or metric by its name, or as a mapping with a name and parameters. Got "
        f"{shown(asked)}."
    )


def input_size(asked: object, of_images: Size | None) -> Size:
    """The size of a model's input: as it is given, else that of the images.

    Raises:
        BadParameter: it is no size, or left out where the images do not tell it.
    """
    size = size_of(asked) or of_images
    if size is None:
        raise BadParameter(
            "Expected size=, the side of the model's input in pixels, since files and images of "
            "several sizes do not tell it. Say size=224 where your model was trained so."
        )
    return size
