"""What a Python program may say in several ways: methods and metrics, the size of the input."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
from torch import Tensor

from heatcheck.attribution import METHODS, Method, given
from heatcheck.core.errors import BadParameter, shown, unknown
from heatcheck.inputs import masks as object_masks
from heatcheck.inputs import memory
from heatcheck.inputs.classifier_names import MEMORY
from heatcheck.inputs.images import Image
from heatcheck.inputs.sizes import Size, size_of
from heatcheck.metrics import Metric
from heatcheck.runs.questions import ALL, method_of
from heatcheck.runs.specs import STANDARD

Asked = Sequence[str | Mapping[str, Any] | Method | Metric]
Maps = Mapping[str, Mapping[str, Any] | Sequence[Any]]  # arrays [H,W] or [C,H,W] by a method's name
Makers = Mapping[str, str | Mapping[str, Any] | Method]
Masks = str | os.PathLike[str] | Mapping[str, Any] | Sequence[Any] | None  # a folder, or arrays


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
    methods: list[str | dict[str, Any]] | None,
    maps: Maps | None,
    images: Sequence[Image],
    made_by: Makers | None = None,
) -> list[str | dict[str, Any]] | None:
    """The methods, and behind them one a name of maps from elsewhere; ties in those that a method
    of ours made are broken as in its own.

    Raises:
        BadParameter: maps are neither a mapping by the images' names nor a list as long as the
            images, a name is no image's, or they cannot be called so.
    """
    theirs = {} if maps is None else maps
    if not isinstance(theirs, Mapping):
        raise BadParameter(
            f"Expected maps as a mapping from a method's name to its maps. Got {shown(maps)}."
        )
    makers = {} if made_by is None else made_by
    if not isinstance(makers, Mapping) or not {*makers} <= {*theirs}:
        raise BadParameter(
            "Expected made_by as a mapping from a name of maps to the method that made them. Got "
            f"{shown(made_by)}."
        )
    if not theirs:
        return methods
    named = list(STANDARD) if methods is None else methods
    named = list(METHODS) if named == [ALL] else named
    streams = {name: method_of(_spec_of(method)).stream for name, method in makers.items()}
    return [
        *named,
        *(
            given.method(name, _arrays("map", name, of, images), streams.get(name, "")).spec
            for name, of in theirs.items()
        ),
    ]


def masks_of(masks: Masks, images: Sequence[Image]) -> AbstractContextManager[str]:
    """Within this, the masks that a program gives are found under the name that it yields: a folder
    as it lies, arrays held; empty where there are none.

    Raises:
        BadParameter: there is not one an image, or one is no array `[H,W]` of numbers.
    """
    if masks is None:
        return nullcontext("")
    if isinstance(masks, str | os.PathLike):
        return nullcontext(os.fsdecode(masks))
    arrays = _arrays("mask", "the objects", masks, images)
    if gone := next((image.name for image in images if image.name not in arrays), None):
        raise BadParameter(
            f"Expected a mask of each image. Got none of {gone}. Add it, or give a folder of "
            "masks, in which some may be missing."
        )
    for name, array in arrays.items():
        if array.ndim != 2 or array.dtype.kind not in "biuf":
            raise BadParameter(
                f"Expected masks as arrays [H,W] of numbers. Got {array.dtype} {list(array.shape)} "
                f"of {name}."
            )
        if not np.isfinite(array).all():
            raise BadParameter(
                f"Expected masks of finite numbers. Got NaN or infinity in that of {name}."
            )
    return _held(object_masks.of_arrays(arrays))


@contextmanager
def _held(masks: object_masks.Masks) -> Iterator[str]:
    name = f"{MEMORY}:{masks.digest[:16]}"
    with memory.held_masks(name, masks):
        yield name


def _arrays(
    kind: str, called: str, given: object, images: Sequence[Image]
) -> dict[str, np.ndarray]:
    """Arrays by the images' names: the maps of one method, or masks."""
    names = [image.name for image in images]
    if isinstance(given, Mapping):
        for name in given:
            if name not in names:
                raise unknown("image", str(name), names)
        return {name: _array(one) for name, one in given.items()}
    if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray | Tensor):
        raise BadParameter(
            f"Expected the {kind}s of {called} as a list, one an image, or as a mapping by the "
            f"images' names. Got {type(given).__name__}."
        )
    if len(given) != len(names):
        raise BadParameter(
            f"Expected a {kind} of {called} for each of {len(names)} images, in their order. Got "
            f"{len(given)}. Give a mapping by the images' names where some have none."
        )
    return {name: _array(one) for name, one in zip(names, given, strict=True)}


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
